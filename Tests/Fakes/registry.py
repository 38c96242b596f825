#!/usr/bin/env python3
"""A private registry: a real docker-registry that lets in exactly those whom a fake cloud gave a password, or a fixed user.

Without --native a front of our own compares user and password byte by byte with what the cloud handed out (a password hash of
docker-registry's own would look at 72 bytes only) and can misbehave on request (--fault). With --native docker-registry checks its own
htpasswd file, which apache2-utils wrote.
"""

import base64
import binascii
import hmac
import json
import pathlib
import subprocess
import sys
import time

import docker_registry
import service
import tls
from service import Issued, Refusal


class Front:
    def __init__(self, options, users, registry):
        self.options, self.users, self.registry = options, users, registry

    def handle(self, request):
        if request.path != "/v2" and not request.path.startswith("/v2/"):
            raise Refusal(404, {}, "404 page not found\n", "only /v2/ is served")
        if not (self.options.anonymous_pull and request.method in ("GET", "HEAD") and request.path.rstrip("/") != "/v2"):
            self.check(request.headers.get("Authorization"))
        extra = {"X-Forwarded-Proto": "https"} if self.options.tls else {}
        # docker-registry itself knows no users here.
        del request.headers["Authorization"]
        return self.registry.forward(request, **extra)

    def check(self, header):
        if not header:
            raise self.refuse("no credentials")
        scheme, _, value = header.partition(" ")
        if scheme.lower() != "basic":
            raise self.refuse(f"the scheme {scheme} was not offered")
        try:
            user, colon, password = base64.b64decode(value, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError) as error:
            raise self.refuse(f"not Basic credentials: {error}")
        if not colon:
            raise self.refuse("Basic credentials without a colon")
        if user in self.users and hmac.compare_digest(self.users[user].encode(), password.encode()):
            return
        for path in self.options.accept:
            facts = Issued.read(path).get(password)
            if facts and user not in facts["usernames"]:
                raise self.refuse(f"the token is right, but {user} is not one of {', '.join(facts['usernames'])}")
            if facts and facts["expires"] <= time.time():
                raise self.refuse("the token has expired")
            if facts:
                return
        raise self.refuse(f"nobody handed this password to {user}")

    @staticmethod
    def refuse(why):
        body = {"errors": [{"code": "UNAUTHORIZED", "message": "authentication required", "detail": None}]}
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Docker-Distribution-Api-Version": "registry/2.0",
            "WWW-Authenticate": 'Basic realm="private registry"',
        }
        return Refusal(401, headers, json.dumps(body), why)


def htpasswd(folder, users):
    path = folder / "htpasswd"
    path.write_text("")
    for user, password in users.items():
        if len(password.encode()) > 72:
            sys.exit(f"registry: bcrypt looks at 72 bytes only; the password of {user} has more")
        subprocess.run(["htpasswd", "-iB", "-C", "5", str(path), user], input=password.encode(), check=True, capture_output=True)
    return path


def main():
    parser = service.arguments(__doc__.splitlines()[0])
    parser.add_argument("--accept", action="append", default=[], metavar="FILE", help="passwords that a fake cloud handed out (repeatable)")
    parser.add_argument("--user", action="append", default=[], metavar="NAME=FILE", help="a user whose password is in FILE (repeatable)")
    parser.add_argument("--anonymous-pull", action="store_true", help="let everybody read")
    parser.add_argument("--native", action="store_true", help="no front: docker-registry checks its own htpasswd file")
    parser.add_argument("--tls", metavar="FOLDER", help="speak https; ca.pem is or will be there")
    options = parser.parse_args()
    users = {name: pathlib.Path(path).read_text().rstrip("\n") for name, _, path in (item.partition("=") for item in options.user)}
    for password in users.values():
        service.note_secret(password)
    certificate = tls.leaf(options.tls) if options.tls else None
    if options.native:
        file = htpasswd(pathlib.Path(users and options.user[0].partition("=")[2]).parent, users)
        registry = docker_registry.DockerRegistry({"htpasswd": {"realm": "private registry", "path": str(file)}}, certificate)
        try:
            print(json.dumps({"port": registry.port}), flush=True)
            sys.stdin.read()
        finally:
            registry.end()
        return
    registry = docker_registry.DockerRegistry()
    try:
        service.Service(Front(options, users, registry).handle, options.log, options.fault, certificate, options.port).run(
            backend=registry.port
        )
    finally:
        registry.end()


main()
