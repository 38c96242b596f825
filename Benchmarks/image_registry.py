"""A registry whose answers cost little: images made before, given by layer_server.py."""
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
LAYER, CONFIGURATION = "application/vnd.oci.image.layer.v1.tar", "application/vnd.oci.image.config.v1+json"
MANIFEST, INDEX = "application/vnd.oci.image.manifest.v1+json", "application/vnd.oci.image.index.v1+json"


class Registry:
    """Images made of noise, and the server that gives them."""

    def __init__(self, folder, mebibytes):
        self.folder, self.tags, self.contents = folder, {}, {}
        (folder / "blobs").mkdir(parents=True)
        self.image("one", [mebibytes << 20])
        self.tags["one-capped"] = self.tags["one-token"] = self.tags["one"]
        self.image("twenty", [10 << 20] * 20)
        self.image("hundred", [10_000] * 100)
        parts = [self.manifest([5 << 20] * 2, architecture) for architecture in ("amd64", "arm64", "ppc64le", "s390x", "riscv64")]
        index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [
            {**descriptor, "platform": {"os": "linux", "architecture": architecture}} for descriptor, architecture, _ in parts]}
        self.tags["five"] = self.store(json.dumps(index).encode(), INDEX)["digest"]
        self.contents["five"] = [digest for _, _, digests in parts for digest in digests] + [self.tags["five"]]
        (folder / "tags.json").write_text(json.dumps(self.tags))
        self.process = subprocess.Popen([sys.executable, HERE / "layer_server.py", folder], stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())
        self.host = f"127.0.0.1:{self.port}"

    def store(self, data, kind):
        digest = hashlib.sha256(data).hexdigest()
        (self.folder / "blobs" / digest).write_bytes(data)
        return {"mediaType": kind, "digest": f"sha256:{digest}", "size": len(data)}

    def layer(self, size):
        # One block again and again: no puller looks at the contents, and making a gigabyte of noise takes long.
        block, whole, draft = os.urandom(min(size, 1 << 20)), hashlib.sha256(), self.folder / "draft"
        with open(draft, "wb") as file:
            for start in range(0, size, len(block)):
                piece = block[:size - start]
                whole.update(piece)
                file.write(piece)
        draft.rename(self.folder / "blobs" / whole.hexdigest())
        return {"mediaType": LAYER, "digest": f"sha256:{whole.hexdigest()}", "size": size}

    def manifest(self, sizes, architecture):
        layers = [self.layer(size) for size in sizes]
        configuration = self.store(json.dumps({"architecture": architecture, "os": "linux", "rootfs": {"type": "layers", "diff_ids": [
            layer["digest"] for layer in layers]}}).encode(), CONFIGURATION)
        data = {"schemaVersion": 2, "mediaType": MANIFEST, "config": configuration, "layers": layers}
        descriptor = self.store(json.dumps(data).encode(), MANIFEST)
        return descriptor, architecture, [layer["digest"] for layer in layers] + [configuration["digest"], descriptor["digest"]]

    def image(self, name, sizes):
        descriptor, _, self.contents[name] = self.manifest(sizes, "amd64")
        self.tags[name] = descriptor["digest"]

    def urls(self, name):
        return [f"http://{self.host}/v2/bench/{name}/blobs/{digest}" for digest in self.contents[name]]

    def stats(self):
        return json.load(urllib.request.urlopen(f"http://{self.host}/stats"))

    def end(self):
        self.process.kill()
        self.process.wait()
