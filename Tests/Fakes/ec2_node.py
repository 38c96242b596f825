#!/usr/bin/env python3
"""Runs a program as on an EC2 node: in a network namespace of its own, at whose other end are instance metadata, ECR and a registry under
their real names and ports, over TLS. Nothing leaves, whatever the program asks for.

usage: unshare -rnm .venv/bin/python ec2_node.py FOLDER [--ipv6] [--late SECONDS] -- PROGRAM ARGUMENT...

`unshare` gives the namespace of the services. The node's is made here: it has one link, IPv4 or IPv6 only, that comes up after --late
seconds, and no loopback. The digest of the image that is there is written to FOLDER/digest; metadata.log, api.log and registry.log are the
requests. The program sees the hosts file and trusts the authority of this cloud; its status is ours.
"""

import argparse
import json
import os
import pathlib
import signal
import socket
import ssl
import subprocess
import sys
import threading

import images
import tls
from running import Running

REGION, ACCOUNT = "eu-west-1", "123456789012"
IPV4 = {"metadata": "169.254.169.254", "api": "10.77.0.2", "registry": "10.77.0.3", "node": "10.77.0.9", "route": "10.77.0.1", "length": 24}
IPV6 = {"metadata": "fd00:ec2::254", "api": "fd77::2", "registry": "fd77::3", "node": "fd77::9", "route": "fd77::1", "length": 64}


def ip(*arguments):
    subprocess.run(["ip", *map(str, arguments)], check=True)


def pump(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass
    for end in (source, target):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def forward(address, port, backend, context=None):
    """Listens at an address, and hands what comes on to a fake on loopback."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.create_server((address, port), family=family)

    def serve(connection):
        try:
            front = context.wrap_socket(connection, server_side=True) if context else connection
            back = socket.create_connection(("127.0.0.1", backend))
        except OSError:
            connection.close()
            return
        threading.Thread(target=pump, args=(front, back), daemon=True).start()
        pump(back, front)

    def accept():
        while True:
            threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()


def context(folder, name):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(*tls.leaf(folder / "tls", name))
    return made


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--ipv6", action="store_true")
    parser.add_argument("--late", type=float, default=0)
    parser.add_argument("program", nargs="+")
    options = parser.parse_args()
    folder, place = options.folder, IPV6 if options.ipv6 else IPV4
    api = f"ecr.{REGION}.api.aws" if options.ipv6 else f"api.ecr.{REGION}.amazonaws.com"
    registry = f"{ACCOUNT}.dkr-ecr.{REGION}.on.aws" if options.ipv6 else f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"

    hosts = {place["api"]: api, place["registry"]: registry}
    (folder / "hosts").write_text("".join(f"{address} {name}\n" for address, name in hosts.items()))
    # No resolver: what is not in the hosts file has no address.
    (folder / "resolv.conf").write_text("nameserver 127.0.0.1\noptions attempts:1 timeout:1\n")
    for file in ("hosts", "resolv.conf"):
        subprocess.run(["mount", "--bind", str(folder / file), f"/etc/{file}"], check=True)
    # The node's namespace: a shell that waits for its link, then becomes the program.
    nodad, family = ("nodad", "-6") if options.ipv6 else ("", "-4")
    link = (
        f"sleep {options.late}; ip link set v1 up; ip address add {place['node']}/{place['length']} dev v1 {nodad}; "
        f"ip {family} route add default via {place['route']}"
    )
    script = f'echo ready; read -r _; ({link}) </dev/null >/dev/null & exec "$@"'
    variables = {**os.environ, "SSL_CERT_FILE": str(folder / "tls/ca.pem")}
    command = ["unshare", "-n", "setsid", "sh", "-c", script, "sh", *options.program]
    node = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=variables)
    line = node.stdout.readline()
    if line != b"ready\n":
        sys.exit(f"the node's namespace is not there: {line!r}")

    ip("link", "set", "lo", "up")
    ip("link", "add", "v0", "type", "veth", "peer", "name", "v1", "netns", node.pid)
    ip("link", "set", "v0", "up")
    for name in ("route", "api", "registry", "metadata"):
        length = {"metadata": 128 if options.ipv6 else 32}.get(name, place["length"])
        ip("address", "add", f"{place[name]}/{length}", "dev", "v0", *(["nodad"] if options.ipv6 else []))

    ecr = Running("ecr.py", "--keys", folder / "keys", "--issued", folder / "issued", "--log", folder / "api.log")
    metadata = Running("imds.py", "--keys", folder / "keys", "--log", folder / "metadata.log")
    (folder / "operator").write_text("operators-password")
    store = Running("registry.py", "--accept", folder / "issued", "--user", f"operator={folder / 'operator'}")
    image = images.write(folder / "image", "app", 4096)
    subprocess.run(["skopeo", "copy", "-q", "--dest-tls-verify=false", "--dest-creds", "operator:operators-password", f"oci:{image}:app",
                    f"docker://127.0.0.1:{store.port}/team/app:1"], check=True, stdout=subprocess.DEVNULL)
    (folder / "digest").write_text(json.loads((image / "index.json").read_text())["manifests"][0]["digest"])
    forward(place["metadata"], 80, metadata.port)
    forward(place["api"], 443, ecr.port, context(folder, api))
    forward(place["registry"], 443, store.port, context(folder, registry))

    node.stdin.write(b"go\n")
    node.stdin.close()
    sys.stdout.buffer.write(node.stdout.read())
    status = node.wait()
    try:
        os.killpg(node.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    for fake in (store, metadata, ecr):
        fake.end()
    sys.stdout.flush()
    os._exit(status if status >= 0 else 128 - status)


if __name__ == "__main__":
    main()
