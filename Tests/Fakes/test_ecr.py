"""botocore and Amazon's own credential helper's request form against the fake ECR, whose signatures moto checks."""

import base64
import json
import pathlib
import subprocess
import tempfile
import time
import unittest

import botocore.session
import botocore.utils
from botocore.exceptions import ClientError

import images
from running import Running, lines


class AmazonTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.ecr = Running("ecr.py", "--keys", cls.folder / "keys", "--issued", cls.folder / "issued", "--log", cls.folder / "log")
        cls.addClassCleanup(cls.ecr.end)
        cls.keys = json.loads((cls.folder / "keys").read_text())

    def client(self, user="puller", secret=None):
        key = self.keys[user]
        return botocore.session.get_session().create_client(
            "ecr",
            region_name="eu-west-1",
            endpoint_url=f"http://127.0.0.1:{self.ecr.port}",
            aws_access_key_id=key["accessKeyId"],
            aws_secret_access_key=secret or key["secretAccessKey"],
        )

    def test_botocore_gets_a_password(self):
        data = self.client().get_authorization_token()["authorizationData"][0]
        user, _, password = base64.b64decode(data["authorizationToken"]).decode().partition(":")
        self.assertEqual(user, "AWS")
        self.assertGreater(len(password), 1500)
        self.assertAlmostEqual(data["expiresAt"].timestamp(), time.time() + 43200, delta=60)
        self.assertIn(password, json.loads((self.folder / "issued").read_text()))

    def test_botocore_learns_why_not(self):
        for change, code in (({"secret": "wrong"}, "InvalidSignatureException"), ({"user": "stranger"}, "AccessDeniedException")):
            with self.subTest(code), self.assertRaises(ClientError) as caught:
                self.client(**change).get_authorization_token()
            self.assertEqual(caught.exception.response["Error"]["Code"], code)

    def test_curl_signs_too_and_unsigned_or_old_calls_are_refused(self):
        key = self.keys["puller"]
        sign = ["--aws-sigv4", "aws:amz:eu-west-1:ecr", "-u", f"{key['accessKeyId']}:{key['secretAccessKey']}"]
        for more, text in (
            (sign, "authorizationToken"),
            ([], "MissingAuthenticationTokenException"),
            (["-H", "Authorization: AWS4-HMAC-SHA256 x", "-H", "X-Amz-Date: 20200101T000000Z"], "Signature expired"),
        ):
            answer = subprocess.run(
                [
                    "curl",
                    "-sS",
                    "-m",
                    "20",
                    *more,
                    "-H",
                    "Content-Type: application/x-amz-json-1.1",
                    "-H",
                    "X-Amz-Target: AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken",
                    "-d",
                    "{}",
                    f"http://127.0.0.1:{self.ecr.port}/",
                ],
                check=True,
                capture_output=True,
                text=True,
            )
            self.assertIn(text, answer.stdout)

    def test_botocore_takes_a_role_from_instance_metadata(self):
        with Running("imds.py", "--keys", self.folder / "keys", "--log", self.folder / "imds.log") as metadata:
            fetcher = botocore.utils.InstanceMetadataFetcher(env={}, base_url=f"http://127.0.0.1:{metadata.port}/")
            found = fetcher.retrieve_iam_role_credentials()
            self.assertEqual(found["role_name"], "node-role")
            self.assertEqual([line["status"] for line in lines(self.folder / "imds.log")], [200, 200, 200])
        client = botocore.session.get_session().create_client(
            "ecr", region_name="eu-west-1", endpoint_url=f"http://127.0.0.1:{self.ecr.port}", aws_access_key_id=found["access_key"],
            aws_secret_access_key=found["secret_key"], aws_session_token=found["token"])
        self.assertEqual(len(client.get_authorization_token()["authorizationData"]), 1)
        with Running("imds.py", "--keys", self.folder / "keys", "--role", "") as metadata:
            fetcher = botocore.utils.InstanceMetadataFetcher(env={}, base_url=f"http://127.0.0.1:{metadata.port}/", num_attempts=1)
            self.assertEqual(fetcher.retrieve_iam_role_credentials(), {})

    def test_skopeo_pulls_with_the_password_and_with_no_other(self):
        (self.folder / "operator").write_text("operators-password")
        with Running(
            "registry.py",
            "--accept",
            self.folder / "issued",
            "--user",
            f"operator={self.folder / 'operator'}",
            "--log",
            self.folder / "registry.log",
        ) as registry:
            image = images.write(self.folder / "image", "app:1")
            name = f"docker://127.0.0.1:{registry.port}/team/app:1"
            push = [
                "skopeo",
                "copy",
                "-q",
                "--dest-tls-verify=false",
                "--dest-creds",
                "operator:operators-password",
                f"oci:{image}:app:1",
                name,
            ]
            subprocess.run(push, check=True, capture_output=True)
            data = self.client().get_authorization_token()["authorizationData"][0]
            good = base64.b64decode(data["authorizationToken"]).decode()
            inspect = ["skopeo", "inspect", "--raw", "--tls-verify=false", "--creds"]
            answer = subprocess.run([*inspect, good, name], capture_output=True)
            self.assertEqual(answer.returncode, 0, answer.stderr)
            self.assertEqual(json.loads(answer.stdout)["schemaVersion"], 2)
            for bad in (good[:-1], good.replace("AWS:", "aws:"), "operator:x", good + "x"):
                self.assertNotEqual(subprocess.run([*inspect, bad, name], capture_output=True).returncode, 0)
            self.assertTrue({401, 200} <= {line["status"] for line in lines(self.folder / "registry.log")})

    def test_skopeo_logs_in_at_the_native_registry(self):
        (self.folder / "user").write_text("a password within 72 bytes")
        with Running("registry.py", "--native", "--user", f"user={self.folder / 'user'}") as registry:
            for password, status in (("a password within 72 bytes", 0), ("another", 1)):
                login = subprocess.run(
                    [
                        "skopeo",
                        "login",
                        "--tls-verify=false",
                        "--authfile",
                        str(self.folder / "auth.json"),
                        "-u",
                        "user",
                        "--password-stdin",
                        f"127.0.0.1:{registry.port}",
                    ],
                    input=password.encode(),
                    capture_output=True,
                )
                self.assertEqual(min(login.returncode, 1), status, login.stderr)
