#!/usr/bin/env python3
"""Amazon ECR's API: moto, which checks every signature and policy, with what moto leaves out put right.

moto's authorization token is always the same and ended in 2015; here each answer has a password of its own, as long as a real one, that
ends after --lifetime. Needs the Python environment that scripts/setup makes.
"""

import base64
import calendar
import json
import os
import pathlib
import secrets
import sys
import threading
import time

import service
from service import Refusal, Response

TARGET = "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken"
# The one call whose proof is in its body.
UNSIGNED = b"Action=AssumeRoleWithWebIdentity&"
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["ecr:GetAuthorizationToken"], "Resource": "*"}]}


class API:
    def __init__(self, options):
        # moto reads these when it is imported. The three first calls make the user; from then on everything is checked.
        os.environ.update(
            INITIAL_NO_AUTH_ACTION_COUNT="1000000",
            AWS_ACCESS_KEY_ID="setup",
            AWS_SECRET_ACCESS_KEY="setup",
            AWS_EC2_METADATA_DISABLED="true",
        )
        from moto.server import DomainDispatcherApplication, create_backend_app
        from werkzeug.test import Client

        self.options = options
        self.lock = threading.Lock()
        self.checks = False
        self.issued = service.Issued(options.issued)
        self.client = Client(DomainDispatcherApplication(create_backend_app))

    def setup(self, origin):
        """Makes two users with keys: one whose policy allows the token, one without a policy; and the temporary keys of a role that may."""
        import boto3

        iam = boto3.client("iam", region_name="us-east-1", endpoint_url=origin)
        keys = {}
        for name, policy in (("puller", POLICY), ("stranger", None)):
            iam.create_user(UserName=name)
            if policy:
                iam.put_user_policy(UserName=name, PolicyName="pull", PolicyDocument=json.dumps(policy))
            key = iam.create_access_key(UserName=name)["AccessKey"]
            keys[name] = {"accessKeyId": key["AccessKeyId"], "secretAccessKey": key["SecretAccessKey"]}
        trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
        role = iam.create_role(RoleName="node-role", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
        iam.put_role_policy(RoleName="node-role", PolicyName="pull", PolicyDocument=json.dumps(POLICY))
        sts = boto3.client("sts", region_name="us-east-1", endpoint_url=origin)
        key = sts.assume_role(RoleArn=role, RoleSessionName="i-0123456789abcdef0")["Credentials"]
        keys["node"] = {"accessKeyId": key["AccessKeyId"], "secretAccessKey": key["SecretAccessKey"], "sessionToken": key["SessionToken"]}
        self.checks = True
        self.check_signatures_after(0)
        return keys

    def check_signatures_after(self, calls):
        self.client.post("/moto-api/reset-auth", data=str(calls), content_type="text/plain")

    def handle(self, request):
        self.check_date(request)
        headers = [(name, value) for name, value in request.headers.items() if name.lower() != "content-length"]
        with self.lock:
            # moto wants a signature of every call.
            if UNSIGNED in request.body:
                self.check_signatures_after(1_000_000)
            answer = self.client.open(request.target, method=request.method, headers=headers, data=request.body)
            if UNSIGNED in request.body:
                self.check_signatures_after(0)
        body = answer.get_data()
        kept = {name: value for name, value in answer.headers.items() if name.lower() not in ("content-length", "connection")}
        if request.headers.get("X-Amz-Target") == TARGET:
            if answer.status_code == 200:
                body = self.put_right(json.loads(body))
            elif body.lstrip().startswith(b"<"):
                raise self.as_json(answer.status_code, body)
        return Response(answer.status_code, kept, body)

    def check_date(self, request):
        """What moto does not look at: whether the call is signed at all, and when."""
        if not self.checks or request.path != "/" or request.method != "POST":
            return
        if UNSIGNED in request.body:
            return
        if not request.headers.get("Authorization"):
            raise self.refuse("MissingAuthenticationTokenException", "Missing Authentication Token")
        try:
            signed = calendar.timegm(time.strptime(request.headers.get("X-Amz-Date", ""), "%Y%m%dT%H%M%SZ"))
        except ValueError:
            raise self.refuse(
                "IncompleteSignatureException", "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
            )
        if abs(time.time() - signed) > 300:
            raise self.refuse(
                "InvalidSignatureException", f"Signature expired: {request.headers['X-Amz-Date']} is now more than 5 min away"
            )

    def put_right(self, answer):
        for entry in answer["authorizationData"]:
            password = base64.b64encode(secrets.token_bytes(self.options.password_bytes)).decode()
            ends = time.time() + self.options.lifetime
            self.issued.add(password, usernames=["AWS"], expires=ends)
            entry.update(authorizationToken=base64.b64encode(f"AWS:{password}".encode()).decode(), expiresAt=round(ends, 3))
            if self.options.proxy_endpoint:
                entry["proxyEndpoint"] = self.options.proxy_endpoint
        return json.dumps(answer)

    def as_json(self, status, body):
        """moto refuses in XML with the codes of older services."""
        text = body.decode()
        code, message = (text.partition(f"<{tag}>")[2].partition(f"</{tag}>")[0] for tag in ("Code", "Message"))
        names = {
            "SignatureDoesNotMatch": "InvalidSignatureException",
            "AccessDenied": "AccessDeniedException",
            "InvalidClientTokenId": "UnrecognizedClientException",
        }
        return self.refuse(names.get(code, code), message)

    @staticmethod
    def refuse(kind, message):
        """ECR refuses in JSON: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/CommonErrors.html."""
        headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-RequestId": secrets.token_hex(16)}
        return Refusal(400, headers, json.dumps({"__type": kind, "message": message}), f"{kind}: {message}")


def main():
    parser = service.arguments(__doc__.splitlines()[0])
    parser.add_argument("--lifetime", type=int, default=43200, help="seconds that a password lasts")
    parser.add_argument("--password-bytes", type=int, default=1400, help="random bytes in a password, before base64")
    parser.add_argument("--proxy-endpoint", help="the registry that the answer names")
    parser.add_argument("--issued", help="write the passwords handed out to this file, for registry.py --accept")
    parser.add_argument("--keys", required=True, metavar="FILE", help="write the access keys of the users made here to this file")
    options = parser.parse_args()
    api = API(options)
    server = service.Service(api.handle, None, (), port=options.port)
    keys = api.setup(f"http://127.0.0.1:{server.port}")
    pathlib.Path(options.keys).touch(0o600)
    pathlib.Path(options.keys).write_text(json.dumps(keys))
    # What comes from here on is what a test asked for.
    server.log = open(options.log, "a", buffering=1) if options.log else None
    server.faults, server.count = [dict(rule) for rule in options.fault], 0
    server.run()


if __name__ == "__main__":
    sys.exit(main())
