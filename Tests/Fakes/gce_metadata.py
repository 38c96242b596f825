#!/usr/bin/env python3
"""A Compute Engine metadata server: the parts that registry credentials need, as strict as the real one.

Without `Metadata-Flavor: Google`, or with X-Forwarded-For, the answer is 403. A folder without its slash is 301, the old v1beta1 is 404.
The same token is given, with a falling expires_in, until five minutes before its end.
https://cloud.google.com/compute/docs/metadata/querying-metadata
"""

import json
import pathlib
import secrets
import threading
import time

import service
from service import Refusal, Response

ROOT = "/computeMetadata/v1/"
EMAIL = "123456789012-compute@developer.gserviceaccount.com"
SCOPES = ["https://www.googleapis.com/auth/devstorage.read_only", "https://www.googleapis.com/auth/logging.write"]
RENEW_BEFORE = 300
MARKS = {"Metadata-Flavor": "Google", "Server": "Metadata Server for VM", "X-XSS-Protection": "0", "X-Frame-Options": "SAMEORIGIN"}


def refusal(status, why, text=None, headers=None):
    page = text if text is not None else f"<!DOCTYPE html><html lang=en><title>Error {status}</title><p><b>{status}.</b>"
    return Refusal(status, {**MARKS, "Content-Type": "text/html; charset=UTF-8", **(headers or {})}, page, why)


class MetadataServer:
    def __init__(self, options):
        self.options = options
        self.lock = threading.Lock()
        self.issued = service.Issued(options.issued)
        self.token, self.ends = None, 0.0
        self.accounts = {} if options.no_account else {"default": EMAIL, EMAIL: EMAIL}
        self.attributes = dict(item.split("=", 1) for item in options.attribute)

    def tree(self):
        """Everything under v1 as nested folders; a function is a value that needs the request."""
        accounts = {
            name: {
                "aliases": lambda _: self.text("default\n"),
                "email": lambda _: self.text(email),
                "scopes": lambda _: self.text("".join(scope + "\n" for scope in self.options.scope or SCOPES)),
                "token": self.give_token,
            }
            for name, email in self.accounts.items()
        }
        files = {
            name: (lambda value: lambda _: self.text(pathlib.Path(value[1:]).read_text() if value[:1] == "@" else value))(value)
            for name, value in self.attributes.items()
        }
        return {
            "instance": {
                "attributes": files,
                "id": lambda _: self.text("4520031799277581759"),
                "service-accounts": accounts,
                "zone": lambda _: self.text("projects/123456789012/zones/europe-west1-b"),
            },
            "project": {"project-id": lambda _: self.text("example-project"), "numeric-project-id": lambda _: self.text("123456789012")},
            "universe": {"universe-domain": lambda _: self.text("googleapis.com")},
        }

    def handle(self, request):
        if request.method != "GET":
            raise refusal(405, f"method {request.method}")
        if "X-Forwarded-For" in request.headers:
            raise refusal(403, "X-Forwarded-For: the request came through a proxy")
        if request.path == "/":
            return self.text("computeMetadata/\n")
        if request.headers.get("Metadata-Flavor") != "Google":
            raise refusal(403, "the header Metadata-Flavor: Google is missing")
        if not request.path.startswith(ROOT):
            raise refusal(404, "only v1 is served")
        node = self.tree()
        parts = request.path[len(ROOT) :].split("/")
        for index, part in enumerate(parts):
            last = index == len(parts) - 1
            if part == "":
                if not last or not isinstance(node, dict):
                    raise refusal(404, "no such path")
                return self.listing(node, request)
            if not isinstance(node, dict) or part not in node:
                if "service-accounts" in parts[:index]:
                    raise refusal(404, f"no service account {part}", "The service account was not found.\n", {"Content-Type": "text/html"})
                raise refusal(404, f"nothing is named {part}")
            node = node[part]
        if isinstance(node, dict):
            raise refusal(301, "a folder without its slash", "", {"Location": request.path + "/", "Content-Type": "text/html"})
        return node(request)

    def listing(self, node, request):
        self.expect(request, {"recursive", "alt", "timeout_sec", "wait_for_change", "last_etag"})
        if request.query.get("recursive", ["false"])[0].lower() == "true":
            return Response.json(200, self.values(node), MARKS)
        names = [name + ("/" if isinstance(child, dict) else "") for name, child in node.items()]
        if request.query.get("alt") == ["json"]:
            return Response.json(200, names, MARKS)
        return self.text("".join(name + "\n" for name in names))

    def values(self, node):
        """A recursive listing; a token is never in one."""
        found = {}
        for name, child in node.items():
            if isinstance(child, dict):
                found[name] = self.values(child)
            elif name in ("scopes", "aliases"):
                found[name] = child(None).body.decode().split()
            elif name != "token":
                found[name] = child(None).body.decode()
        return found

    def give_token(self, request):
        self.expect(request, {"scopes"})
        for scope in ",".join(request.query.get("scopes", [])).split(","):
            if scope and not scope.startswith("https://www.googleapis.com/auth/"):
                raise refusal(400, f"{scope} is not a scope")
        now = time.monotonic()
        with self.lock:
            if self.token is None or self.ends - now <= RENEW_BEFORE:
                lifetime = self.options.lifetime if self.token is None else 3599
                self.token, self.ends = "ya29.c." + secrets.token_urlsafe(self.options.token_bytes), now + lifetime
                self.issued.add(self.token, usernames=["oauth2accesstoken", "_token"], expires=time.time() + lifetime)
            answer = {"access_token": self.token, "expires_in": max(0, int(self.ends - now)), "token_type": "Bearer"}
        return Response(200, {**MARKS, "Content-Type": "application/json"}, json.dumps(answer))

    @staticmethod
    def expect(request, known):
        for name in request.query:
            if name not in known:
                raise refusal(400, f"unknown parameter {name}")

    @staticmethod
    def text(value):
        return Response(200, {**MARKS, "Content-Type": "application/text"}, value)


def main():
    parser = service.arguments(__doc__.splitlines()[0])
    parser.add_argument("--lifetime", type=int, default=3599, help="seconds that the first token still has")
    parser.add_argument("--token-bytes", type=int, default=160, help="random bytes in a token")
    parser.add_argument("--no-account", action="store_true", help="a machine without a service account")
    parser.add_argument("--scope", action="append", help="a scope of the account (repeatable)")
    parser.add_argument(
        "--attribute", action="append", default=[], metavar="NAME=VALUE", help="an instance attribute; @FILE reads the value"
    )
    parser.add_argument("--issued", help="write the tokens handed out to this file, for registry.py --accept")
    options = parser.parse_args()
    server = MetadataServer(options)
    service.Service(server.handle, options.log, options.fault, port=options.port).run()


main()
