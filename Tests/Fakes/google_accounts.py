#!/usr/bin/env python3
"""Google's token endpoints, as strict as the real ones about what they are asked: oauth2 (refresh tokens and signed assertions), the Security
Token Service, the IAM Credentials API; beside them what subject tokens come from: a local service and EC2's instance metadata.

At the start it writes credentials files of every type, which point to itself, into --folder. Google's and AWS's own client libraries accept
it (test_google_accounts.py).
https://developers.google.com/identity/protocols/oauth2/service-account, https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token,
https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateAccessToken, https://google.aip.dev/auth/4117
"""

import base64
import json
import pathlib
import secrets
import threading
import time
import urllib.parse

import service
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from service import Refusal, Response

EMAIL = "puller@example-project.iam.gserviceaccount.com"
DELEGATE = "delegate@example-project.iam.gserviceaccount.com"
AUDIENCE = "//iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/pool/providers/issuer"
CLIENT = "1234567890-abcdef.apps.googleusercontent.com"
SUBJECT = "eyJhbGciOiJSUzI1NiJ9.c3ViamVjdA.c2lnbmF0dXJl"
CLIENT_SECRET, REFRESH_TOKEN = "client-s3cret/of+the&app", "1//refresh+token"
AWS_KEY, AWS_SECRET, AWS_SESSION = "ASIAEXAMPLEEXAMPLE00", "aws/secret+key/of/forty/characters123456", "aws+session/token=="
BASE = "https://www.googleapis.com/auth/"
PULLING = {BASE + "cloud-platform", BASE + "devstorage.read_only", BASE + "devstorage.read_write"}
JWT, ACCESS = "urn:ietf:params:oauth:token-type:jwt", "urn:ietf:params:oauth:token-type:access_token"
AWS = "urn:ietf:params:aws:token-type:aws4_request"


def oauth_error(status, code, text):
    return Refusal(status, {"Content-Type": "application/json"}, json.dumps({"error": code, "error_description": text}), text)


def api_error(status, name, text, details=()):
    body = {"error": {"code": status, "message": text, "status": name, "details": list(details)}}
    return Refusal(status, {"Content-Type": "application/json"}, json.dumps(body), text)


def decoded(part):
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


