"""What `tabard pull` costs beside the floor (pull_floor.c), skopeo and, where it is there, crane."""
import json
import pathlib
import random
import shutil
import signal
import statistics
import subprocess
import tempfile
import time

from measuring import PLAIN, Case
from image_registry import Registry


def comparison(program, floor, registry, name, place, jobs, hashing, sync=False):
    """The same image by every program, each into a folder that is new."""

    class Pull(Case):
        def once(self, launcher, folder):
            shutil.rmtree(place / "new", ignore_errors=True)
            (place / "new").mkdir(parents=True)
            return super().once(launcher, folder)

    new, image = place / "new", f"{registry.host}/bench/{name}:1"
    everything = name == "five"
    cases = [
        Pull("floor", [floor, jobs, hashing, int(sync), new, *registry.urls(name)]),
        Pull("tabard", [program, "pull", image, "--dest", new / "layout", "--policy", "Always", "--progress", "none",
                        "--jobs", jobs, *(["--all-platforms"] if everything else [])]),
        Pull("skopeo", ["skopeo", "copy", "-q", "--insecure-policy", "--src-tls-verify=false", *(["--all"] if everything else []),
                        f"docker://{image}", f"oci:{new}/layout:1"]),
    ]
    if shutil.which("crane"):
        cases.append(Pull("crane", ["crane", "pull", "--insecure", "--format", "oci", image, new / "layout"]))
    return cases


def median(case, field):
    return statistics.median(run[field] for run in case.runs)


class Bar:
    """What is to be reached, and what was."""

    def __init__(self):
        self.rows = []

    def at_most(self, case, what, value, goal, form="{:.2f}"):
        self.rows.append((case, what, form.format(value), "<= " + form.format(goal), value <= goal))

    def at_least(self, case, what, value, goal, form="{:.2f}"):
        self.rows.append((case, what, form.format(value), ">= " + form.format(goal), value >= goal))

    def ratios(self, title, cases, goals):
        ours = next(case for case in cases if case.name == "tabard")
        for case in cases:
            for field, what in (("wall_ms", "wall"), ("cpu_ms", "CPU")):
                ratio = median(ours, field) / median(case, field)
                if (case.name, what) in goals:
                    self.at_most(title, f"{what} / {case.name}", ratio, goals[case.name, what])
                elif case is not ours:
                    self.rows.append((title, f"{what} / {case.name}", f"{ratio:.2f}", "", True))
        peak, floor = median(ours, "rss_kib") / 1024, median(cases[0], "rss_kib") / 1024
        self.at_most(title, "peak memory, MiB", peak, min(28, floor + 14), "{:.1f}")

    def show(self):
        print(f"\n| {'case':<42} | {'measured':<40} | {'value':>8} | {'goal':>8} | reached |\n|{'-' * 44}|{'-' * 42}|{'-' * 9}:|{'-' * 9}:|---------|")
        for case, what, value, goal, reached in self.rows:
            print(f"| {case:<42} | {what:<40} | {value:>8} | {goal:>8} | {'' if not goal else 'yes' if reached else 'NO':<7} |")


def requests(program, registry, place, environment, bar):
    """One layer: into a new layout, and twice again. Who has to show a token is refused first and asks for one."""
    for title, name, goals in (("open", "one", (3, 0, 1)), ("token", "one-token", (5, 0, 3))):
        shutil.rmtree(place / "new", ignore_errors=True)
        for what, policy, goal in zip(("cold", "again, IfNotPresent", "again, Always"), ("IfNotPresent", "IfNotPresent", "Always"), goals):
            registry.stats()
            subprocess.run([program, "pull", f"{registry.host}/bench/{name}:1", "--dest", place / "new/layout", "--policy", policy, "--quiet"],
                           env=environment, check=True, capture_output=True)
            bar.at_most(f"requests, one layer, {title}", what, registry.stats()["requests"], goal, "{}")


def killed(program, registry, place, environment, bar):
    """A pull that is killed at 90 % of its layer, and run again."""
    shutil.rmtree(place / "new", ignore_errors=True)
    layer = registry.contents["one"][0]
    size = (registry.folder / "blobs" / layer[7:]).stat().st_size
    command = [program, "pull", f"{registry.host}/bench/one:1", "--dest", place / "new/layout", "--quiet"]
    partial = place / "new/layout/ingest" / layer.replace(":", "-")
    first = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    while first.poll() is None and (not partial.exists() or partial.stat().st_blocks * 512 < size * 0.9):
        time.sleep(0.0005)
    first.send_signal(signal.SIGKILL)
    first.wait()
    reached = partial.stat().st_blocks * 512 if partial.exists() else size
    registry.stats()
    subprocess.run(command, env=environment, check=True, capture_output=True)
    again = registry.stats()["bytes"]
    bar.at_most(f"killed at {reached / size:.0%}, run again", "part of the bytes that is fetched again", again / size, 0.15, "{:.3f}")


