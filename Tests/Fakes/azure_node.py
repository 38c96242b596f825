#!/usr/bin/env python3
"""Runs a program as on a node of Azure: in a network namespace of its own, at whose other end are instance metadata and a registry under
their real names and ports. Nothing leaves, whatever the program asks for.

usage: unshare -rnm .venv/bin/python azure_node.py FOLDER [--late SECONDS] -- PROGRAM ARGUMENT...

`unshare` gives the namespace of the services. The node's is made here: it has one link that comes up after --late seconds, and no loopback.
metadata.log and registry.log are the requests. The program sees the hosts file and trusts the authority of this cloud; its status is ours.
"""

import argparse
import os
import pathlib
import signal
import subprocess
import sys

import images
from ec2_node import forward, ip
from running import Running

REGISTRY = "myregistry.azurecr.io"
METADATA, STORE, NODE, ROUTE = "169.254.169.254", "10.77.0.3", "10.77.0.9", "10.77.0.1"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--late", type=float, default=0)
    parser.add_argument("program", nargs="+")
    options = parser.parse_args()
    folder = options.folder

    (folder / "hosts").write_text(f"{STORE} {REGISTRY}\n")
    (folder / "resolv.conf").write_text("nameserver 127.0.0.1\noptions attempts:1 timeout:1\n")
    for file in ("hosts", "resolv.conf"):
        subprocess.run(["mount", "--bind", str(folder / file), f"/etc/{file}"], check=True)
    # The node's namespace: a shell that waits for its link, then becomes the program.
    link = f"sleep {options.late}; ip link set v1 up; ip address add {NODE}/24 dev v1; ip route add default via {ROUTE}"
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
    for address in (f"{ROUTE}/24", f"{STORE}/24", f"{METADATA}/32"):
        ip("address", "add", address, "dev", "v0")

    metadata = Running("azure_imds.py", "--identity", "client_id=own,system=1", "--issued", folder / "issued", "--log", folder / "metadata.log")
    (folder / "operator").write_text("operators-password")
    store = Running(
        "acr.py", "--accept", folder / "issued", "--admin", f"operator={folder / 'operator'}", "--tls", folder / "tls", "--host", REGISTRY,
        "--log", folder / "registry.log"
    )
    forward(METADATA, 80, metadata.port)
    forward(STORE, 443, store.port)
    image = images.write(folder / "image", "app", 4096)
    certificates = folder / "certificates"
    certificates.mkdir()
    (certificates / "ca.crt").write_bytes((folder / "tls/ca.pem").read_bytes())
    subprocess.run(["skopeo", "copy", "-q", "--dest-cert-dir", str(certificates), "--dest-creds", "operator:operators-password",
                    f"oci:{image}:app", f"docker://{REGISTRY}/team/app:1"], check=True, stdout=subprocess.DEVNULL)
    (folder / "registry.log").write_text("")

    node.stdin.write(b"go\n")
    node.stdin.close()
    sys.stdout.buffer.write(node.stdout.read())
    status = node.wait()
    try:
        os.killpg(node.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    for fake in (store, metadata):
        fake.end()
    sys.stdout.flush()
    os._exit(status if status >= 0 else 128 - status)


if __name__ == "__main__":
    main()
