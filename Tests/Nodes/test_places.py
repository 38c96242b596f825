"""provider-exec with each plugin where docs/nodes.md says that it works: on read-only nodes without HOME and /tmp, over IPv6 alone, by a proxy."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
STAGE = pathlib.Path(os.environ["TABARD_STAGE"])
CAN_ISOLATE = subprocess.run(
    ["unshare", "-rnm", "sh", "-c", "ip link add v0 type veth peer name v1 && mount -t tmpfs tmpfs /mnt && mount -o remount,bind,ro /"],
    capture_output=True, check=False).returncode == 0

ECR4, ECR6 = "123456789012.dkr.ecr.eu-west-1.amazonaws.com", "123456789012.dkr-ecr.eu-west-1.on.aws"
PRINCIPAL = ("--set", "azure-acr.tenantID=11111111-2222-3333-4444-555555555555", "--set", "azure-acr.clientID=66666666-7777-8888-9999-000000000000",
             "--set", "azure-acr.clientSecretFile=/mnt/node/client-secret")
# node, its options, image, variables, arguments
PLACES = {
    "Amazon": ("ec2", (), ECR4, {}, ()),
    "Amazon, IPv6 alone": ("ec2", ("--ipv6",), ECR6, {"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "IPv6"}, ()),
    "Google": ("google", (), "gcr.io", {}, ()),
    "Google, IPv6 alone": ("google", ("--ipv6",), "gcr.io", {}, ()),
    "Azure": ("azure", (), "myregistry.azurecr.io", {}, ()),
    "Azure, IPv6 alone": ("azure", ("--ipv6",), "myregistry.azurecr.io", {}, PRINCIPAL),
}


@unittest.skipUnless(CAN_ISOLATE, "namespaces are not allowed here")
class PlaceTests(unittest.TestCase):
    def ask(self, node, options, image, variables, arguments, program="/mnt/tabard/bin/provider-exec"):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            (folder / "dmi").mkdir()
            for file, text in {"ec2": {"sys_vendor": "Amazon EC2"}, "google": {"sys_vendor": "Google", "product_name": "Google Compute Engine"},
                               "azure": {"sys_vendor": "Microsoft Corporation", "product_name": "Virtual Machine"}}[node].items():
                (folder / "dmi" / file).write_text(text + "\n")
            (folder / "question").write_text(json.dumps({
                "kind": "CredentialProviderRequest", "apiVersion": "credentialprovider.kubelet.k8s.io/v1", "image": f"{image}/team/app"}))
            variables = {"TABARD_DMI_FOLDER": "/mnt/node/dmi", "SSL_CERT_FILE": "/mnt/node/ca.pem", **variables}
            command = ["env", "-i", *(f"{name}={value}" for name, value in variables.items()), program, *arguments]
            return subprocess.run(
                ["unshare", "-rnm", sys.executable, ROOT / f"Tests/Fakes/{node}_node.py", folder, *options, "--",
                 "unshare", "-m", "sh", HERE / "place.sh", STAGE, folder, *command],
                env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", "HOME": name, "TMPDIR": name}, capture_output=True, text=True,
                timeout=300, check=False)

    def test_each_plugin_answers(self):
        for name, (node, options, image, variables, arguments) in PLACES.items():
            with self.subTest(name):
                result = self.ask(node, options, image, variables, arguments)
                self.assertEqual((result.returncode, result.stderr), (0, ""), result.stdout)
                answer = json.loads(result.stdout)
                self.assertTrue(answer["auth"][image]["password"], answer)

    def test_a_plugin_on_a_file_system_that_executes_nothing_is_told(self):
        node, options, image, variables, arguments = PLACES["Google"]
        result = self.ask(node, options, image, variables, ("--plugin-dir", "/mnt/noexec/lib/tabard/v1"))
        self.assertEqual(result.stdout, "")
        self.assertIn("noexec", result.stderr)
        self.assertIn("/mnt/noexec/lib/tabard/v1/libtabard-gce.so", result.stderr)

    def test_a_proxy_is_for_what_is_outside(self):
        # Nothing is at that address: whatever asked it would fail.
        node, options, image, variables, arguments = PLACES["Google"]
        proxies = {name: "http://10.77.0.77:1" for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY")}
        result = self.ask(node, options, image, {**variables, **proxies}, arguments)
        self.assertEqual((result.returncode, result.stderr), (0, ""), "metadata is asked without a proxy")
        node, options, image, variables, arguments = PLACES["Amazon"]
        result = self.ask(node, options, image, {**variables, **proxies}, ("--timeout", "3s"))
        self.assertEqual((result.returncode, result.stdout), (4, ""), result.stderr)
        self.assertIn("10.77.0.77", result.stderr)
        result = self.ask(node, options, image, {**variables, **proxies, "NO_PROXY": "10.77.0.0/24,.amazonaws.com"}, arguments)
        self.assertEqual((result.returncode, result.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main()
