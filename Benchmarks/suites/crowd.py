"""A node after its boot: forty questions at once, each by a process of its own, with nothing in the page cache (root alone can drop it)."""
import contextlib
import os
import pathlib
import random
import resource
import selectors
import statistics
import subprocess
import sys
import time

from measuring import PLAIN, Counted, question


def run(bench, images=40, rounds=15):
    drop = pathlib.Path("/proc/sys/vm/drop_caches")
    is_root = os.geteuid() == 0
    with Counted(bench.folder, "gce_metadata.py") as fake:
        account = f"http://127.0.0.1:{fake.port}/computeMetadata/v1/instance/service-accounts/default"
        environment = {**PLAIN, "GCE_METADATA_HOST": f"127.0.0.1:{fake.port}"}

        def ask(command, is_cold):
            """How long each of them took, from its own start to the end of its answer, and the processor time of all, in milliseconds."""
            if is_cold:
                os.sync()
                drop.write_text("3")
            before, children, took = resource.getrusage(resource.RUSAGE_CHILDREN), {}, []
            with selectors.DefaultSelector() as selector:
                for number in range(images):
                    start = time.monotonic()
                    child = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
                    with contextlib.suppress(BrokenPipeError), child.stdin as pipe:
                        pipe.write(question(f"gcr.io/project/app{number}:1").encode())
                    children[child.stdout.fileno()] = (child, start, bytearray())
                    selector.register(child.stdout, selectors.EVENT_READ)
                while len(took) < images:
                    for key, _ in selector.select():
                        child, start, answer = children[key.fd]
                        if piece := os.read(key.fd, 65536):
                            answer += piece
                            continue
                        selector.unregister(child.stdout)
                        took.append((time.monotonic() - start) * 1e3)
                        if child.wait() != 0 or not answer or b'"auth":{}' in answer:
                            sys.exit("one of the programs has no answer")
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            return took, (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1e3

        curl = ["curl", "-sf", "-H", "Metadata-Flavor: Google", f"{account}/token", f"{account}/scopes"]
        ways = [(name, command, is_cold) for is_cold in ([True, False] if is_root else [False])
                for name, command in (("provider-exec", [bench.stage / "bin/provider-exec"]), ("curl, the same 2 requests", curl))]
        results = {(name, is_cold): ([], []) for name, _, is_cold in ways}
        for _ in range(rounds):
            for name, command, is_cold in random.sample(ways, len(ways)):
                took, cpu = ask(command, is_cold)
                results[name, is_cold][0].extend(took)
                results[name, is_cold][1].append(cpu)
    print(f"\n{images} questions at once, a process for each ({rounds} rounds; each question from its start to the end of its answer)\n")
    print(f"| {'way':<48} | {'p50 ms':>8} | {'p99 ms':>8} | {'CPU ms of all':>13} |\n|{'-' * 50}|{'-' * 9}:|{'-' * 9}:|{'-' * 14}:|")
    for (name, is_cold), (took, cpu) in results.items():
        took.sort()
        print(f"| {name + (', page cache dropped' if is_cold else ', page cache warm'):<48} | {statistics.median(took):>8.1f} "
              f"| {took[len(took) * 99 // 100]:>8.1f} | {statistics.median(cpu):>13.1f} |")
    if not is_root:
        print("\nnot root: the page cache cannot be dropped")
