#!/usr/bin/env python3
"""The instance metadata service of an Azure machine: tokens of managed identities, as strict as the real one.

https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token
"""

import json
import secrets
import sys
import time
import uuid

import service
import tokens
from service import Refusal, Response

SELECTORS = ("client_id", "object_id", "msi_res_id")
AUDIENCES = {"https://containerregistry.azure.net", "https://management.azure.com", "https://management.azure.com/"}


class Metadata:
    def __init__(self, options):
        self.options = options
        self.issued = service.Issued(options.issued)
        self.identities = [dict(part.split("=", 1) for part in text.split(",")) for text in options.identity]

    def handle(self, request):
        if request.headers.get("Metadata", "").lower() != "true":
            raise refuse(400, "bad_request", "Required metadata header not specified")
        if "X-Forwarded-For" in request.headers:
            raise refuse(400, "bad_request", "The request came through a proxy")
        if request.path != "/metadata/identity/oauth2/token":
            raise refuse(404, "not_found", "The requested resource could not be found")
        if request.method != "GET":
            raise refuse(405, "method_not_allowed", "Only GET is allowed")
        query = {name: values[0] for name, values in request.query.items() if len(values) == 1}
        if query.get("api-version") not in ("2018-02-01", "2019-08-01", "2021-02-01"):
            raise refuse(400, "bad_request", "api-version was not specified in the request or is unknown")
        resource = query.get("resource")
        if not resource:
            raise refuse(400, "invalid_request", "Required audience parameter not specified")
        if resource not in AUDIENCES:
            raise refuse(400, "invalid_resource", f"AADSTS500011: The resource principal named {resource} was not found in the tenant")
        return self.token(resource, self.identity({name: query[name] for name in SELECTORS if name in query}))

    def identity(self, asked):
        if len(asked) > 1:
            raise refuse(400, "invalid_request", "Only one of client_id, object_id and msi_res_id may be given")
        if asked:
            found = [one for one in self.identities if all(one.get(name, "").lower() == value.lower() for name, value in asked.items())]
        else:
            found = [one for one in self.identities if "system" in one] or self.identities
            if len(found) > 1:
                raise refuse(400, "invalid_request", "Multiple user assigned identities exist, please specify the clientId / resourceId")
        if not found:
            raise refuse(400, "invalid_request", "Identity not found")
        return found[0]

    def token(self, resource, identity):
        now, audience = int(time.time()), resource.rstrip("/")
        claims = {
            "aud": audience,
            "iss": f"https://sts.windows.net/{self.options.tenant}/",
            "iat": now,
            "nbf": now,
            "exp": now + 86400,
            "appid": identity["client_id"],
            "oid": identity.get("object_id", str(uuid.uuid4())),
            "tid": self.options.tenant,
        }
        head = {"typ": "JWT", "alg": "RS256", "kid": "fake"}
        token = ".".join(tokens.url64(json.dumps(part).encode()) for part in (head, claims)) + "." + secrets.token_urlsafe(256)
        self.issued.add(token, audience=audience, tenant=self.options.tenant, client=identity["client_id"], expires=claims["exp"])
        return Response.json(
            200,
            {
                "access_token": token,
                "client_id": identity["client_id"],
                "expires_in": "86400",
                "expires_on": str(claims["exp"]),
                "ext_expires_in": "86399",
                "not_before": str(now),
                "resource": resource,
                "token_type": "Bearer",
            },
        )


def refuse(status, error, text):
    return Refusal(status, {"Content-Type": "application/json; charset=utf-8"}, json.dumps({"error": error, "error_description": text}), text)


def main():
    parser = service.arguments(__doc__.splitlines()[0])
    parser.add_argument("--tenant", default="11111111-2222-3333-4444-555555555555")
    parser.add_argument(
        "--identity", action="append", default=[], metavar="client_id=…,…",
        help="an identity of the machine: client_id, object_id, msi_res_id, and system=1 for the machine's own (repeatable)",
    )
    parser.add_argument("--issued", help="write the tokens handed out to this file, for acr.py --accept")
    options = parser.parse_args()
    service.Service(Metadata(options).handle, options.log, options.fault, port=options.port).run(tenant=options.tenant)


if __name__ == "__main__":
    sys.exit(main())
