"""Whose credentials botocore chooses: one JSON case (environment, files, metadata) per line in, one JSON answer per line out.

Nothing is asked of a network: every request is answered here, with access keys that say how they came about, so that a chain of roles can
be read from its end. The answers are those of ChainWorld in TabardECRTests. Of a web identity token the line break at its end is cut off
here: botocore sends it, and STS does not mind.
"""
import json
import os
import pathlib
import re
import sys
import tempfile
import urllib.parse

import botocore.awsrequest
import botocore.credentials
import botocore.exceptions
import botocore.httpsession
import botocore.loaders
import botocore.session
import botocore.tokens
import botocore.validate

LOADER = botocore.loaders.Loader()
EXPIRES = "2080-01-01T00:00:00Z"
XML = (
    "<{0}Response><{0}Result><Credentials><AccessKeyId>{1}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"
    f"<Expiration>{EXPIRES}</Expiration></Credentials></{{0}}Result></{{0}}Response>"
)


class Raw:
    def __init__(self, body):
        self.body = body

    def stream(self, *_, **__):
        yield self.body

    def read(self, *_, **__):
        return self.body


def plain(text):
    return re.sub(r"[^A-Za-z0-9]", "_", text)


def answer(request, has_metadata):
    url = urllib.parse.urlsplit(request.url)
    field = lambda name: (lambda value: value.decode() if isinstance(value, bytes) else value)(request.headers.get(name) or "")  # noqa: E731
    if "/latest/" in url.path:
        if not has_metadata:
            raise botocore.exceptions.EndpointConnectionError(endpoint_url=request.url)
        if request.method == "PUT":
            return "TOKEN"
        if url.path.endswith("/"):
            return "noderole"
        return keys(f"IMDS-{plain(url.hostname)}")
    if url.path == "/federation/credentials":
        query = urllib.parse.parse_qs(url.query)
        key = f"SSO-{plain(url.hostname)}-{plain(query['account_id'][0])}-{plain(query['role_name'][0])}-{plain(field('x-amz-sso_bearer_token'))}"
        return json.dumps({"roleCredentials": {"accessKeyId": key, "secretAccessKey": "s", "sessionToken": "t", "expiration": 3471292800000}})
    if request.method == "POST":
        body = request.body.decode() if isinstance(request.body, bytes) else request.body
        form = {name: values[0] for name, values in urllib.parse.parse_qs(body).items()}
        place = f"{plain(url.netloc)}-{plain(form['RoleArn'])}"
        if form["Action"] == "AssumeRoleWithWebIdentity":
            return XML.format(form["Action"], f"W-{place}-{plain(form['WebIdentityToken'].strip())}")
        base = re.search(r"Credential=([^/]+)/", field("Authorization")).group(1)
        return XML.format(form["Action"], f"R-{place}-{plain(form.get('ExternalId', ''))}-{form.get('DurationSeconds', '')}-{base}")
    return keys(f"C-{plain(request.url)}-{plain(field('Authorization'))}")


def keys(name):
    return json.dumps({"Code": "Success", "AccessKeyId": name, "SecretAccessKey": "s", "Token": "t", "Expiration": EXPIRES})


def ask(case, folder):
    moved = lambda text: text  # noqa: E731
    for path in sorted(case["files"], key=len, reverse=True):
        moved = (lambda before, path: lambda text: before(text).replace(path, f"{folder}{path}"))(moved, path)
    for path, text in case["files"].items():
        file = pathlib.Path(f"{folder}{path}")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(moved(text))
    variables = {name: moved(value) for name, value in case["environment"].items()}
    variables["HOME"] = f"{folder}{case['environment'].get('HOME', '/nowhere')}"
    # A name that it does not read, and a file that it would read beyond.
    if "AWS_REGION" in variables:
        variables["AWS_DEFAULT_REGION"] = variables["AWS_REGION"]
    variables["BOTO_CONFIG"] = "/nonexistent"
    os.environ.clear()
    os.environ.update(variables)

    def send(_, request):
        return botocore.awsrequest.AWSResponse(request.url, 200, {}, Raw(answer(request, case["metadata"]).encode()))

    botocore.httpsession.URLLib3Session.send = send
    # Where logins are is decided when the modules are loaded.
    logins = f"{variables['HOME']}/.aws/sso/cache"
    botocore.tokens.SSOTokenProvider._SSO_TOKEN_CACHE_DIR = botocore.credentials.SSOProvider._SSO_TOKEN_CACHE_DIR = logins
    session = botocore.session.Session()
    session.register_component("data_loader", LOADER)
    try:
        if not session.get_config_variable("region"):
            session.set_config_variable("region", case["region"])
        credentials = session.get_credentials()
        return {"key": credentials.get_frozen_credentials().access_key if credentials else None}
    except Exception as error:  # noqa: BLE001 whatever it is, it is an answer
        return {"key": None, "error": f"{type(error).__name__}: {error}"}


# How long a token must be is the service's business: a case may have a short one.
botocore.validate.ParamValidator.validate = lambda self, params, shape: botocore.validate.ValidationErrors()
for line in sys.stdin.readlines():
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(ask(json.loads(line), folder)))
