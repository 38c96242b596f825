#!/usr/bin/env python3
"""An EC2 instance metadata service: the parts that credentials need, as strict as the real one.

Version 2: a session token by PUT, refused with 403 for X-Forwarded-For and with 400 without a lifetime from 1 to 21600 seconds; every GET
without a token, or with another one, is 401 unless --v1. The role's keys are those that ecr.py wrote to --keys.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html
"""

import json
import pathlib
import secrets
import sys
import time

import service
from service import Refusal, Response

ROLES = "/latest/meta-data/iam/security-credentials/"


class MetadataService:
    def __init__(self, options):
        self.options, self.tokens = options, {}

    def handle(self, request):
        if request.path == "/latest/api/token":
            return self.token(request)
        if request.method != "GET":
            raise self.refusal(405, f"method {request.method}")
        token = request.headers.get("X-aws-ec2-metadata-token")
        if token is None and not self.options.v1:
            raise self.refusal(401, "no session token, and version 1 is off")
        if token is not None and self.tokens.get(token, 0) <= time.monotonic():
            raise self.refusal(401, "nobody was given this session token, or it has ended")
        if self.options.role and request.path == ROLES:
            return self.text(self.options.role)
        if self.options.role and request.path == ROLES + self.options.role:
            return self.text(json.dumps(self.credentials()))
        raise self.refusal(404, "no such path")

    def token(self, request):
        if request.method != "PUT":
            raise self.refusal(405, "tokens are PUT")
        if self.options.v1_only:
            raise self.refusal(403, "version 2 is off")
        if "X-Forwarded-For" in request.headers:
            raise self.refusal(403, "the request came through a proxy")
        lifetime = request.headers.get("X-aws-ec2-metadata-token-ttl-seconds", "")
        if not lifetime.isdigit() or not 1 <= int(lifetime) <= 21600:
            raise self.refusal(400, "the lifetime is missing or out of range")
        token = secrets.token_urlsafe(42)
        self.tokens[token] = time.monotonic() + int(lifetime)
        return Response(200, {"Content-Type": "text/plain", "X-Aws-Ec2-Metadata-Token-Ttl-Seconds": lifetime}, token)

    def credentials(self):
        key = json.loads(pathlib.Path(self.options.keys).read_text())[self.options.user]
        now = time.time()
        return {
            "Code": "Success",
            "LastUpdated": stamp(now - 600),
            "Type": "AWS-HMAC",
            "AccessKeyId": key["accessKeyId"],
            "SecretAccessKey": key["secretAccessKey"],
            "Token": key["sessionToken"],
            "Expiration": stamp(now + 21600),
        }

    @staticmethod
    def text(value):
        return Response(200, {"Content-Type": "text/plain"}, value)

    @staticmethod
    def refusal(status, why):
        return Refusal(status, {"Content-Type": "text/html"}, f"<title>{status}</title>", why)


def stamp(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def add_options(parser):
    parser.add_argument("--keys", required=True, metavar="FILE", help="the access keys that ecr.py wrote")
    parser.add_argument("--user", default="node", help="whose temporary keys the role has")
    parser.add_argument("--role", default="node-role", help="the role's name; empty for an instance without one")
    parser.add_argument("--v1", action="store_true", help="answer without a session token too")
    parser.add_argument("--v1-only", action="store_true", help="give no session tokens (implies --v1 where it is to be of use)")


def main():
    parser = service.arguments(__doc__.splitlines()[0])
    add_options(parser)
    options = parser.parse_args()
    service.Service(MetadataService(options).handle, options.log, options.fault, port=options.port).run()


if __name__ == "__main__":
    sys.exit(main())
