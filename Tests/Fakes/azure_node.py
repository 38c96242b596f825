#!/usr/bin/env python3
"""Runs a program as on a node of Azure: in a network namespace of its own, at whose other end are instance metadata and a registry under
their real names and ports. Nothing leaves, whatever the program asks for.

usage: unshare -rnm .venv/bin/python azure_node.py FOLDER [--late SECONDS] -- PROGRAM ARGUMENT...

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
METADATA, STORE, NODE, ROUTE = "169.254.169.254", "10.77.0.3", "10.77.0.9", "10.77.0.1"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--late", type=float, default=0)
    parser.add_argument("program", nargs="+")
    options = parser.parse_args()
    folder = options.folder

    node = Node(folder, options.program, {STORE: REGISTRY}, NODE, ROUTE, 24, options.late)
    node.serve_at(STORE, 24)
    node.serve_at(METADATA, 32)

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

    node.run([store, metadata])


if __name__ == "__main__":
    main()
