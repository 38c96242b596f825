#!/usr/bin/env python3
"""An Azure container registry over https: a real docker-registry with token authentication behind the token service of ACR.

docker-registry itself challenges and checks every access token; this front only serves /oauth2/exchange and /oauth2/token on the same
origin. https://github.com/Azure/acr/blob/main/docs/AAD-OAuth.md
"""

import base64
import binascii
import json
import pathlib
import secrets
import tempfile
import time
import urllib.parse

import docker_registry
import service
import tls
import tokens
from service import Issued, Refusal, Response

AUDIENCE = "https://containerregistry.azure.net"
NOBODY = "00000000-0000-0000-0000-000000000000"
ISSUER = "Azure Container Registry"


def refuse(status, code, message, why):
    body = {"errors": [{"code": code, "message": message, "detail": None}]}
    return Refusal(status, {"Content-Type": "application/json; charset=utf-8"}, json.dumps(body), why)


def unauthorized(why):
    return refuse(401, "UNAUTHORIZED", "authentication required, visit https://aka.ms/acr/authorization for more information.", why)


class TokenService:
    def __init__(self, options, key, host):
        self.options, self.key, self.host = options, key, host
        self.refresh_tokens = {}
        self.access_tokens = {}
        self.issued = service.Issued(options.issued)
        self.registry = None
        name, _, path = (options.admin or "").partition("=")
        self.admin = (name, pathlib.Path(path).read_text().rstrip("\n")) if options.admin else None
        if self.admin:
            service.note_secret(self.admin[1])

    def handle(self, request):
        if request.path == "/oauth2/exchange":
            return self.exchange(request)
        if request.path == "/oauth2/token":
            return self.give_token(request)
        if request.path == "/v2" or request.path.startswith("/v2/"):
            return self.registry.forward(request, **{"X-Forwarded-Proto": "https"})
        raise refuse(404, "NOT_FOUND", "not found", f"nothing is served at {request.path}")

    def form(self, request, known):
        try:
            form = request.form()
        except Refusal as refusal:
            raise refuse(400, "BAD_REQUEST", "malformed form", str(refusal))
        for name in form:
            if name not in known:
                raise refuse(400, "BAD_REQUEST", f"unknown field {name}", f"unknown field {name}")
        return form

    def check_service(self, name):
        if name != self.host:
            raise refuse(400, "BAD_REQUEST", "invalid service", f"the service is {self.host}, not {name}")

    def exchange(self, request):
        if request.method != "POST":
            raise refuse(405, "UNSUPPORTED", "method not allowed", f"method {request.method}")
        form = self.form(request, {"grant_type", "service", "tenant", "access_token", "refresh_token"})
        grant = form.get("grant_type")
        if grant not in ("access_token", "access_token_refresh_token"):
            raise refuse(400, "BAD_REQUEST", "invalid grant_type", f"grant type {grant}")
        self.check_service(form.get("service"))
        token = form.get("access_token")
        if not token:
            raise refuse(400, "BAD_REQUEST", "missing access_token", "no access token")
        facts = {name: facts for path in self.options.accept for name, facts in Issued.read(path).items()}.get(token)
        if not facts:
            raise unauthorized("Entra never issued this token")
        if facts["expires"] <= time.time():
            raise unauthorized("the Entra token has expired")
        if facts["audience"] != AUDIENCE and not (self.options.allow_arm and facts["audience"].startswith("https://management.")):
            raise unauthorized(f"the Entra token is for {facts['audience']}")
        if form.get("tenant") and form["tenant"] != facts["tenant"]:
            raise unauthorized(f"the Entra token is of tenant {facts['tenant']}, not {form['tenant']}")
        now = int(time.time())
        claims = {
            "jti": secrets.token_hex(16),
            "sub": facts["client"],
            "nbf": now - 900,
            "exp": now + self.options.lifetime,
            "iat": now,
            "iss": ISSUER,
            "aud": self.host,
            "version": "1.0",
            "rid": secrets.token_hex(16),
            "grant_type": "refresh_token",
            "appid": facts["client"],
            "tenant": facts["tenant"],
            "permissions": {"Actions": ["read"], "NotActions": None},
            "roles": [],
        }
        refresh = self.key.sign(claims)
        self.refresh_tokens[refresh] = claims["exp"]
        self.issued.add(refresh, usernames=[NOBODY], expires=claims["exp"])
        return Response.json(200, {"refresh_token": refresh})

    def give_token(self, request):
        """An access token: POST with a form as OAuth 2.0 has it, or GET with Basic as docker clients do."""
        if request.method == "POST":
            form = self.form(
                request, {"grant_type", "service", "scope", "refresh_token", "username", "password", "client_id", "access_type"}
            )
            scopes = form.get("scope", "").split()
            if form.get("grant_type") == "refresh_token":
                rights = self.rights(NOBODY, form.get("refresh_token", ""))
            elif form.get("grant_type") == "password":
                rights = self.rights(form.get("username", ""), form.get("password", ""))
            else:
                raise refuse(400, "BAD_REQUEST", "invalid grant_type", f"grant type {form.get('grant_type')}")
            self.check_service(form.get("service"))
        elif request.method == "GET":
            self.check_service(request.query.get("service", [None])[0])
            scopes = [scope for value in request.query.get("scope", []) for scope in value.split()]
            rights = self.rights(*self.basic(request.headers.get("Authorization")))
        else:
            raise refuse(405, "UNSUPPORTED", "method not allowed", f"method {request.method}")
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "aud": self.host,
            "sub": "fake",
            "jti": secrets.token_hex(16),
            "iat": now,
            "nbf": now - 900,
            "exp": now + self.options.access_lifetime,
            "access": [self.grant(scope, rights) for scope in scopes],
        }
        token = self.key.sign(claims)
        if request.method == "POST":
            # As a password it opens what it opens by itself.
            self.access_tokens[token] = claims
            self.issued.add(token, usernames=[NOBODY], expires=claims["exp"])
        return Response.json(200, {"access_token": token})

    def rights(self, user, password):
        if self.admin and (user, password) == self.admin:
            return {"pull", "push", "delete"}
        if user == NOBODY and password in self.refresh_tokens:
            if self.refresh_tokens[password] <= time.time():
                raise unauthorized("the refresh token has expired")
            return {"pull"}
        if user == NOBODY and password in self.access_tokens and self.access_tokens[password]["exp"] > time.time():
            return self.access_tokens[password]["access"]
        raise unauthorized(f"nobody handed this password to {user}")

    @staticmethod
    def basic(header):
        scheme, _, value = (header or "").partition(" ")
        if scheme.lower() != "basic":
            raise unauthorized("no Basic credentials")
        try:
            user, _, password = base64.b64decode(value, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError) as error:
            raise unauthorized(f"not Basic credentials: {error}")
        return user, password

    @staticmethod
    def grant(scope, rights):
        parts = scope.split(":")
        if len(parts) < 3 or parts[0] not in ("repository", "registry"):
            raise refuse(400, "BAD_REQUEST", "invalid scope", f"scope {scope}")
        name = urllib.parse.unquote(":".join(parts[1:-1]))
        if isinstance(rights, list):
            rights = {action for one in rights if (one["type"], one["name"]) == (parts[0], name) for action in one["actions"]}
        return {"type": parts[0], "name": name, "actions": [action for action in parts[-1].split(",") if action in rights]}