class Accounts:
    def __init__(self, options):
        self.options = options
        self.issued = service.Issued(options.issued)
        self.lock = threading.Lock()
        self.tokens = {}
        self.session = secrets.token_urlsafe(24)
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.key_id = secrets.token_hex(20)

    def handle(self, request):
        where = (request.method, request.path)
        if where == ("POST", "/token"):
            return self.oauth(request)
        if where in (("POST", "/v1/token"), ("POST", "/v1/oauthtoken")):
            return self.exchange(request)
        if request.method == "POST" and request.path.startswith("/v1/projects/-/serviceAccounts/"):
            return self.generate(request)
        if where == ("GET", "/subject"):
            if request.headers.get("Metadata") != "True":
                raise Refusal(400, {}, "", "the header Metadata is missing")
            return Response.json(200, {"value": SUBJECT})
        if request.path.startswith("/latest/"):
            return self.instance(request)
        raise Refusal(404, {}, "", "no such path")

    # Access tokens

    def issue(self, scopes, who, prefix, lifetime=3599):
        token = prefix + secrets.token_urlsafe(160)
        with self.lock:
            self.tokens[token] = (set(scopes), who)
        if set(scopes) & PULLING:
            self.issued.add(token, usernames=["oauth2accesstoken", "_token"], expires=time.time() + lifetime)
        return token

    def oauth(self, request):
        form = request.form()
        kind = form.get("grant_type")
        if kind == "refresh_token":
            if form.get("client_id") != CLIENT or form.get("client_secret") != CLIENT_SECRET:
                raise oauth_error(401, "invalid_client", "The OAuth client was not found.")
            if form.get("refresh_token") != REFRESH_TOKEN:
                raise oauth_error(400, "invalid_grant", "Token has been expired or revoked.")
            token = self.issue([BASE + "cloud-platform"], "person", "ya29.a0")
            return Response.json(200, {"access_token": token, "expires_in": 3599, "scope": BASE + "cloud-platform", "token_type": "Bearer"})
        if kind != "urn:ietf:params:oauth:grant-type:jwt-bearer" or set(form) != {"grant_type", "assertion"}:
            raise oauth_error(400, "unsupported_grant_type", "Invalid grant_type")
        claims = self.verified(form["assertion"])
        own = f"http://127.0.0.1:{self.port}/token"
        now = time.time()
        if claims.get("iss") != EMAIL or claims.get("aud") not in (own, "https://oauth2.googleapis.com/token"):
            raise oauth_error(400, "invalid_grant", "Invalid issuer or audience")
        if not (now - 3700 < claims["iat"] <= now + 60 and now < claims["exp"] <= claims["iat"] + 3600):
            raise oauth_error(400, "invalid_grant", "Invalid JWT: Token must be a short-lived token (60 minutes)")
        scopes = claims.get("scope", "").split()
        if not scopes or not all(scope.startswith(BASE) for scope in scopes):
            raise oauth_error(400, "invalid_scope", "Invalid OAuth scope or ID token audience provided.")
        return Response.json(200, {"access_token": self.issue(scopes, EMAIL, "ya29.c."), "expires_in": 3599, "token_type": "Bearer"})

    def verified(self, assertion):
        try:
            head, body, signature = assertion.split(".")
            header = json.loads(decoded(head))
            if header.get("alg") != "RS256" or header.get("typ") != "JWT" or header.get("kid") != self.key_id:
                raise ValueError("header")
            self.key.public_key().verify(decoded(signature), f"{head}.{body}".encode(), padding.PKCS1v15(), hashes.SHA256())
            return json.loads(decoded(body))
        except (ValueError, InvalidSignature) as error:
            raise oauth_error(400, "invalid_grant", "Invalid JWT Signature.") from error

    def exchange(self, request):
        form = request.form()
        if request.path == "/v1/oauthtoken":
            pair = base64.b64encode(f"{CLIENT}:{CLIENT_SECRET}".encode()).decode()
            if request.headers.get("Authorization") != f"Basic {pair}":
                raise oauth_error(401, "invalid_client", "The OAuth client was not found.")
            if form != {"grant_type": "refresh_token", "refresh_token": REFRESH_TOKEN}:
                raise oauth_error(400, "invalid_grant", "Token has been expired or revoked.")
            token = self.issue([BASE + "cloud-platform"], "federated person", "ya29.d.")
            return Response.json(200, {"access_token": token, "expires_in": 3599, "token_type": "Bearer"})
        known = {"grant_type", "audience", "scope", "requested_token_type", "subject_token", "subject_token_type", "options"}
        if set(form) - known or form.get("grant_type") != "urn:ietf:params:oauth:grant-type:token-exchange":
            raise oauth_error(400, "invalid_request", "Invalid fields")
        if form.get("requested_token_type") != ACCESS or not form.get("scope"):
            raise oauth_error(400, "invalid_request", "Invalid value for requested_token_type or scope")
        if form.get("audience") != AUDIENCE and form.get("audience") != self.options.audience:
            raise oauth_error(400, "invalid_target", "The target service indicated by the audience parameter is invalid.")
        if form.get("subject_token_type") == AWS:
            self.verify_aws(form["subject_token"])
        elif form.get("subject_token_type") != JWT or form.get("subject_token") != SUBJECT:
            raise oauth_error(400, "invalid_grant", "The given credential is rejected by the attribute condition.")
        token = self.issue(form["scope"].split(), "principal", "ya29.d.")
        return Response.json(200, {"access_token": token, "issued_token_type": ACCESS, "token_type": "Bearer", "expires_in": 3599})

    def verify_aws(self, text):
        """Signs the same request with AWS's own library, and compares."""
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials

        refused = oauth_error(400, "invalid_grant", "Unable to verify the AWS request")
        signed = json.loads(urllib.parse.unquote(text))
        headers = {item["key"].lower(): item["value"] for item in signed["headers"]}
        url = urllib.parse.urlsplit(signed["url"])
        if signed["method"] != "POST" or headers.get("x-goog-cloud-target-resource") != AUDIENCE or headers.get("host") != url.netloc:
            raise refused
        region = url.netloc.split(".")[1]
        # Some libraries sign the target, some only send it.
        names = headers.get("authorization", "").partition("SignedHeaders=")[2].partition(",")[0].split(";")
        own = ("x-amz-date", "x-amz-security-token")
        again = AWSRequest("POST", signed["url"], headers={name: headers[name] for name in names if name not in own})

        class Signer(SigV4Auth):
            def add_auth(self, request):
                request.context["timestamp"] = headers["x-amz-date"]
                self._modify_request_before_signing(request)
                signature = self.signature(self.string_to_sign(request, self.canonical_request(request)), request)
                self._inject_signature_to_request(request, signature)

        Signer(Credentials(AWS_KEY, AWS_SECRET, AWS_SESSION), "sts", region).add_auth(again)
        if again.headers["Authorization"] != headers.get("authorization") or headers.get("x-amz-security-token") != AWS_SESSION:
            raise refused

    def generate(self, request):
        scopes, who = self.tokens.get(request.headers.get("Authorization", "").removeprefix("Bearer "), (None, None))
        if scopes is None:
            raise api_error(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.")
        name, _, verb = urllib.parse.unquote(request.path.rsplit("/", 1)[1]).partition(":")
        if verb != "generateAccessToken":
            raise api_error(404, "NOT_FOUND", "no such method")
        if not scopes & {BASE + "iam", BASE + "cloud-platform"}:
            raise api_error(
                403, "PERMISSION_DENIED", "Request had insufficient authentication scopes.", [{"reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT"}]
            )
        body = json.loads(request.body)
        if name != EMAIL or any(delegate != f"projects/-/serviceAccounts/{DELEGATE}" for delegate in body.get("delegates") or []):
            permission = {"reason": "IAM_PERMISSION_DENIED", "metadata": {"permission": "iam.serviceAccounts.getAccessToken"}}
            raise api_error(403, "PERMISSION_DENIED", f"Permission denied on resource for {who} (or it may not exist).", [permission])
        lifetime = int(body.get("lifetime", "3600s").removesuffix("s"))
        if not body.get("scope") or not 0 < lifetime <= 3600:
            raise api_error(400, "INVALID_ARGUMENT", "Scope required.")
        ends = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + lifetime))
        return Response.json(200, {"accessToken": self.issue(body["scope"], name, "ya29.i."), "expireTime": ends})

    # What subject tokens come from

    def instance(self, request):
        """EC2's instance metadata, version 2 only."""
        if request.path == "/latest/api/token":
            if request.method != "PUT" or "X-aws-ec2-metadata-token-ttl-seconds" not in request.headers:
                raise Refusal(400, {}, "", "no PUT with a lifetime")
            return Response(200, {}, self.session)
        if request.headers.get("X-aws-ec2-metadata-token") != self.session:
            raise Refusal(401, {}, "", "no session token")
        folder = "/latest/meta-data/iam/security-credentials"
        answers = {
            "/latest/meta-data/placement/availability-zone": "eu-west-1b",
            folder: "node-role",
            folder + "/node-role": json.dumps({"AccessKeyId": AWS_KEY, "SecretAccessKey": AWS_SECRET, "Token": AWS_SESSION, "Code": "Success"}),
        }
        if request.path not in answers:
            raise Refusal(404, {}, "", "no such path")
        return Response(200, {}, answers[request.path])

    # Credentials files

    def write_files(self, folder):
        folder = pathlib.Path(folder)
        folder.mkdir(exist_ok=True)
        origin = f"http://127.0.0.1:{self.port}"
        pem = self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()
        (folder / "subject").write_text(SUBJECT)
        (folder / "subject.json").write_text(json.dumps({"token": SUBJECT}))
        program = folder / "program"
        answer = {"version": 1, "success": True, "token_type": JWT, "id_token": SUBJECT, "expiration_time": int(time.time()) + 3600}
        program.write_text(f"#!/bin/sh\ntest -n \"$GOOGLE_EXTERNAL_ACCOUNT_AUDIENCE\" && echo '{json.dumps(answer)}'\n")
        program.chmod(0o755)
        user = {"type": "authorized_user", "client_id": CLIENT, "client_secret": CLIENT_SECRET, "refresh_token": REFRESH_TOKEN}
        key = {
            "type": "service_account", "project_id": "example-project", "private_key_id": self.key_id, "private_key": pem,
            "client_email": EMAIL, "client_id": "100000000000000000000", "token_uri": f"{origin}/token",
        }
        impersonation = f"{origin}/v1/projects/-/serviceAccounts/{EMAIL}:generateAccessToken"
        pool = {
            "type": "external_account", "audience": AUDIENCE, "subject_token_type": JWT, "token_url": f"{origin}/v1/token",
            "universe_domain": "googleapis.com",
        }
        aws = {
            "environment_id": "aws1", "region_url": f"{origin}/latest/meta-data/placement/availability-zone",
            "url": f"{origin}/latest/meta-data/iam/security-credentials", "imdsv2_session_token_url": f"{origin}/latest/api/token",
            "regional_cred_verification_url": "https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15",
        }
        url = {
            "url": f"{origin}/subject", "headers": {"Metadata": "True"},
            "format": {"type": "json", "subject_token_field_name": "value"},
        }
        json_file = {"file": str(folder / "subject.json"), "format": {"type": "json", "subject_token_field_name": "token"}}
        files = {
            "service_account": key,
            "authorized_user": user,
            "external_account_authorized_user": {
                **user, "type": "external_account_authorized_user", "audience": AUDIENCE, "token_url": f"{origin}/v1/oauthtoken",
            },
            "external_file": {**pool, "credential_source": {"file": str(folder / "subject")}},
            "external_json_file": {**pool, "credential_source": json_file},
            "external_url": {**pool, "credential_source": url},
            "external_aws": {**pool, "subject_token_type": AWS, "credential_source": aws},
            "external_executable": {
                **pool, "credential_source": {"executable": {"command": f"{program} --quiet", "timeout_millis": 5000}}
            },
            "external_impersonated": {
                **pool, "credential_source": {"file": str(folder / "subject")}, "service_account_impersonation_url": impersonation,
            },
            "impersonated_key": {
                "type": "impersonated_service_account", "source_credentials": key, "service_account_impersonation_url": impersonation,
                "delegates": [f"projects/-/serviceAccounts/{DELEGATE}"],
            },
            "impersonated_user": {
                "type": "impersonated_service_account", "source_credentials": user, "service_account_impersonation_url": impersonation,
                "delegates": [],
            },
        }
        for name, content in files.items():
            path = folder / f"{name}.json"
            path.write_text(json.dumps(content))
            path.chmod(0o600)
        return sorted(files)


def main():
    parser = service.arguments(__doc__.splitlines()[0])
    parser.add_argument("--folder", required=True, help="write credentials files of every type there")
    parser.add_argument("--audience", help="one more audience to exchange tokens for")
    parser.add_argument("--issued", help="write the tokens handed out that let pull to this file, for registry.py --accept")
    options = parser.parse_args()
    accounts = Accounts(options)
    running = service.Service(accounts.handle, options.log, options.fault, port=options.port)
    accounts.port = running.port
    running.run(files=accounts.write_files(options.folder), email=EMAIL, audience=AUDIENCE)


main()
