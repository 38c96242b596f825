"""The installed tree in a root of Debian's own packages and nothing else: no Swift, no libstdc++, no shell."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
STAGE = pathlib.Path(os.environ["TABARD_STAGE"])
sys.path.insert(0, str(ROOT / "Tests/Fakes"))
from running import Running  # noqa: E402

# What a node has anyway. The last two are opened only for https:// and for YAML.
PACKAGES = ("libc6", "libgcc-s1", "libssl3", "libyaml-0-2")
IS_DEBIAN = subprocess.run(["dpkg", "-s", *PACKAGES], capture_output=True, check=False).returncode == 0 if shutil.which("dpkg") else False
HOST = "registry.example.com"


@unittest.skipUnless(IS_DEBIAN, "the root is made of Debian's packages")
class RootTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.root = cls.folder / "root"
        for link in ("lib", "lib64", "bin"):
            (cls.root / "usr" / link).mkdir(parents=True)
            (cls.root / link).symlink_to(f"usr/{link}")
        for package in PACKAGES:
            for line in subprocess.run(["dpkg", "-L", package], capture_output=True, text=True, check=True).stdout.splitlines():
                source, target = pathlib.Path(line), cls.root / line[1:]
                if "/lib" not in line or source.is_dir() or target.exists():
                    continue
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, target)
        shutil.copytree(STAGE / "bin", cls.root / "usr/bin", symlinks=True, dirs_exist_ok=True)
        shutil.copytree(STAGE / "lib", cls.root / "usr/lib", symlinks=True, dirs_exist_ok=True)
        for name in ("proc", "dev"):
            (cls.root / name).mkdir()
        (cls.root / "dev/null").touch()

    def run_in_root(self, program, *arguments, question="", variables=()):
        script = 'mount -t proc proc "$0/proc"; if [ -e "$0/dev/null" ]; then mount --bind /dev/null "$0/dev/null"; fi; exec chroot "$0" "$@"'
        return subprocess.run(["unshare", "-rm", "--fork", "--pid", "sh", "-c", script, self.root, f"/usr/bin/{program}", *arguments],
                              env={"PATH": os.environ["PATH"], "TABARD_FORBID_LINK_LOCAL": "1", **dict(variables)}, input=question,
                              capture_output=True, text=True, timeout=120, check=False)

    def test_there_is_no_swift(self):
        names = [path.name for path in self.root.rglob("*")]
        self.assertFalse([name for name in names if name.startswith(("libswift", "libFoundation", "libstdc++", "libcurl"))])
        self.assertIn("libc.so.6", names)

    def test_every_program_runs(self):
        for program, arguments in (
            ("tabard", ["--version"]), ("tabard", ["providers", "--json"]), ("docker-credential-tabard", ["version"]),
            ("provider-exec", ["--version", "--provider", "aws-ecr-key", "--provider", "google-container-registry", "--provider", "azure-acr"]),
        ):
            with self.subTest(program, arguments=arguments):
                result = self.run_in_root(program, *arguments)
                self.assertEqual((result.returncode, result.stderr), (0, ""))
                self.assertTrue(result.stdout)
                if len(arguments) > 2:
                    self.assertEqual(len(result.stdout.splitlines()), 4, result.stdout)

    def test_an_answer(self):
        with Running("gce_metadata.py") as cloud:
            sets = ["--set", f"google-container-registry.matchImages={HOST}", "--set", f"google-container-registry.metadataHost=127.0.0.1:{cloud.port}"]
            question = {"kind": "CredentialProviderRequest", "apiVersion": "credentialprovider.kubelet.k8s.io/v1", "image": f"{HOST}/team/app"}
            result = self.run_in_root("provider-exec-gce", *sets, question=json.dumps(question))
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            self.assertIn("oauth2accesstoken", result.stdout)
            (self.root / "dev/null").unlink()
            self.addCleanup((self.root / "dev/null").touch)
            result = self.run_in_root("provider-exec-gce", *sets, question=json.dumps(question))
            self.assertEqual((result.returncode, result.stdout), (1, ""))
            self.assertIn("/dev/null", result.stderr)

    def test_tls_and_yaml_are_found_when_they_are_wanted(self):
        # Nobody listens there; the libraries are opened before that is known.
        result = self.run_in_root("tabard", "pull", "-f", "/pod.yaml", "--dest", "/layout")
        self.assertIn("/pod.yaml", result.stderr)
        (self.root / "pod.yaml").write_text(f"apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec: {{containers: [{{name: c, image: 127.0.0.1:9/a}}]}}\n")
        result = self.run_in_root("tabard", "pull", "-f", "/pod.yaml", "--dest", "/layout")
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("127.0.0.1:9", result.stderr)
        self.assertNotIn("lib", result.stderr.split("127.0.0.1:9")[0])


if __name__ == "__main__":
    unittest.main()
