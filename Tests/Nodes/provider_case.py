"""What tests of the programs share: a fake Google, settings that send `google-container-registry` to it, and the question of a kubelet."""

import json
import os
import pathlib
import shutil
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = pathlib.Path(os.environ["TABARD_STAGE"]) / "bin"
sys.path.insert(0, str(ROOT / "Tests/Fakes"))
from running import Running  # noqa: E402

GROUP = "credentialprovider.kubelet.k8s.io"
HOST = "registry.example.com"
QUESTION = json.dumps({"kind": "CredentialProviderRequest", "apiVersion": f"{GROUP}/v1", "image": f"{HOST}/team/app"}).encode()


class ProviderCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.cloud = Running("gce_metadata.py", "--issued", cls.folder / "issued")
        cls.addClassCleanup(cls.cloud.end)
        settings = {"matchImages": [HOST], "metadataHost": f"127.0.0.1:{cls.cloud.port}"}
        (cls.folder / "config.json").write_text(json.dumps({"providers": {"google-container-registry": settings}}))
        # A checkout may lie where others can write.
        cls.environment = {"TABARD_CONFIG": str(cls.folder / "config.json"), "TABARD_PLUGIN_RELAXED": "1", "TABARD_FORBID_LINK_LOCAL": "1",
                           "PATH": os.environ["PATH"]}

    def issued(self):
        """The tokens that the cloud has handed out."""
        return json.loads((self.folder / "issued").read_text())
