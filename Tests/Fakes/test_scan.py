"""A scan that finds nothing proves something only if it can find."""

import base64
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest
import urllib.parse

SCAN = pathlib.Path(__file__).resolve().parent.parent.parent / "scripts/scan-secrets"
SECRET = "pass/word+of==many chars"


class ScanTests(unittest.TestCase):
    def scan(self, log, secrets=(SECRET,)):
        with tempfile.TemporaryDirectory() as folder:
            noted, shown = pathlib.Path(folder, "secrets"), pathlib.Path(folder, "unit.log")
            noted.write_text("".join(json.dumps(secret) + "\n" for secret in secrets))
            shown.write_text(log)
            return subprocess.run([sys.executable, SCAN, noted, shown], capture_output=True, text=True)

    def test_every_spelling_is_found(self):
        spellings = [SECRET, urllib.parse.quote(SECRET, safe=""), SECRET.replace("/", "\\/")]
        spellings += [base64.b64encode(f"{user}:{SECRET}".encode()).decode() for user in ("user", "oauth", "a:1", "")]
        spellings += [base64.urlsafe_b64encode(f"{user}:{SECRET}!".encode()).decode() for user in ("user", "oauth", "a:1")]
        for spelling in spellings:
            with self.subTest(spelling=spelling):
                result = self.scan(f"one line\nbefore {spelling} behind\n")
                self.assertEqual(result.returncode, 1)
                self.assertIn("unit.log:2: a secret", result.stdout)
                self.assertNotIn(SECRET, result.stdout + result.stderr)

    def test_what_is_no_secret_is_not_found(self):
        self.assertEqual(self.scan("password <redacted> cGFzc3dvcmQ=").returncode, 0)

    def test_a_run_without_secrets_proves_nothing(self):
        self.assertNotEqual(self.scan("fine", secrets=()).returncode, 0)
