"""Signs requests with botocore: one JSON request per line in, one JSON answer per line out."""
import datetime
import hashlib
import json
import sys

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.utils import normalize_url_path
from urllib.parse import quote, urlsplit


class SwitchedPath:
    """The path switches one by one, built of what botocore's two signers are built of."""

    def _normalize_url_path(self, path):
        if self.normalizes:
            path = normalize_url_path(path)
        return quote(path, safe="/~") if self.twice else path or "/"


class HeaderSigner(SwitchedPath, botocore.auth.SigV4Auth):
    pass


class QuerySigner(SwitchedPath, botocore.auth.SigV4QueryAuth):
    pass


def answer(case):
    moment = datetime.datetime.fromtimestamp(case["time"], datetime.timezone.utc)
    botocore.auth.get_current_datetime = lambda remove_tzinfo=True: moment.replace(tzinfo=None)
    body = bytes.fromhex(case["body"])
    request = AWSRequest(
        method=case["method"],
        url=f"https://{case['host']}{case['path']}",
        params=[tuple(pair) for pair in case["query"]],
        data=body,
    )
    for name, value in case["headers"]:
        request.headers.add_header(name, value)
    credentials = Credentials(case["key"], case["secret"], case["token"])
    request.context["payload_signing_enabled"] = not case["unsigned"]
    if case["lifetime"] is None:
        signer = HeaderSigner(credentials, case["service"], case["region"])
        if case["sends_digest"] and not case["unsigned"]:
            request.headers["X-Amz-Content-SHA256"] = hashlib.sha256(body).hexdigest()
    else:
        signer = QuerySigner(credentials, case["service"], case["region"], expires=case["lifetime"])
    signer.normalizes, signer.twice = case["normalizes"], case["twice"]
    signer.add_auth(request)
    if case["lifetime"] is None:
        return {"authorization": request.headers["Authorization"], "date": request.headers["X-Amz-Date"]}
    return {"query": urlsplit(request.url).query}


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))))
