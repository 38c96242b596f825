#!/usr/bin/env python3
"""What google-auth asks the fake token endpoints with a credentials file, so that others can be compared with it.

usage: google_auth_client.py ORIGIN FOLDER LOG NAME     takes a token with FOLDER/NAME.json, then prints the requests in LOG
       google_auth_client.py LOG                        prints the requests in LOG

A request is one line of JSON, without what may differ: times, signatures, the order of fields.
"""

import base64
import json
import os
import pathlib
import sys
import urllib.parse
import warnings

SCOPE = "https://www.googleapis.com/auth/devstorage.read_only"


def token(origin, folder, name):
    import google.auth
    import google.auth.external_account
    from google.auth.transport.requests import Request

    warnings.simplefilter("ignore")
    os.environ["GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES"] = "1"
    path = pathlib.Path(folder) / f"{name}.json"
    google.auth.external_account.Credentials.get_project_id = lambda *_, **__: None
    credentials, _ = google.auth.load_credentials_from_file(str(path), scopes=None if name.endswith("authorized_user") else [SCOPE])
    if name in ("authorized_user", "impersonated_user"):
        # google-auth asks Google's own endpoints there, whatever the file says.
        getattr(credentials, "_source_credentials", credentials)._token_uri = f"{origin}/token"
    if name.startswith("impersonated"):
        credentials._iam_endpoint_override = json.loads(path.read_text())["service_account_impersonation_url"]
    credentials.refresh(Request())


def part(text):
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def reduced(line):
    request = {"request": f"{line['method']} {line['target']}", "status": line["status"]}
    body = line.get("body", "")
    if line["headers"].get("Content-Type", "").startswith("application/json"):
        request["body"] = {name: value for name, value in json.loads(body).items() if value}
    elif body:
        form = dict(urllib.parse.parse_qsl(body))
        if "assertion" in form:
            header, claims = (part(text) for text in form["assertion"].split(".")[:2])
            form["assertion"] = [header, {name: claims[name] for name in ("iss", "scope")}, claims["exp"] - claims["iat"]]
        if form.get("subject_token", "").startswith("%7B"):
            signed = json.loads(urllib.parse.unquote(form["subject_token"]))
            headers = {item["key"].lower(): item["value"] for item in signed["headers"]}
            same = {name: headers[name] for name in ("host", "x-amz-security-token", "x-goog-cloud-target-resource")}
            form["subject_token"] = [signed["url"].replace(".com?", ".com/?"), signed["method"], same, sorted(headers)]
        request["body"] = form
    names = {name.lower(): value for name, value in line["headers"].items()}
    for name in ("metadata", "x-aws-ec2-metadata-token-ttl-seconds"):
        if name in names:
            request[name] = names[name]
    authorization = names.get("authorization", "")
    # Of a bearer only the kind, which tells where it is from.
    request["authorization"] = authorization[:14] if authorization.startswith("Bearer") else authorization
    return json.dumps(request, sort_keys=True)


def main():
    if len(sys.argv) > 2:
        token(*sys.argv[1:3], sys.argv[4])
    log = pathlib.Path(sys.argv[3] if len(sys.argv) > 2 else sys.argv[1])
    seen = []
    for line in log.read_text().splitlines():
        request = reduced(json.loads(line))
        # A session of EC2's metadata may be opened once or for each question.
        if "PUT" not in request or request not in seen:
            print(request)
        seen.append(request)


main()
