#!/usr/bin/env python3
"""Runs a program as on a node of Google: in a network namespace of its own, at whose other end are the metadata server, gcr.io and
mirror.gcr.io under their real names, addresses and ports. Nothing leaves, whatever the program asks for.

usage: unshare -rnm .venv/bin/python google_node.py FOLDER [--ipv6] [--late SECONDS] [--elsewhere] -- PROGRAM ARGUMENT...

The node has one link, IPv4 or IPv6 only, that comes up after --late seconds. With --elsewhere nothing has the metadata server's addresses,
and packets to them vanish. FOLDER/digest is the digest of the image, which both registries have; metadata.log, registry.log and mirror.log
are the requests. The program's status is ours.
"""

import argparse
import json
import pathlib
import subprocess

import images
from node import Node, context, forward
from running import Running

IPV4 = {"metadata": "169.254.169.254", "gcr.io": "10.77.0.2", "mirror.gcr.io": "10.77.0.3", "node": "10.77.0.9", "route": "10.77.0.1",
        "length": 24}
IPV6 = {"metadata": "fd20:ce::254", "gcr.io": "fd77::2", "mirror.gcr.io": "fd77::3", "node": "fd77::9", "route": "fd77::1", "length": 64}
NAMES = ("gcr.io", "mirror.gcr.io")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--ipv6", action="store_true")
    parser.add_argument("--late", type=float, default=0)
    parser.add_argument("--elsewhere", action="store_true")
    parser.add_argument("program", nargs="+")
    options = parser.parse_args()
    folder, place = options.folder, IPV6 if options.ipv6 else IPV4

    hosts = {place[name]: name for name in NAMES}
    node = Node(folder, options.program, hosts, place["node"], place["route"], place["length"], options.late)
    for name in NAMES:
        node.serve_at(place[name], place["length"])
    if options.elsewhere:
        subprocess.run(["ip", "-4", "route", "add", "blackhole", "169.254.0.0/16"], check=True)
    else:
        node.serve_at(place["metadata"], 128 if options.ipv6 else 32)

    metadata = Running("gce_metadata.py", "--issued", folder / "issued", "--log", folder / "metadata.log")
    (folder / "operator").write_text("operators-password")
    operator = ("--user", f"operator={folder / 'operator'}")
    store = Running("registry.py", "--accept", folder / "issued", *operator, "--log", folder / "registry.log")
    mirror = Running("registry.py", "--anonymous-pull", *operator, "--log", folder / "mirror.log")
    image = images.write(folder / "image", "app", 4096)
    for fake in (store, mirror):
        subprocess.run(["skopeo", "copy", "-q", "--dest-tls-verify=false", "--dest-creds", "operator:operators-password", f"oci:{image}:app",
                        f"docker://127.0.0.1:{fake.port}/team/app:1"], check=True, stdout=subprocess.DEVNULL)
    for log in ("registry.log", "mirror.log"):
        (folder / log).write_text("")
    (folder / "digest").write_text(json.loads((image / "index.json").read_text())["manifests"][0]["digest"])
    if not options.elsewhere:
        forward(place["metadata"], 80, metadata.port)
    for name, fake in zip(NAMES, (store, mirror)):
        forward(place[name], 443, fake.port, context(folder, name))

    node.run((store, mirror, metadata))


if __name__ == "__main__":
    main()
