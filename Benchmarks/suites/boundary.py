"""Loading plugins and asking a trivial one, without any host of ours between."""
import subprocess

from measuring import ROOT, Case


def run(bench):
    stage, folder = bench.stage, bench.folder
    include = ROOT / "Sources/CTabard/include"
    program = bench.compile("boundary", "-std=c11", f"-I{include}")
    trivial = bench.compile_plugin("any", folder / "libtrivial.so", include)
    print("\none provide() with one entry, nanoseconds:", subprocess.run([program, "call", trivial, "1000000"], check=True, capture_output=True,
                                                                      text=True).stdout.strip())
    plugins = [trivial, *sorted((stage / "lib/tabard/v1").glob("*.so"))]
    for plugin in plugins:
        times = sorted(float(subprocess.run([program, "load", plugin], check=True, capture_output=True, text=True).stdout) for _ in range(21))
        print(f"dlopen and entry of {plugin.name}, microseconds: median {times[10]:.0f}, best {times[0]:.0f}; {plugin.stat().st_size} bytes")
    cases = [Case("C hello world", [bench.hello])]
    cases += [Case(f"C host + {plugin.name}", [program, "load", plugin]) for plugin in plugins]
    cases.append(Case("tabard providers, three plugins", [stage / "bin/tabard", "providers"], environment={"TABARD_PLUGIN_RELAXED": "1"}))
    bench.compare("The C boundary", cases)
