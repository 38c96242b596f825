#!/usr/bin/env python3
"""The token endpoint of Microsoft Entra ID over https: client credentials with a secret, a certificate or a federated assertion.

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow and
https://learn.microsoft.com/entra/identity-platform/reference-error-codes
"""

import base64
import binascii
import hashlib
import json
import pathlib
import secrets
import time
import uuid

import service
import tls
import tokens
from service import Refusal, Response

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
# What a client may ask for besides its resource.
OPENID = {"openid", "offline_access", "profile"}
AUDIENCES = {"https://containerregistry.azure.net", "https://management.azure.com", "https://management.core.windows.net/"}


def refuse(status, code, error, text):
    """An error as Entra words it: https://learn.microsoft.com/entra/identity-platform/reference-error-codes."""
    trace, correlation = str(uuid.uuid4()), str(uuid.uuid4())
    body = {
        "error": error,
        "error_description": f"AADSTS{code}: {text} Trace ID: {trace} Correlation ID: {correlation} "
        f"Timestamp: {time.strftime('%Y-%m-%d %H:%M:%SZ', time.gmtime())}",
        "error_codes": [code],
        "timestamp": time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime()),
        "trace_id": trace,
        "correlation_id": correlation,
        "error_uri": f"https://login.microsoftonline.com/error?code={code}",
    }
    return Refusal(
        status, {"Content-Type": "application/json; charset=utf-8", "x-ms-request-id": trace}, json.dumps(body), f"AADSTS{code}: {text}"
    )


