"""What a warm agent costs a client, and what a burst of questions costs a node with and without one."""
import concurrent.futures
import json
import pathlib
import resource
import statistics
import struct
import subprocess
import time

from measuring import PLAIN, Case, Counted

IMAGE = "gcr.io/project/app"


class Agent:
    """`tabard agent` with a fake Google behind it."""

    def __init__(self, stage, folder, environment):
        self.socket, self.environment = folder / "agent.sock", environment
        self.tabard = str(stage / "bin/tabard")
        self.log = open(folder / "agent.log", "w")
        self.process = subprocess.Popen([self.tabard, "agent", "--socket", str(self.socket), "-v", "0"], env=environment, stderr=self.log)
        for _ in range(500):
            if self.socket.exists():
                return
            time.sleep(0.02)
        raise SystemExit("the agent does not start")

    def status(self):
        done = subprocess.run([self.tabard, "agent", "status", "--socket", str(self.socket), "--json"], env=self.environment, check=True, capture_output=True)
        return json.loads(done.stdout)

    def memory_kib(self):
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(text.split("VmRSS:")[1].split()[0])

    def end(self):
        self.process.terminate()
        self.process.wait()


def frame(setup):
    body = json.dumps({"form": "kubelet-response", "version": "v1", "image": IMAGE, "setup": setup, "patience": 40000}).encode()
    return b"TB\x01Q" + struct.pack(">I", len(body)) + body


def quantiles(exchange, path, count, question):
    done = subprocess.run([exchange, str(path), str(count), str(question)], check=True, capture_output=True, text=True)
    times = sorted(float(line) for line in done.stdout.split())
    return times[len(times) // 2], times[len(times) * 99 // 100]


def rate(exchange, path, question, count=20000, clients=4):
    start = time.monotonic()
    running = [subprocess.Popen([exchange, str(path), str(count // clients), str(question)], stdout=subprocess.DEVNULL) for _ in range(clients)]
    if any(client.wait() for client in running):
        raise SystemExit("an exchange failed")
    return count / (time.monotonic() - start)


def burst(command, environment, count=40):
    """That many questions at once: wall of all, the slowest but one in a hundred, and the processor time of the clients."""
    request = json.dumps({"kind": "CredentialProviderRequest", "apiVersion": "credentialprovider.kubelet.k8s.io/v1", "image": IMAGE}).encode()

    def one(number):
        start = time.monotonic()
        subprocess.run(command, input=request.replace(b"app", b"app%d" % number), env=environment, check=True, stdout=subprocess.DEVNULL)
        return (time.monotonic() - start) * 1e3

    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        times = sorted(pool.map(one, range(count)))
    wall, after = (time.monotonic() - start) * 1e3, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1e3
    return wall, times[min(len(times) - 1, int(len(times) * 0.99))], cpu


def run(bench):
    stage, folder = bench.stage, bench.folder
    exchange, echo = str(bench.compile("exchange")), str(bench.compile("echo"))
    fake = Counted(folder, "gce_metadata.py")
    environment = {**PLAIN, "GCE_METADATA_HOST": f"127.0.0.1:{fake.port}"}
    running = Agent(stage, folder, environment)
    echoing = subprocess.Popen([echo, str(folder / "echo.sock")])
    program, request = stage / "bin/provider-exec", json.dumps(
        {"kind": "CredentialProviderRequest", "apiVersion": "credentialprovider.kubelet.k8s.io/v1", "image": IMAGE})
    google = {"GCE_METADATA_HOST": environment["GCE_METADATA_HOST"]}
    try:
        cases = [
            Case("C hello world", [bench.hello]),
            Case("C, one exchange with a unix socket", [exchange, folder / "echo.sock"]),
            Case("provider-exec --version", [program, "--version"]),
            Case("provider-exec, warm agent", [program, "--agent", running.socket], request, google),
            Case("provider-exec, alone, 2 metadata calls", [program, "--no-agent"], request, google),
        ]
        bench.compare("Cold start, agent", cases, [fake])
        question = folder / "question"
        question.write_bytes(frame(running.status()["setup"]))
        rows = []
        for _ in range(5):
            for name, path in (("a warm answer of the agent", running.socket), ("the same exchange with an echo in C", folder / "echo.sock")):
                rows.append((name, *quantiles(exchange, path, 5000, question), rate(exchange, path, question)))
        print("\nOne exchange over a connection of its own (medians of 5 rounds; 4 clients at once for the rate)\n")
        print(f"| {'what':<36} | {'p50 µs':>7} | {'p99 µs':>7} | {'1/s':>8} |\n|{'-' * 38}|{'-' * 8}:|{'-' * 8}:|{'-' * 9}:|")
        for name in dict.fromkeys(row[0] for row in rows):
            p50, p99, persecond = (statistics.median(column) for column in list(zip(*(row for row in rows if row[0] == name)))[1:])
            print(f"| {name:<36} | {p50:>7.1f} | {p99:>7.1f} | {persecond:>8.0f} |")
        print(f"\nmemory of the agent after {running.status()['questions']['total']} questions: {running.memory_kib()} KiB")
    finally:
        running.end()
    print("\n40 questions of one registry at once (medians of 5 rounds)\n")
    print(f"| {'way':<24} | {'calls':>5} | {'wall ms':>8} | {'p99 ms':>8} | {'CPU ms':>7} |\n|{'-' * 26}|{'-' * 6}:|{'-' * 9}:|{'-' * 9}:|{'-' * 8}:|")
    try:
        results = {"with a cold agent": [], "each for itself": []}
        for _ in range(5):
            for name in results:
                cold = Agent(stage, folder, environment) if name == "with a cold agent" else None
                before = fake.count
                command = [str(program), *(["--agent", str(cold.socket)] if cold else ["--no-agent"])]
                results[name].append((*burst(command, environment), fake.count - before))
                if cold:
                    cold.end()
        for name, runs in results.items():
            wall, slowest, cpu, calls = (statistics.median(column) for column in zip(*runs))
            print(f"| {name:<24} | {calls:>5.0f} | {wall:>8.1f} | {slowest:>8.1f} | {cpu:>7.1f} |")
    finally:
        echoing.terminate()
        fake.end()