def capped(program, registry, place, environment, bar):
    """A server that gives each connection 50 MB/s."""
    times = {}
    for jobs in ("1", "4"):
        shutil.rmtree(place / "new", ignore_errors=True)
        start = time.monotonic()
        subprocess.run([program, "pull", f"{registry.host}/bench/one-capped:1", "--dest", place / "new/layout", "--quiet", "--jobs", jobs],
                       env=environment, check=True, capture_output=True)
        times[jobs] = time.monotonic() - start
    bar.at_least("50 MB/s for each connection", "4 connections: times as fast as one", times["1"] / times["4"], 3.5)


def crowd(program, registry, place, environment, bar, count=32):
    """Many processes into one layout: first undisturbed, then with random kills until everybody has got through."""
    shutil.rmtree(place / "new", ignore_errors=True)
    layout = place / "new/layout"

    def start(number):
        return subprocess.Popen([program, "pull", f"{registry.host}/bench/twenty:{number}", "--dest", layout, "--quiet"], env=environment,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def entries():
        return len(json.loads((layout / "index.json").read_text())["manifests"])

    registry.stats()
    codes = [process.wait() for process in [start(number) for number in range(count)]]
    sent = registry.stats()["sent"]
    often = max(sent[digest] for digest in registry.contents["twenty"][:-1])
    bar.at_least(f"{count} processes into one layout", "went well", codes.count(0), count, "{}")
    bar.at_least(f"{count} processes into one layout", "entries", entries(), count, "{}")
    bar.at_most(f"{count} processes into one layout", "each layer sent, at most", often, 1, "{}")
    shutil.rmtree(place / "new")
    kills, waiting = 0, {number: start(number) for number in range(count)}
    while waiting:
        time.sleep(0.02)
        if kills < 2 * count:
            number = random.choice(list(waiting))
            if waiting[number].poll() is None:
                waiting[number].kill()
                waiting[number].wait()
                kills += 1
        for number, process in list(waiting.items()):
            if process.poll() == 0:
                del waiting[number]
            elif process.poll() is not None:
                waiting[number] = start(number)
    subprocess.run([program, "verify", "--dest", layout], env=environment, check=True, capture_output=True)
    bar.at_least(f"{count} processes, {kills} SIGKILLs, tabard verify well", "entries", entries(), count, "{}")


def run(bench):
    program, mebibytes = bench.stage / "bin/tabard", bench.layer_mib
    floor = bench.compile("pull_floor", links=("-lcurl", "-lcrypto", "-lpthread"))
    memory = pathlib.Path(tempfile.mkdtemp(prefix="tabard-bench.", dir="/dev/shm"))
    disk = pathlib.Path(tempfile.mkdtemp(prefix="tabard-bench.", dir="/var/tmp"))
    registry = Registry(memory / "registry", mebibytes)
    try:
        bar = Bar()
        few = {("skopeo", "wall"): 0.4}
        for title, name, place, jobs, hashing, sync, goals in (
            (f"1 layer of {mebibytes} MiB, tmpfs", "one", memory, 4, "thread", False, {("floor", "wall"): 1.1, ("skopeo", "wall"): 0.35}),
            (f"1 layer of {mebibytes} MiB, disk, fsync", "one", disk, 4, "thread", True, {("floor", "wall"): 1.1}),
            ("20 layers of 10 MiB, tmpfs", "twenty", memory, 6, "inline", False, {("floor", "wall"): 1.15, ("floor", "CPU"): 1.15, **few}),
            ("100 layers of 10 kB, tmpfs", "hundred", memory, 6, "inline", False, {("skopeo", "wall"): 0.12}),
            ("5 platforms, 2 layers of 5 MiB, tmpfs", "five", memory, 6, "inline", False, few),
        ):
            cases = comparison(program, floor, registry, name, place, jobs, hashing, sync)
            bench.compare(title, cases)
            bar.ratios(title, cases, goals)
        for further in (requests, killed, capped, crowd):
            further(program, registry, memory, PLAIN, bar)
        bar.show()
    finally:
        registry.end()
        shutil.rmtree(memory)
        shutil.rmtree(disk)