class Directory:
    def __init__(self, options):
        self.options = options
        self.issued = service.Issued(options.issued)
        self.origin = ""
        self.seen = set()
        self.secret = pathlib.Path(options.client_secret_file).read_text().strip() if options.client_secret_file else None
        self.expired = pathlib.Path(options.expired_secret_file).read_text().strip() if options.expired_secret_file else None

    def handle(self, request):
        parts = request.path.strip("/").split("/")
        if request.path == "/common/discovery/instance":
            self.expect(request, "GET")
            return Response.json(
                200,
                {
                    "tenant_discovery_endpoint": f"{self.origin}/{self.options.tenant}/v2.0/.well-known/openid-configuration",
                    "api-version": "1.1",
                    "metadata": [{"preferred_network": self.host, "preferred_cache": self.host, "aliases": [self.host]}],
                },
            )
        tenant = parts[0]
        if parts[1:] == ["v2.0", ".well-known", "openid-configuration"]:
            self.expect(request, "GET")
            self.check_tenant(tenant)
            base = f"{self.origin}/{tenant}"
            return Response.json(
                200,
                {
                    "token_endpoint": f"{base}/oauth2/v2.0/token",
                    "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                    "issuer": f"{base}/v2.0",
                    "jwks_uri": f"{base}/discovery/v2.0/keys",
                    "tenant_region_scope": None,
                    "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
                    "response_types_supported": ["code", "id_token"],
                    "subject_types_supported": ["pairwise"],
                },
            )
        if parts[1:] == ["oauth2", "v2.0", "token"]:
            self.expect(request, "POST")
            return self.give_token(tenant, request)
        raise Refusal(404, {}, "", f"nothing is served at {request.path}")

    @property
    def host(self):
        return self.origin.removeprefix("https://")

    @staticmethod
    def expect(request, method):
        if request.method != method:
            raise refuse(
                405, 900561, "invalid_request", f"The endpoint only accepts {method} requests. Received a {request.method} request."
            )

    def check_tenant(self, tenant):
        if tenant != self.options.tenant:
            raise refuse(400, 90002, "invalid_request", f"Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID.")

    def give_token(self, tenant, request):
        try:
            form = request.form()
        except Refusal as refusal:
            raise refuse(
                400, 900144, "invalid_request", f"The request body must contain the following parameter: 'grant_type'. ({refusal})"
            )
        self.check_tenant(tenant)
        for name in ("grant_type", "client_id", "scope"):
            if not form.get(name):
                raise refuse(400, 900144, "invalid_request", f"The request body must contain the following parameter: '{name}'.")
        if form["grant_type"] != "client_credentials":
            raise refuse(400, 70003, "unsupported_grant_type", f"The app requested an unsupported grant type '{form['grant_type']}'.")
        if form["client_id"] != self.options.client:
            raise refuse(
                400,
                700016,
                "unauthorized_client",
                f"Application with identifier '{form['client_id']}' was not found in the directory '{tenant}'.",
            )
        self.check_client(form, tenant)
        audience = self.audience(form["scope"])
        now = int(time.time())
        claims = {
            "aud": audience,
            "iss": f"https://sts.windows.net/{tenant}/",
            "iat": now,
            "nbf": now,
            "exp": now + self.options.lifetime,
            "appid": self.options.client,
            "oid": str(uuid.uuid4()),
            "tid": tenant,
            "ver": "1.0",
            "uti": secrets.token_urlsafe(12),
        }
        head = {"typ": "JWT", "alg": "RS256", "kid": "fake"}
        token = ".".join(tokens.url64(json.dumps(part).encode()) for part in (head, claims)) + "." + secrets.token_urlsafe(256)
        self.issued.add(token, audience=audience, tenant=tenant, client=self.options.client, expires=claims["exp"])
        return Response.json(
            200,
            {
                "token_type": "Bearer",
                "expires_in": self.options.lifetime,
                "ext_expires_in": self.options.lifetime,
                "access_token": token,
            },
            {"Cache-Control": "no-store, no-cache"},
        )

    def check_client(self, form, tenant):
        if "client_assertion" in form:
            if form.get("client_assertion_type") != ASSERTION:
                raise refuse(
                    400, 900144, "invalid_request", "The request body must contain the following parameter: 'client_assertion_type'."
                )
            self.check_assertion(form["client_assertion"], tenant)
            return
        if not form.get("client_secret"):
            raise refuse(
                401,
                7000218,
                "invalid_client",
                "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
            )
        if self.expired and form["client_secret"] == self.expired:
            raise refuse(401, 7000222, "invalid_client", f"The provided client secret keys for app '{self.options.client}' are expired.")
        if form["client_secret"] != self.secret:
            raise refuse(
                401,
                7000215,
                "invalid_client",
                "Invalid client secret provided. Ensure the secret being sent in the request is the "
                f"client secret value, not the client secret ID, for a secret added to app '{self.options.client}'.",
            )

    def check_assertion(self, assertion, tenant):
        """One of the cluster's, letter by letter, or one that the application's certificate vouches for.

        https://learn.microsoft.com/entra/identity-platform/certificate-credentials
        """
        federated = pathlib.Path(self.options.federated_token_file).read_text().strip() if self.options.federated_token_file else None
        if federated and assertion == federated:
            return
        parts = assertion.split(".")
        try:
            head, claims = (json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in parts[:2])
            signature = base64.urlsafe_b64decode(parts[2] + "=" * (-len(parts[2]) % 4))
        except (ValueError, IndexError, binascii.Error):
            raise refuse(401, 700213, "invalid_client", "No matching federated identity record found for presented assertion.")
        if not {"x5t", "x5t#S256"} & head.keys():
            raise refuse(401, 700213, "invalid_client", "No matching federated identity record found for presented assertion.")
        unknown = refuse(401, 700027, "invalid_client", "The certificate with identifier used to sign the client assertion is not registered.")
        if not self.options.client_certificate:
            raise unknown
        self.check_signature(head, f"{parts[0]}.{parts[1]}".encode(), signature, unknown)
        if claims.get("aud") != f"{self.origin}/{tenant}/oauth2/v2.0/token":
            raise refuse(401, 700023, "invalid_client", "Client assertion audience claim does not match Realm issuer.")
        if claims.get("iss") != self.options.client or claims.get("sub") != self.options.client or not claims.get("jti"):
            raise refuse(401, 50027, "invalid_client", "JWT token is invalid or malformed.")
        now = time.time()
        if not claims.get("nbf", claims.get("iat", 0)) - 300 <= now < claims.get("exp", 0) + 300:
            raise refuse(401, 700024, "invalid_client", "Client assertion is not within its valid time range.")
        if claims["jti"] in self.seen:
            raise refuse(401, 50027, "invalid_client", "JWT token is invalid: it was used before.")
        self.seen.add(claims["jti"])

    def check_signature(self, head, signed, signature, refusal):
        from cryptography import x509
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import padding

        certificate = x509.load_pem_x509_certificate(pathlib.Path(self.options.client_certificate).read_bytes())
        der = certificate.public_bytes(serialization.Encoding.DER)
        for name, digest in (("x5t", hashlib.sha1(der)), ("x5t#S256", hashlib.sha256(der))):
            # Some libraries pad what RFC 7515 does not.
            if name in head and head[name].rstrip("=") != tokens.url64(digest.digest()):
                raise refusal
        if self.options.require_chain and not head.get("x5c"):
            raise refusal
        if "x5c" in head and base64.b64decode(head["x5c"][0], validate=True) != der:
            raise refusal
        paddings = {"RS256": padding.PKCS1v15(), "PS256": padding.PSS(padding.MGF1(hashes.SHA256()), 32)}
        if head.get("typ") != "JWT" or head.get("alg") not in paddings:
            raise refuse(401, 50027, "invalid_client", "JWT token is invalid or malformed.")
        try:
            certificate.public_key().verify(signature, signed, paddings[head["alg"]], hashes.SHA256())
        except InvalidSignature:
            raise refusal

    @staticmethod
    def audience(scope):
        asked = [part for part in scope.split(" ") if part and part not in OPENID]
        if len(asked) != 1 or not asked[0].endswith("/.default"):
            raise refuse(
                400,
                1002012,
                "invalid_scope",
                f"The provided value for scope {scope} is not valid. "
                "Client credential flows must have a scope value with /.default suffixed to the resource identifier.",
            )
        resource = asked[0].removesuffix("/.default")
        if resource not in AUDIENCES:
            raise refuse(400, 500011, "invalid_resource", f"The resource principal named {resource} was not found in the tenant.")
        return resource


