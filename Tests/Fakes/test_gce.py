"""google-auth against the fake metadata server, and requests that the real one refuses."""

import json
import os
import pathlib
import tempfile
import unittest
import urllib.error
import urllib.request

from running import Running, lines

TOKEN = "/computeMetadata/v1/instance/service-accounts/default/token"
FLAVOR = {"Metadata-Flavor": "Google"}


class GoogleTests(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.log = pathlib.Path(folder.name) / "log"
        self.issued = pathlib.Path(folder.name) / "issued.json"

    def start(self, *arguments):
        fake = Running("gce_metadata.py", "--log", self.log, "--issued", self.issued, *arguments)
        self.addCleanup(fake.end)
        self.origin = f"http://127.0.0.1:{fake.port}"
        return fake

    def get(self, path, headers=FLAVOR, method="GET"):
        class Stay(urllib.request.HTTPRedirectHandler):
            def redirect_request(self, *_):
                return None

        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), Stay)
        try:
            with opener.open(urllib.request.Request(self.origin + path, headers=headers, method=method), timeout=20) as answer:
                return answer.status, answer.headers, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.status, error.headers, error.read().decode()

    def test_google_auth_gets_a_token(self):
        fake = self.start()
        os.environ["GCE_METADATA_HOST"] = os.environ["GCE_METADATA_IP"] = f"127.0.0.1:{fake.port}"
        # google-auth reads the addresses when it is imported.
        from google.auth import compute_engine
        from google.auth.compute_engine import _metadata
        from google.auth.transport.requests import Request

        self.assertTrue(_metadata.ping(Request()))
        credentials = compute_engine.Credentials(scopes=["https://www.googleapis.com/auth/devstorage.read_only"])
        credentials.refresh(Request())
        self.assertTrue(credentials.valid)
        self.assertIn(credentials.token, json.loads(self.issued.read_text()))
        self.assertTrue(credentials.service_account_email.endswith("@developer.gserviceaccount.com"))
        self.assertTrue(all(line["status"] == 200 for line in lines(self.log)))

    def test_the_same_token_until_five_minutes_before_its_end(self):
        self.start("--lifetime", "3599")
        first, second = (json.loads(self.get(TOKEN)[2]) for _ in range(2))
        self.assertEqual(first["access_token"], second["access_token"])
        self.assertLessEqual(second["expires_in"], first["expires_in"])
        self.assertEqual(second["token_type"], "Bearer")

    def test_a_new_token_in_the_last_five_minutes(self):
        self.start("--lifetime", "299")
        first, second = (json.loads(self.get(TOKEN)[2]) for _ in range(2))
        self.assertNotEqual(first["access_token"], second["access_token"])
        self.assertGreater(second["expires_in"], 3500)

    def test_what_is_refused(self):
        self.start()
        folder = "/computeMetadata/v1/instance/service-accounts"
        cases = [
            (TOKEN, {}, "GET", 403),
            (TOKEN, {"Metadata-Flavor": "Amazon"}, "GET", 403),
            (TOKEN, {**FLAVOR, "X-Forwarded-For": "1.2.3.4"}, "GET", 403),
            (TOKEN, FLAVOR, "POST", 405),
            (folder, FLAVOR, "GET", 301),
            (TOKEN.replace("v1", "v1beta1"), FLAVOR, "GET", 404),
            (TOKEN.replace("default", "nobody"), FLAVOR, "GET", 404),
            (TOKEN + "?scope=x", FLAVOR, "GET", 400),
            (TOKEN + "?scopes=x", FLAVOR, "GET", 400),
            (TOKEN + "/", FLAVOR, "GET", 404),
            ("/", {}, "GET", 200),
            (folder + "/", FLAVOR, "GET", 200),
        ]
        for path, headers, method, status in cases:
            with self.subTest(path=path, headers=headers, method=method):
                answer = self.get(path, headers, method)
                self.assertEqual(answer[0], status)
                self.assertEqual(answer[1]["Metadata-Flavor"], "Google")
                self.assertNotIn("ya29", answer[2])
        self.assertEqual(json.loads(self.issued.read_text()), {})

    def test_a_machine_without_an_account(self):
        self.start("--no-account")
        self.assertEqual(self.get(TOKEN)[0], 404)

    def test_attributes(self):
        self.start("--attribute", "google-dockercfg={}")
        self.assertEqual(self.get("/computeMetadata/v1/instance/attributes/google-dockercfg")[2], "{}")
        self.assertEqual(self.get("/computeMetadata/v1/instance/attributes/google-dockercfg-url")[0], 404)

    def test_faults(self):
        fake = self.start("--fault", '{"do": "status", "status": 503, "count": 1, "headers": {"Retry-After": "1"}}')
        status, headers, _ = self.get(TOKEN)
        self.assertEqual((status, headers["Retry-After"]), (503, "1"))
        self.assertEqual(self.get(TOKEN)[0], 200)
        for kind in ("reset", "truncate", "garbage"):
            fake.set_faults({"do": kind, "path": "/token"})
            with self.subTest(kind), self.assertRaises(Exception):
                self.get(TOKEN)
        fake.set_faults({"do": "drop", "header": "Metadata-Flavor"})
        self.assertIsNone(self.get(TOKEN)[1]["Metadata-Flavor"])
