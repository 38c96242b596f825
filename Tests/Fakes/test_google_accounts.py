"""google-auth with every type of credentials file against the fake token endpoints, and requests that the real ones refuse."""

import json
import os
import pathlib
import tempfile
import unittest
from unittest import mock

import google.auth
import google.auth.exceptions
import google.auth.external_account
from google.auth.transport.requests import Request
from running import Running, lines

SCOPE = "https://www.googleapis.com/auth/devstorage.read_only"


class AccountsTests(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.log, self.issued = self.folder / "log", self.folder / "issued.json"
        self.fake = Running("google_accounts.py", "--folder", self.folder / "files", "--log", self.log, "--issued", self.issued)
        self.addCleanup(self.fake.end)

    def load(self, name, change=lambda content: None):
        path = self.folder / "files" / f"{name}.json"
        content = json.loads(path.read_text())
        change(content)
        path.write_text(json.dumps(content))
        # The project does not matter, and would be asked for.
        with mock.patch.object(google.auth.external_account.Credentials, "get_project_id"):
            credentials, _ = google.auth.load_credentials_from_file(str(path), scopes=None if name.endswith("authorized_user") else [SCOPE])
        if name in ("authorized_user", "impersonated_user"):
            # google-auth asks Google's own endpoint for persons, whatever the file says.
            person = getattr(credentials, "_source_credentials", credentials)
            person._token_uri = f"http://127.0.0.1:{self.fake.port}/token"
        if name.startswith("impersonated"):
            # The same for the IAM Credentials API, of which it takes the account's name alone.
            credentials._iam_endpoint_override = content["service_account_impersonation_url"]
        return credentials

    @mock.patch.dict(os.environ, {"GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES": "1"})
    def test_google_auth_gets_a_token_with_every_type(self):
        for name in self.fake.files:
            with self.subTest(name):
                credentials = self.load(name)
                credentials.refresh(Request())
                self.assertIn(credentials.token, json.loads(self.issued.read_text()))
                self.assertTrue(credentials.valid)
        self.assertTrue(all(line["status"] == 200 for line in lines(self.log)), [line for line in lines(self.log) if line["status"] != 200])

    def test_what_is_refused(self):
        def nobody(content):
            content["service_account_impersonation_url"] = content["service_account_impersonation_url"].replace("puller", "nobody")

        def elsewhere(content):
            content["audience"] += "x"

        def stranger(content):
            content["client_email"] = "stranger@example-project.iam.gserviceaccount.com"

        for name, change, said in (
            ("impersonated_key", nobody, "PERMISSION_DENIED"),
            ("external_file", elsewhere, "invalid_target"),
            ("service_account", stranger, "invalid_grant"),
        ):
            with self.subTest(name), self.assertRaises(google.auth.exceptions.GoogleAuthError) as raised:
                self.load(name, change).refresh(Request())
            self.assertIn(said, str(raised.exception.args))
        self.assertEqual(json.loads(self.issued.read_text()), {})


if __name__ == "__main__":
    unittest.main()
