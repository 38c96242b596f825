"""`tabard agent` as a service: what it says to systemd and takes from it (sd_listen_fds(3), sd_notify(3)), and its numbers as Prometheus reads them."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import unittest
import urllib.request

from prometheus_client.openmetrics.parser import text_string_to_metric_families
from provider_case import HOST, PROGRAMS, QUESTION, ProviderCase

# Generous: the machine may be busy.
PATIENCE = 60
# What systemd does between fork and exec: the socket becomes descriptor 3, and the process is told its own number.
ACTIVATE = "import os,sys; os.dup2(int(sys.argv[1]),3); os.environ.update(LISTEN_PID=str(os.getpid()),LISTEN_FDS='1'); os.execv(sys.argv[2],sys.argv[2:])"


class AgentTests(ProviderCase):
    def start(self, command, **variables):
        agent = subprocess.Popen(command, env={**self.environment, **variables}, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, pass_fds=self.passed)
        self.addCleanup(lambda: (agent.kill(), agent.wait(), agent.stderr.close()))
        return agent

    def setUp(self):
        self.passed = ()

    def ask(self, path):
        done = subprocess.run([PROGRAMS / "provider-exec", "--agent", path, "-v2"], input=QUESTION, env=self.environment, capture_output=True, timeout=PATIENCE, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        # Alone it would say why at this verbosity.
        self.assertNotIn(b"agent", done.stderr)
        (login,) = json.loads(done.stdout)["auth"].values()
        self.assertIn(login["password"], self.issued())

    def test_a_service_manager_gives_the_socket_and_hears_how_it_is(self):
        path = str(self.folder / "activated.sock")
        listener = socket.socket(socket.AF_UNIX)
        self.addCleanup(listener.close)
        listener.bind(path)
        os.chmod(path, 0o600)
        listener.listen()
        manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(manager.close)
        manager.bind(str(self.folder / "notify"))
        manager.settimeout(PATIENCE)
        heard = []

        def wait_for(line):
            while not any(line in message for message in heard):
                heard.append(manager.recv(4096).decode().split("\n"))
            position = next(index for index, message in enumerate(heard) if line in message)
            del heard[: position + 1]

        self.passed = (listener.fileno(),)
        agent = self.start(
            [sys.executable, "-c", ACTIVATE, str(listener.fileno()), str(PROGRAMS / "tabard"), "agent", "--socket", path],
            NOTIFY_SOCKET=str(self.folder / "notify"), WATCHDOG_USEC="300000",
        )  # fmt: skip
        wait_for("READY=1")
        self.ask(path)
        # A manager that hears nothing for so long ends the service: three times as often is asked of it.
        wait_for("WATCHDOG=1")
        wait_for("WATCHDOG=1")
        agent.send_signal(signal.SIGHUP)
        wait_for("RELOADING=1")
        wait_for("READY=1")
        agent.send_signal(signal.SIGTERM)
        wait_for("STOPPING=1")
        self.assertEqual(agent.wait(PATIENCE), 0)
        self.assertTrue(os.path.exists(path), "the socket's file is the service manager's, which goes on listening")

    def test_what_is_given_and_is_no_listening_socket_is_refused(self):
        other = socket.socket(socket.AF_UNIX)
        self.addCleanup(other.close)
        self.passed = (other.fileno(),)
        agent = self.start([sys.executable, "-c", ACTIVATE, str(other.fileno()), str(PROGRAMS / "tabard"), "agent", "--socket", str(self.folder / "x.sock")])
        _, errors = agent.communicate(timeout=PATIENCE)
        self.assertEqual(agent.returncode, 1, errors)
        self.assertIn("ListenStream=", errors)

    def read_log(self, agent, words):
        """What the agent logs, up to the line with these words."""
        log = ""
        while words not in log:
            line = agent.stderr.readline()
            self.assertTrue(line, f"the agent ended:\n{log}")
            log += line
        return log

    @unittest.skipUnless(shutil.which("strace"), "strace is not installed")
    def test_who_has_an_agent_opens_no_plugin(self):
        path = str(self.folder / "traced.sock")
        agent = self.start([PROGRAMS / "tabard", "agent", "--socket", path])
        self.read_log(agent, "The agent answers at")
        doors = {
            "provider-exec": (["provider-exec", "--agent", path], QUESTION),
            "docker-credential-tabard": (["docker-credential-tabard", "--agent", path, "get"], HOST.encode()),
        }
        for name, ((program, *arguments), question) in doors.items():
            for way, options in (("agent", arguments), ("alone", ["--no-agent", *arguments[2:]])):
                with self.subTest(f"{name}, {way}"):
                    trace = self.folder / f"{name}-{way}"
                    command = ["strace", "-qq", "-f", "-e", "trace=openat,open", "-o", trace, PROGRAMS / program, *options]
                    done = subprocess.run(command, input=question, env=self.environment, capture_output=True, timeout=PATIENCE, check=False)
                    self.assertEqual(done.returncode, 0, done.stderr)
                    opened = "libtabard-gce.so" in trace.read_text()
                    self.assertEqual(opened, way == "alone", trace.read_text())

    def test_the_log_says_what_operators_look_for(self):
        path = str(self.folder / "logged.sock")
        agent = self.start([PROGRAMS / "tabard", "agent", "--socket", path])
        log = self.read_log(agent, "The agent answers at")
        self.assertRegex(log, r"(?m)^I[^]]+\] Registering credential provider: google-container-registry$")
        self.ask(path)
        self.ask(path)
        log = self.read_log(agent, ": miss\n")
        self.assertRegex(
            log,
            r"(?m)^I[^]]+\] Refreshing cache for provider: google-container-registry\n"
            rf"I[^]]+\] google-container-registry is asked about {re.escape(HOST)}/team/app: miss$",
        )
        agent.terminate()
        # The second question is answered from memory, and nothing is said of it.
        self.assertNotIn("Refreshing", agent.stderr.read())

    def test_prometheus_reads_the_numbers(self):
        path = str(self.folder / "counted.sock")
        agent = self.start([PROGRAMS / "tabard", "agent", "--socket", path, "--metrics", "0"])
        log = self.read_log(agent, "The agent answers at")
        address = re.search(r"http://127\.0\.0\.1:\d+/metrics", log)
        self.assertIsNotNone(address, log)
        self.ask(path)
        self.ask(path)
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(address[0], timeout=PATIENCE) as answer:
            self.assertIn("application/openmetrics-text", answer.headers["Content-Type"])
            text = answer.read().decode()
        samples = {(sample.name, *sample.labels.values()): sample.value for family in text_string_to_metric_families(text) for sample in family.samples}
        self.assertEqual(samples["tabard_agent_questions_total", "kubelet-response", "answered"], 2)
        self.assertEqual(samples["tabard_provider_answers_total", "google-container-registry", "answered"], 1)
        self.assertEqual(samples[("tabard_cache_saved_questions",)], 1)
        self.assertEqual(samples["tabard_cache_entries", "fresh"], 1)
        for password in self.issued():
            self.assertNotIn(password, text)
        self.assertNotIn(HOST, text, "no label names a registry")


if __name__ == "__main__":
    unittest.main()
