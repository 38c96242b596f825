"""A whole start for Google's registries: the plugin, the metadata server, the answer."""
import json

from measuring import Case, Counted, question


def run(bench):
    stage, folder = bench.stage, bench.folder
    fake = Counted(folder, "gce_metadata.py")
    host = f"127.0.0.1:{fake.port}"
    program, provider = stage / "bin/provider-exec", "google-container-registry"
    account = f"http://{host}/computeMetadata/v1/instance/service-accounts/default"
    curl = ["curl", "-sf", "-H", "Metadata-Flavor: Google"]
    one = folder / "one-call.json"
    one.write_text(json.dumps({"providers": {provider: {"checkScopes": False}}}))
    cases = [
        Case("C hello world", [bench.hello]),
        Case("provider-exec --version", [program, "--version"]),
        Case(f"provider-exec --version --provider {provider}", [program, "--version", "--provider", provider]),
        Case("provider-exec, full GCE answer, 2 metadata calls", [program], question("gcr.io/project/app:1"), {"GCE_METADATA_HOST": host}),
        Case("provider-exec, full GCE answer, 1 metadata call", [program], question("gcr.io/project/app:1"),
             {"GCE_METADATA_HOST": host, "TABARD_CONFIG": str(one)}),
        Case("curl, the same 2 requests", curl + [f"{account}/token", f"{account}/scopes"]),
        Case("curl, the same request", curl + [f"{account}/token"]),
    ]
    try:
        bench.compare("Cold start, Google", cases, [fake])
    finally:
        fake.end()
