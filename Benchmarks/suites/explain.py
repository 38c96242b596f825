"""`tabard explain` with docker configs of few and of many logins."""
import base64
import json

from measuring import Case


def run(bench):
    program, cases = bench.stage / "bin/tabard", [Case("C hello world", [bench.hello])]
    for count in (3, 100, 10_000):
        home = bench.folder / f"home-{count}"
        (home / ".docker").mkdir(parents=True, exist_ok=True)
        keys = ["r.example", "r.example/team", "*.example"] + [f"r{number}.example/team" for number in range(count - 3)]
        (home / ".docker/config.json").write_text(json.dumps({"auths": {key: {"auth": base64.b64encode(b"user:password").decode()} for key in keys}}))
        cases.append(Case(f"tabard explain, a docker config with {count} logins", [program, "explain", "r.example/team/app"], None, {"HOME": str(home)}))
    bench.compare("tabard explain with files only", cases)
