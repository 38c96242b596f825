#!/usr/bin/env python3
"""Runs a program as on a node of Azure: in a network namespace of its own, at whose other end are instance metadata and a registry under
their real names and ports. Nothing leaves, whatever the program asks for.

usage: unshare -rnm .venv/bin/python azure_node.py FOLDER [--ipv6] [--late SECONDS] -- PROGRAM ARGUMENT...

With --ipv6, which Azure's metadata does not have, there is Entra ID in its place, for the client secret in FOLDER/client-secret.
`unshare` gives the namespace of the services. The node's is made here: it has one link that comes up after --late seconds, and no loopback.
metadata.log and registry.log are the requests. The program sees the hosts file and trusts the authority of this cloud; its status is ours.
"""

import argparse
import pathlib
import subprocess

import images
from node import Node, forward
from running import Running

REGISTRY = "myregistry.azurecr.io"
LOGIN = "login.microsoftonline.com"
IPV4 = {"metadata": "169.254.169.254", "registry": "10.77.0.3", "node": "10.77.0.9", "route": "10.77.0.1", "length": 24}
IPV6 = {"login": "fd77::2", "registry": "fd77::3", "node": "fd77::9", "route": "fd77::1", "length": 64}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--ipv6", action="store_true")
    parser.add_argument("--late", type=float, default=0)
    parser.add_argument("program", nargs="+")
    options = parser.parse_args()
    folder, place = options.folder, IPV6 if options.ipv6 else IPV4

    hosts = {place["registry"]: REGISTRY}
    if options.ipv6:
        hosts[place["login"]] = LOGIN
    node = Node(folder, options.program, hosts, place["node"], place["route"], place["length"], options.late)
    node.serve_at(place["registry"], place["length"])

    issued = ("--issued", folder / "issued")
    if options.ipv6:
        node.serve_at(place["login"], place["length"])
        (folder / "client-secret").write_text("secret-of-the-client")
        source = Running("entra.py", "--tls", folder / "tls", "--host", LOGIN, "--client-secret-file", folder / "client-secret", *issued)
        forward(place["login"], 443, source.port)
    else:
        node.serve_at(place["metadata"], 32)
        source = Running("azure_imds.py", "--identity", "client_id=own,system=1", *issued, "--log", folder / "metadata.log")
        forward(place["metadata"], 80, source.port)
    (folder / "operator").write_text("operators-password")
    store = Running(
        "acr.py", "--accept", folder / "issued", "--admin", f"operator={folder / 'operator'}", "--tls", folder / "tls", "--host", REGISTRY,
        "--log", folder / "registry.log"
    )
    forward(place["registry"], 443, store.port)
    image = images.write(folder / "image", "app", 4096)
    certificates = folder / "certificates"
    certificates.mkdir()
    (certificates / "ca.crt").write_bytes((folder / "tls/ca.pem").read_bytes())
    subprocess.run(["skopeo", "copy", "-q", "--dest-cert-dir", str(certificates), "--dest-creds", "operator:operators-password",
                    f"oci:{image}:app", f"docker://{REGISTRY}/team/app:1"], check=True, stdout=subprocess.DEVNULL)
    (folder / "registry.log").write_text("")

    node.run([store, source])


if __name__ == "__main__":
    main()
