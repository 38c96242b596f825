"""Starts fakes from Python: for scripts/test-fakes and scripts/demo."""

import json
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent


class Running:
    """A fake in a process of its own; its answers are attributes (`port`, …). Ends with `end()` or the `with` block."""

    def __init__(self, script, *arguments, python=sys.executable):
        self.process = subprocess.Popen(
            [python, str(HERE / script), *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        line = self.process.stdout.readline()
        if not line:
            self.end()
            raise RuntimeError(f"{script} did not start (status {self.process.returncode})")
        self.__dict__.update(json.loads(line))

    def set_faults(self, *rules):
        self.process.stdin.write(json.dumps({"faults": rules}) + "\n")
        self.process.stdin.flush()
        if json.loads(self.process.stdout.readline()) != {"ok": True}:
            raise RuntimeError("the fake did not take the faults")

    def end(self):
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()


def lines(path):
    """The requests that a fake has logged."""
    return [json.loads(line) for line in pathlib.Path(path).read_text().splitlines()]
