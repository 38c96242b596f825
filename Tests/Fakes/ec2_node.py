#!/usr/bin/env python3
"""Runs a program as on an EC2 node: in a network namespace of its own, at whose other end are instance metadata, STS, ECR and a registry under
their real names and ports, over TLS. Nothing leaves, whatever the program asks for.

usage: unshare -rnm .venv/bin/python ec2_node.py FOLDER [--ipv6] [--late SECONDS] -- PROGRAM ARGUMENT...

`unshare` gives the namespace of the services. The node's is made here: it has one link, IPv4 or IPv6 only, that comes up after --late
seconds, and no loopback. The digest of the image that is there is written to FOLDER/digest; metadata.log, api.log and registry.log are the
requests. The program sees the hosts file and trusts the authority of this cloud; its status is ours.
"""

import argparse
import json
import pathlib
import subprocess

import images
from node import Node, context, forward
from running import Running

REGION, ACCOUNT = "eu-west-1", "123456789012"
IPV4 = {"metadata": "169.254.169.254", "api": "10.77.0.2", "registry": "10.77.0.3", "sts": "10.77.0.4", "node": "10.77.0.9", "route": "10.77.0.1", "length": 24}
IPV6 = {"metadata": "fd00:ec2::254", "api": "fd77::2", "registry": "fd77::3", "sts": "fd77::4", "node": "fd77::9", "route": "fd77::1", "length": 64}


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

    sts = f"sts.{REGION}.api.aws" if options.ipv6 else f"sts.{REGION}.amazonaws.com"

    hosts = {place["api"]: api, place["registry"]: registry, place["sts"]: sts}
    node = Node(folder, options.program, hosts, place["node"], place["route"], place["length"], options.late)
    for name in ("api", "registry", "sts"):
        node.serve_at(place[name], place["length"])
    node.serve_at(place["metadata"], 128 if options.ipv6 else 32)

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
    forward(place["sts"], 443, ecr.port, context(folder, sts))
    forward(place["registry"], 443, store.port, context(folder, registry))

    node.run([store, metadata, ecr])


if __name__ == "__main__":
    main()
