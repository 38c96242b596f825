#!/usr/bin/env python3
"""Makes a small OCI image from bytes, without a network: the same bytes and digests every time.

usage: images.py LAYOUT TAG [LAYER_BYTES]     prints the digest of the manifest
"""

import gzip
import hashlib
import io
import json
import pathlib
import random
import sys
import tarfile


def blob(layout, data):
    digest = hashlib.sha256(data).hexdigest()
    path = layout / "blobs/sha256" / digest
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return f"sha256:{digest}"


def layer(files):
    """A gzip compressed tar of {name: bytes}, and the digest of the tar."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), 0o644
            archive.addfile(entry, io.BytesIO(data))
    packed = gzip.compress(raw.getvalue(), mtime=0)
    return packed, "sha256:" + hashlib.sha256(raw.getvalue()).hexdigest()


def write(layout, tag, layer_bytes=65536):
    """Writes an OCI layout with one image of two layers; returns its path. What cannot be compressed makes the second layer that large."""
    layout = pathlib.Path(layout)
    noise = random.Random(tag).randbytes(layer_bytes)
    layers = [layer({"etc/greeting": f"hello from {tag}\n".encode()}), layer({"usr/share/noise": noise})]
    configuration = {
        "architecture": "amd64",
        "os": "linux",
        "config": {"Cmd": ["/bin/true"], "Env": ["PATH=/bin"]},
        "rootfs": {"type": "layers", "diff_ids": [identity for _, identity in layers]},
        "history": [{"created_by": "images.py"} for _ in layers],
    }
    data = json.dumps(configuration).encode()
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": blob(layout, data), "size": len(data)},
        "layers": [
            {"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": blob(layout, packed), "size": len(packed)}
            for packed, _ in layers
        ],
    }
    data = json.dumps(manifest).encode()
    descriptor = {
        "mediaType": manifest["mediaType"],
        "digest": blob(layout, data),
        "size": len(data),
        "annotations": {"org.opencontainers.image.ref.name": tag},
    }
    (layout / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [descriptor]}))
    (layout / "oci-layout").write_text(json.dumps({"imageLayoutVersion": "1.0.0"}))
    return layout


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    made = write(sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 65536)
    print(json.loads((made / "index.json").read_text())["manifests"][0]["digest"])
