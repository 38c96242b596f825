"""A whole start for Azure's registries, over TLS."""
import base64
import json
import subprocess
import time

from measuring import Case, question
from servers import AnswerServer, authorities


def run(bench):
    stage, folder = bench.stage, bench.folder
    directory, bundle = authorities(folder)
    claims = base64.urlsafe_b64encode(json.dumps({"exp": int(time.time()) + 10800}).encode()).decode().rstrip("=")
    refresh = f"eyJhbGciOiJub25lIn0.{claims}.{'s' * 300}"
    tenant, client = "11111111-2222-3333-4444-555555555555", "66666666-7777-8888-9999-000000000000"
    server = AnswerServer(folder, answers={
        f"/{tenant}/oauth2/v2.0/token": json.dumps({"access_token": "a" * 1500, "expires_in": 3599, "token_type": "Bearer"}),
        "/oauth2/exchange": json.dumps({"refresh_token": refresh})})
    host = f"localhost:{server.port}"
    metadata = AnswerServer(folder, None, {"/metadata/identity/oauth2/token": json.dumps(
        {"access_token": "a" * 1500, "expires_in": "86400", "token_type": "Bearer"})})
    config = folder / "acr.json"
    config.write_text(json.dumps({"providers": {"azure-acr": {"matchImages": [host]}}}))
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=app", "-keyout", folder / "app.key",
                    "-out", folder / "app.crt"], check=True, capture_output=True)
    (folder / "app.pem").write_text((folder / "app.key").read_text() + (folder / "app.crt").read_text())
    (folder / "federated").write_text("e" * 1200)
    login = {"AZURE_AUTHORITY_HOST": f"https://{host}", "AZURE_TENANT_ID": tenant, "AZURE_CLIENT_ID": client, "AZURE_CLIENT_SECRET": "secret",
             "TABARD_CONFIG": str(config)}
    trusting = {**login, "SSL_CERT_FILE": str(bundle)}
    without = {name: value for name, value in trusting.items() if name != "AZURE_CLIENT_SECRET"}
    nobody = {name: value for name, value in without.items() if name not in ("AZURE_TENANT_ID", "AZURE_CLIENT_ID")}
    curl = ["curl", "-sf", "--cacert", bundle, "-d", f"grant_type=client_credentials&client_id={client}&client_secret=secret&scope=x",
            f"https://{host}/{tenant}/oauth2/v2.0/token", "--next", "-sf", "--cacert", bundle,
            "-d", f"grant_type=access_token&service={host}&access_token={'a' * 1500}", f"https://{host}/oauth2/exchange"]
    program = stage / "bin/provider-exec"
    cases = [
        Case("C hello world", [bench.hello]),
        Case("provider-exec, full ACR answer, hash links", [program], question(f"{host}/app:1"), {**login, "SSL_CERT_DIR": str(directory)}),
        Case("provider-exec, full ACR answer, bundle", [program], question(f"{host}/app:1"), trusting),
        Case("provider-exec, certificate (RSA 2048), bundle", [program], question(f"{host}/app:1"),
             {**without, "AZURE_CLIENT_CERTIFICATE_PATH": str(folder / "app.pem")}),
        Case("provider-exec, federated token, bundle", [program], question(f"{host}/app:1"),
             {**without, "AZURE_FEDERATED_TOKEN_FILE": str(folder / "federated")}),
        Case("provider-exec, managed identity, bundle", [program], question(f"{host}/app:1"),
             {**nobody, "AZURE_POD_IDENTITY_AUTHORITY_HOST": f"http://127.0.0.1:{metadata.port}"}),
        Case("curl, the same two requests on one connection, bundle", curl),
    ]
    try:
        bench.compare("Azure over TLS", cases, [server, metadata])
    finally:
        for each in [server, metadata]:
            each.end()
