"""One registry's images at the same moment: in one process that embeds the library, and with a process for each."""
import contextlib
import random
import resource
import statistics
import subprocess
import sys
import time

from measuring import PLAIN, Counted, question


def run(bench, images=20, rounds=11):
    stage, folder = bench.stage, bench.folder
    program = bench.compile("together", "-std=c11", f"-I{stage}/include", links=(f"-L{stage}/lib", "-ltabard", "-lpthread"))
    with Counted(folder, "gce_metadata.py") as fake:
        account = f"http://127.0.0.1:{fake.port}/computeMetadata/v1/instance/service-accounts/default"
        environment = {**PLAIN, "LD_LIBRARY_PATH": str(stage / "lib"), "TABARD_PLUGIN_PATH": str(stage / "lib/tabard/v1"),
                       "GCE_METADATA_HOST": f"127.0.0.1:{fake.port}"}

        def embedded():
            done = subprocess.run([program, str(images), "gcr.io/project/app"], env=environment, check=True, capture_output=True, text=True)
            return tuple(map(float, done.stdout.split()))

        def each(commands):
            before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
            children = [subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for command in commands]
            for number, child in enumerate(children):
                # curl reads none, and may be gone.
                with contextlib.suppress(BrokenPipeError), child.stdin as pipe:
                    pipe.write(question(f"gcr.io/project/app{number}:1").encode())
            if any(not child.stdout.read() or child.wait() != 0 for child in children):
                sys.exit("one of the programs has no answer")
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            return (time.monotonic() - start) * 1e3, cpu * 1e3

        curl = ["curl", "-sf", "-H", "Metadata-Flavor: Google", f"{account}/token", f"{account}/scopes"]
        ways = {"one process with the library, a thread for each": embedded,
                "provider-exec, a process for each": lambda: each([[stage / "bin/provider-exec"]] * images),
                "curl, a process for each, the same 2 requests": lambda: each([curl] * images)}
        results = {name: [] for name in ways}
        for _ in range(rounds):
            for name in random.sample(list(ways), len(ways)):
                before = fake.count
                results[name].append((*ways[name](), fake.count - before))
    print(f"\n{images} images of one registry at once ({rounds} rounds, medians)\n")
    print(f"| {'way':<48} | {'calls':>5} | {'wall ms':>8} | {'CPU ms':>7} |\n|{'-' * 50}|{'-' * 6}:|{'-' * 9}:|{'-' * 8}:|")
    for name, runs in results.items():
        wall, cpu, calls = (statistics.median(column) for column in zip(*runs))
        print(f"| {name:<48} | {calls:>5.0f} | {wall:>8.2f} | {cpu:>7.2f} |")