def main():
    parser = service.arguments(__doc__.splitlines()[0])
    parser.add_argument("--tls", required=True, metavar="FOLDER", help="where ca.pem is or will be")
    parser.add_argument("--tenant", default="11111111-2222-3333-4444-555555555555")
    parser.add_argument("--client", default="66666666-7777-8888-9999-000000000000")
    parser.add_argument("--client-secret-file", help="the secret that is accepted")
    parser.add_argument("--expired-secret-file", help="a secret that was accepted once")
    parser.add_argument("--client-certificate", metavar="PEM", help="the certificate whose key may sign assertions")
    parser.add_argument("--require-chain", action="store_true", help="take assertions of that certificate only with x5c")
    parser.add_argument("--federated-token-file", help="the assertion that is accepted; read at every request")
    parser.add_argument("--lifetime", type=int, default=3599, help="seconds that a token lasts")
    parser.add_argument("--issued", help="write the tokens handed out to this file, for acr.py --accept")
    parser.add_argument("--host", help="what it calls itself, where something leads that name here")
    options = parser.parse_args()
    directory = Directory(options)
    server = service.Service(directory.handle, options.log, options.fault, tls.leaf(options.tls, options.host or "localhost"), options.port)
    directory.origin = f"https://{options.host or f'localhost:{server.port}'}"
    server.run(origin=directory.origin, ca=str(pathlib.Path(options.tls) / "ca.pem"), tenant=options.tenant, client=options.client)


main()
