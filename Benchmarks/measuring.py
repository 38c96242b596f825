"""Starts programs in turn, measures them and prints tables of medians: what the suites of Benchmarks/suites are made of."""
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "Tests/Fakes"))
from running import Running  # noqa: E402

PYTHON = str(ROOT / ".venv/bin/python")
PLAIN = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "TABARD_FORBID_LINK_LOCAL": "1", "AWS_EC2_METADATA_DISABLED": "true"}


class Case:
    """One program with its arguments, standard input and environment."""

    def __init__(self, name, command, stdin=None, environment=None):
        self.name, self.command, self.stdin, self.runs = name, [str(part) for part in command], stdin, []
        self.calls = None
        self.environment = {**PLAIN, **(environment or {})}

    def once(self, launcher, folder):
        source = "-"
        if self.stdin is not None:
            source = folder / "stdin"
            source.write_text(self.stdin)
        done = subprocess.run([launcher, "1", str(source), str(folder / "stdout"), *self.command], env=self.environment,
                              capture_output=True, text=True, check=True)
        result = json.loads(done.stdout)
        if result["exit"] != 0:
            sys.exit(f"{self.name} ended with {result['exit']}: {done.stderr}")
        if b'"auth":{}' in (folder / "stdout").read_bytes():
            sys.exit(f"{self.name}: an answer without a password is quick, but not what is measured")
        return result


class Bench:
    """What every suite is given: the staged tree, a folder of its own for files, how often, and the programs that start and compare others."""

    def __init__(self, stage, folder, rounds, layer_mib):
        self.stage, self.folder, self.rounds, self.layer_mib = stage, folder, rounds, layer_mib
        self.launcher, self.hello = self.compile("launch"), self.compile("hello")

    def compile(self, name, *flags, links=("-ldl",)):
        """The C program of that name beside this file."""
        binary = self.folder / name
        command = ["cc", "-O2", "-Wall", "-Wextra", "-Werror", *flags, "-o", binary, ROOT / f"Benchmarks/{name}.c", *links]
        subprocess.run(command, check=True)
        return binary

    def compile_plugin(self, fixture, binary, include):
        """A plugin of Tests/Fixtures/plugins, which asks nobody."""
        subprocess.run(["cc", "-std=c11", "-O2", "-D_GNU_SOURCE", "-fPIC", "-shared", "-fvisibility=hidden", f"-I{include}", "-o", binary,
                        ROOT / f"Tests/Fixtures/plugins/{fixture}.c"], check=True)
        return binary

    def compare(self, title, cases, fakes=()):
        """Every program once a round, in an order that is shuffled anew; then their table, whose x is over the first of them."""
        counted = [fake for fake in fakes if hasattr(fake, "count")]
        for case in cases:
            for _ in range(3):
                before = sum(fake.count for fake in counted)
                case.once(str(self.launcher), self.folder)
                case.calls = sum(fake.count for fake in counted) - before if counted else None
        for _ in range(self.rounds):
            order = cases[:]
            random.shuffle(order)
            for case in order:
                case.runs.append(case.once(str(self.launcher), self.folder))
        table(title, cases)


def table(title, cases):
    floor = statistics.median(run["wall_ms"] for run in cases[0].runs)
    print(f"\n{title} ({len(cases[0].runs)} rounds, medians; x is the ratio to {cases[0].name})\n")
    print(f"| {'program':<58} | {'wall ms':>8} | {'x':>6} | {'min ms':>7} | {'CPU ms':>7} | {'RSS MiB':>7} | {'calls':>5} |")
    print(f"|{'-' * 60}|{'-' * 9}:|{'-' * 7}:|{'-' * 8}:|{'-' * 8}:|{'-' * 8}:|{'-' * 6}:|")
    for case in cases:
        wall = statistics.median(run["wall_ms"] for run in case.runs)
        cpu = statistics.median(run["cpu_ms"] for run in case.runs)
        rss = statistics.median(run["rss_kib"] for run in case.runs) / 1024
        best = min(run["wall_ms"] for run in case.runs)
        print(f"| {case.name:<58} | {wall:>8.2f} | {wall / floor:>6.2f} | {best:>7.2f} | {cpu:>7.2f} | {rss:>7.1f} | {'' if case.calls is None else case.calls:>5} |")


def question(image):
    return json.dumps({"kind": "CredentialProviderRequest", "apiVersion": "credentialprovider.kubelet.k8s.io/v1", "image": image})


class Counted(Running):
    """A fake of Tests/Fakes whose log is counted."""

    def __init__(self, folder, script, *arguments):
        self.log = folder / f"{script}.log"
        super().__init__(script, "--log", self.log, *arguments, python=PYTHON)

    @property
    def count(self):
        return len(self.log.read_bytes().splitlines()) if self.log.exists() else 0
