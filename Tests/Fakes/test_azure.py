"""azure-identity and azure-containerregistry against the fakes of Entra ID and ACR, and requests that the real ones refuse."""

import base64
import json
import os
import pathlib
import ssl
import subprocess
import tempfile
import unittest
import unittest.mock
import urllib.error
import urllib.parse
import urllib.request

from azure.containerregistry import ContainerRegistryClient
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import (
    CertificateCredential,
    ClientAssertionCredential,
    ClientSecretCredential,
    ManagedIdentityCredential,
    WorkloadIdentityCredential,
)

import images
import tokens
from running import Running, lines

SCOPE = "https://containerregistry.azure.net/.default"
NOBODY = "00000000-0000-0000-0000-000000000000"


class AzureTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        for name, value in (
            ("secret", "right~secret.value"),
            ("expired", "last~years.value"),
            ("assertion", "eyJ.federated.token"),
            ("admin", "admin-password"),
        ):
            (cls.folder / name).write_text(value + "\n")
        openssl = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=application"]
        for name in ("app", "other"):
            key, certificate = cls.folder / f"{name}.key", cls.folder / f"{name}.crt"
            subprocess.run([*openssl, "-keyout", key, "-out", certificate], check=True, capture_output=True)
            (cls.folder / f"{name}.pem").write_text(key.read_text() + certificate.read_text())
        subprocess.run(
            ["openssl", "pkcs12", "-export", "-in", cls.folder / "app.pem", "-out", cls.folder / "app.pfx", "-passout", "pass:sesame"],
            check=True,
            capture_output=True,
        )
        cls.entra = cls.start(
            "entra.py",
            "--client-secret-file",
            cls.folder / "secret",
            "--expired-secret-file",
            cls.folder / "expired",
            "--federated-token-file",
            cls.folder / "assertion",
            "--client-certificate",
            cls.folder / "app.crt",
            "--issued",
            cls.folder / "issued",
            "--log",
            cls.folder / "entra.log",
        )
        cls.acr = cls.start(
            "acr.py", "--accept", cls.folder / "issued", "--admin", f"admin={cls.folder / 'admin'}", "--log", cls.folder / "acr.log"
        )
        cls.ca = cls.entra.ca

    @classmethod
    def start(cls, script, *arguments):
        fake = Running(script, "--tls", cls.folder / "tls", *arguments)
        cls.addClassCleanup(fake.end)
        return fake

    def credential(self, secret="right~secret.value", tenant=None, client=None):
        return ClientSecretCredential(
            tenant or self.entra.tenant,
            client or self.entra.client,
            secret,
            authority=self.entra.origin,
            disable_instance_discovery=True,
            connection_verify=self.ca,
        )

    def post(self, url, form, headers=None):
        data = urllib.parse.urlencode(form).encode() if isinstance(form, dict) else form
        return self.ask(urllib.request.Request(url, data=data, headers=headers or {}))

    def ask(self, request):
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=self.ca))
        )
        try:
            with opener.open(request, timeout=20) as answer:
                return answer.status, json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            with error:
                return error.status, json.loads(error.read() or b"null")

    # Entra ID

    def test_azure_identity_gets_a_token(self):
        token = self.credential().get_token(SCOPE)
        claims = tokens.claims(token.token)
        self.assertEqual(claims["aud"], "https://containerregistry.azure.net")
        self.assertAlmostEqual(claims["exp"], token.expires_on, delta=5)
        assertion = ClientAssertionCredential(
            self.entra.tenant,
            self.entra.client,
            lambda: "eyJ.federated.token",
            authority=self.entra.origin,
            disable_instance_discovery=True,
            connection_verify=self.ca,
        )
        self.assertTrue(assertion.get_token(SCOPE).token)

    def test_azure_identity_learns_why_not(self):
        cases = [
            ({"secret": "wrong"}, "AADSTS7000215"),
            ({"secret": "last~years.value"}, "AADSTS7000222"),
            ({"client": "00000000-1111-1111-1111-111111111111"}, "AADSTS700016"),
        ]
        for change, code in cases:
            with self.subTest(code), self.assertRaises(ClientAuthenticationError) as caught:
                self.credential(**change).get_token(SCOPE)
            self.assertIn(code, str(caught.exception))

    def test_entra_refuses_wrong_requests(self):
        right = {"grant_type": "client_credentials", "client_id": self.entra.client, "client_secret": "right~secret.value", "scope": SCOPE}
        url = f"{self.entra.origin}/{self.entra.tenant}/oauth2/v2.0/token"
        self.assertEqual(self.post(url, right)[0], 200)
        cases = [
            (url, {**right, "grant_type": "password"}, 400, 70003),
            (url, {**right, "scope": "https://containerregistry.azure.net"}, 400, 1002012),
            (url, {**right, "scope": "https://nowhere.example/.default"}, 400, 500011),
            (url, {**right, "client_secret": ""}, 401, 7000218),
            (url, {key: value for key, value in right.items() if key != "scope"}, 400, 900144),
            (url, json.dumps(right).encode(), 400, 900144),
            (url.replace(self.entra.tenant, "00000000-0000-0000-0000-00000000000f"), right, 400, 90002),
            (url, {**right, "client_assertion": "x", "client_assertion_type": "y"}, 400, 900144),
        ]
        for address, form, status, code in cases:
            with self.subTest(code=code):
                answer = self.post(address, form)
                self.assertEqual((answer[0], answer[1]["error_codes"]), (status, [code]))
                self.assertIn(f"AADSTS{code}", answer[1]["error_description"])
        self.assertEqual(self.ask(urllib.request.Request(url))[0], 405)

    def by_certificate(self, name, **options):
        return CertificateCredential(
            self.entra.tenant,
            self.entra.client,
            str(self.folder / name),
            authority=self.entra.origin,
            disable_instance_discovery=True,
            connection_verify=self.ca,
            **options,
        ).get_token(SCOPE)

    def test_azure_identity_signs_with_a_certificate(self):
        for name, options in (("app.pem", {}), ("app.pem", {"send_certificate_chain": True}), ("app.pfx", {"password": "sesame"})):
            with self.subTest(name, **options):
                self.assertTrue(self.by_certificate(name, **options).token)
        with self.assertRaises(ClientAuthenticationError) as caught:
            self.by_certificate("other.pem")
        self.assertIn("AADSTS700027", str(caught.exception))

    def test_azure_identity_reads_a_federated_token(self):
        # It sends a line break at the end of the file along.
        (self.folder / "projected").write_text("eyJ.federated.token")
        credential = WorkloadIdentityCredential(
            tenant_id=self.entra.tenant,
            client_id=self.entra.client,
            token_file_path=str(self.folder / "projected"),
            authority=self.entra.origin,
            disable_instance_discovery=True,
            connection_verify=self.ca,
        )
        self.assertTrue(credential.get_token(SCOPE).token)

    def test_azure_identity_asks_instance_metadata(self):
        resource = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/pull"
        imds = Running(
            "azure_imds.py",
            "--identity",
            "client_id=own,system=1",
            "--identity",
            f"client_id=given,object_id=object,msi_res_id={resource}",
            "--log",
            self.folder / "imds.log",
        )
        self.addCleanup(imds.end)
        host = {"AZURE_POD_IDENTITY_AUTHORITY_HOST": f"http://127.0.0.1:{imds.port}"}
        with unittest.mock.patch.dict(os.environ, host):
            for options, client in (
                ({}, "own"),
                ({"client_id": "given"}, "given"),
                ({"identity_config": {"object_id": "object"}}, "given"),
                ({"identity_config": {"resource_id": resource}}, "given"),
            ):
                with self.subTest(options=options):
                    token = ManagedIdentityCredential(**options).get_token(SCOPE)
                    self.assertEqual(tokens.claims(token.token)["appid"], client)
            with self.assertRaises(ClientAuthenticationError):
                ManagedIdentityCredential(client_id="stranger").get_token(SCOPE)
        url = f"http://127.0.0.1:{imds.port}/metadata/identity/oauth2/token"
        right = "?api-version=2018-02-01&resource=https://containerregistry.azure.net"
        for query, headers, status in (
            (right, {"Metadata": "true"}, 200),
            (right, {}, 400),
            (right, {"Metadata": "true", "X-Forwarded-For": "192.0.2.1"}, 400),
            ("?api-version=2018-02-01", {"Metadata": "true"}, 400),
            ("?resource=https://containerregistry.azure.net", {"Metadata": "true"}, 400),
            (right + "&client_id=given&object_id=object", {"Metadata": "true"}, 400),
        ):
            with self.subTest(query=query, headers=headers):
                self.assertEqual(self.ask(urllib.request.Request(url + query, headers=headers))[0], status)

    # ACR

    def test_azure_containerregistry_exchanges_and_reads(self):
        image = images.write(self.folder / "image", "app:1")
        subprocess.run(
            [
                "skopeo",
                "copy",
                "-q",
                "--dest-creds",
                "admin:admin-password",
                "--dest-cert-dir",
                self.cert_dir(),
                f"oci:{image}:app:1",
                f"docker://{self.acr.host}/team/app:1",
            ],
            check=True,
            capture_output=True,
        )
        client = ContainerRegistryClient(
            f"https://{self.acr.host}", self.credential(), audience="https://containerregistry.azure.net", connection_verify=self.ca
        )
        manifest = client.get_manifest("team/app", "1")
        self.assertEqual(manifest.manifest["schemaVersion"], 2)
        seen = [(line["method"], line["target"].split("?")[0], line["status"]) for line in lines(self.folder / "acr.log")]
        self.assertIn(("POST", "/oauth2/exchange", 200), seen)
        self.assertIn(("POST", "/oauth2/token", 200), seen)

    def cert_dir(self):
        folder = self.folder / "certs"
        folder.mkdir(exist_ok=True)
        (folder / "ca.crt").write_bytes(pathlib.Path(self.ca).read_bytes())
        return str(folder)

    def exchange(self, **change):
        form = {"grant_type": "access_token", "service": self.acr.host, "access_token": self.credential().get_token(SCOPE).token, **change}
        return self.post(f"https://{self.acr.host}/oauth2/exchange", {key: value for key, value in form.items() if value is not None})

    def test_the_refresh_token_says_its_end_and_opens_one_door(self):
        status, answer = self.exchange(tenant=self.entra.tenant)
        self.assertEqual(status, 200)
        claims = tokens.claims(answer["refresh_token"])
        self.assertEqual((claims["aud"], claims["exp"] - claims["iat"], claims["grant_type"]), (self.acr.host, 10800, "refresh_token"))
        url = f"https://{self.acr.host}/oauth2/token?service={self.acr.host}&scope=repository:team/app:pull,push"
        basic = base64.b64encode(f"{NOBODY}:{answer['refresh_token']}".encode()).decode()
        status, access = self.ask(urllib.request.Request(url, headers={"Authorization": f"Basic {basic}"}))
        self.assertEqual(
            (status, tokens.claims(access["access_token"])["access"]),
            (200, [{"type": "repository", "name": "team/app", "actions": ["pull"]}]),
        )
        for header in (
            {},
            {"Authorization": "Basic " + base64.b64encode(f"somebody:{answer['refresh_token']}".encode()).decode()},
            {"Authorization": "Basic " + base64.b64encode(f"{NOBODY}:x".encode()).decode()},
            {"Authorization": f"Bearer {answer['refresh_token']}"},
        ):
            self.assertEqual(self.ask(urllib.request.Request(url, headers=header))[0], 401)
        # docker-registry, which is not ours, takes the access token for its repository and for no other.
        for name, expected in (("team/app", {200, 404}), ("team/other", {401})):
            tags = urllib.request.Request(
                f"https://{self.acr.host}/v2/{name}/tags/list", headers={"Authorization": f"Bearer {access['access_token']}"}
            )
            self.assertIn(self.ask(tags)[0], expected)

    def test_acr_refuses_wrong_exchanges(self):
        arm = self.credential().get_token("https://management.azure.com/.default").token
        cases = [
            ({"service": "other.azurecr.io"}, 400),
            ({"grant_type": "password"}, 400),
            ({"access_token": None}, 400),
            ({"access_token": "eyJ.made.up"}, 401),
            ({"tenant": "00000000-0000-0000-0000-00000000000f"}, 401),
            ({"access_token": arm}, 401),
            ({"unknown": "x"}, 400),
        ]
        for change, status in cases:
            with self.subTest(change=change):
                self.assertEqual(self.exchange(**change)[0], status)
        self.assertEqual(self.exchange(grant_type="access_token_refresh_token", refresh_token="x")[0], 200)

    def test_acr_challenges_where_its_tokens_are(self):
        request = urllib.request.Request(f"https://{self.acr.host}/v2/")
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=self.ca))
        )
        with self.assertRaises(urllib.error.HTTPError) as caught:
            opener.open(request, timeout=20)
        with caught.exception as error:
            self.assertEqual(
                (error.status, error.headers["WWW-Authenticate"]),
                (401, f'Bearer realm="https://{self.acr.host}/oauth2/token",service="{self.acr.host}"'),
            )
