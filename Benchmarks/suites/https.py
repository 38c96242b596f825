"""One POST over TLS by each library that the host could have used (docs/decisions/0004-tls.md)."""
from measuring import Case
from servers import AnswerServer, authorities


def run(bench):
    directory, bundle = authorities(bench.folder)
    server = AnswerServer(bench.folder)
    program = bench.compile("tls")
    cases = [Case("C hello world", [bench.hello])]
    for ways, store in (("hash links", directory), ("bundle", bundle)):
        for library in ("openssl", "curl"):
            cases.append(Case(f"POST with lib{'ssl' if library == 'openssl' else library}, {ways}", [program, library, "localhost", server.port, store]))
    url = f"https://localhost:{server.port}/"
    # The tool loads a bundle whatever directory it is given.
    cases.append(Case("POST with the curl tool, bundle", ["curl", "-sf", "--cacert", bundle, "-d", "x=y", url]))
    try:
        bench.compare("One HTTPS POST with a full CA store", cases, [server])
    finally:
        server.end()