def main():
    parser = service.arguments(__doc__.splitlines()[0])
    parser.add_argument("--tls", required=True, metavar="FOLDER", help="where ca.pem is or will be")
    parser.add_argument("--accept", required=True, action="append", metavar="FILE", help="the tokens that entra.py or azure_imds.py handed out (repeatable)")
    parser.add_argument("--admin", metavar="NAME=FILE", help="an admin user, who may push; the password is in FILE")
    parser.add_argument("--lifetime", type=int, default=10800, help="seconds that a refresh token lasts")
    parser.add_argument("--access-lifetime", type=int, default=4500, help="seconds that an access token lasts")
    parser.add_argument("--issued", metavar="FILE", help="write the refresh tokens handed out to this file")
    parser.add_argument("--host", help="what the registry calls itself, where something leads that name here")
    parser.add_argument("--allow-arm", action="store_true", help="take tokens for Azure Resource Manager too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="acr.") as folder:
        key = tokens.SigningKey(folder)
        handler = TokenService(options, key, "")
        server = service.Service(handler.handle, options.log, options.fault, tls.leaf(options.tls, options.host or "localhost"), options.port)
        handler.host = options.host or f"localhost:{server.port}"
        handler.registry = docker_registry.DockerRegistry(
            {
                "token": {
                    "realm": f"https://{handler.host}/oauth2/token",
                    "service": handler.host,
                    "issuer": ISSUER,
                    "rootcertbundle": str(key.certificate),
                }
            }
        )
        try:
            server.run(host=handler.host, ca=str(pathlib.Path(options.tls) / "ca.pem"))
        finally:
            handler.registry.end()


main()
