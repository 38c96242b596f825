#!/usr/bin/env python3
"""The token endpoint of Microsoft Entra ID over https: client credentials with a secret or a federated assertion.

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow and
https://learn.microsoft.com/entra/identity-platform/reference-error-codes
"""

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
        self.check_client(form)
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

    def check_client(self, form):
        if "client_assertion" in form:
            if form.get("client_assertion_type") != ASSERTION:
                raise refuse(
                    400, 900144, "invalid_request", "The request body must contain the following parameter: 'client_assertion_type'."
                )
            expected = pathlib.Path(self.options.federated_token_file).read_text().strip() if self.options.federated_token_file else None
            if not expected or form["client_assertion"] != expected:
                raise refuse(401, 700213, "invalid_client", "No matching federated identity record found for presented assertion.")
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
    parser.add_argument("--federated-token-file", help="the assertion that is accepted; read at every request")
    parser.add_argument("--lifetime", type=int, default=3599, help="seconds that a token lasts")
    parser.add_argument("--issued", help="write the tokens handed out to this file, for acr.py --accept")
    options = parser.parse_args()
    directory = Directory(options)
    server = service.Service(directory.handle, options.log, options.fault, tls.leaf(options.tls), options.port)
    directory.origin = f"https://localhost:{server.port}"
    server.run(origin=directory.origin, ca=str(pathlib.Path(options.tls) / "ca.pem"), tenant=options.tenant, client=options.client)


main()
