"""`provider-exec` as a process: what a kubelet gets from it when it is killed, and when the question is damaged."""

import json
import os
import random
import shutil
import signal
import subprocess
import unittest

from provider_case import GROUP, HOST, PROGRAMS, QUESTION, ROOT, ProviderCase

PROGRAM = PROGRAMS / "provider-exec"


class ProgramTests(ProviderCase):
    def ask(self, question, wrapper=()):
        return subprocess.run([*wrapper, PROGRAM, "--provider", "google-container-registry"], input=question, env=self.environment, capture_output=True, timeout=120, check=False)

    def check_answer(self, output, version=None):
        """A whole answer: one line, the credential that was handed out, or none for an image of somebody else's."""
        self.assertTrue(output.endswith(b"\n") and output.count(b"\n") == 1, output)
        answer = json.loads(output)
        self.assertEqual(answer["kind"], "CredentialProviderResponse")
        self.assertIn(answer["apiVersion"], {version} if version else {f"{GROUP}/{one}" for one in ("v1", "v1beta1", "v1alpha1")})
        if answer["auth"]:
            (pattern, login), = answer["auth"].items()
            self.assertIn(login["password"], self.issued())
            return pattern
        self.assertEqual((answer["cacheKeyType"], answer["cacheDuration"]), ("Image", "0s"))
        return None

    @unittest.skipUnless(shutil.which("strace"), "strace is not installed")
    def test_a_kill_leaves_an_answer_or_nothing(self):
        trace = self.folder / "trace"
        whole = self.ask(QUESTION, ["strace", "-qq", "-f", "-o", str(trace)])
        self.assertEqual((whole.returncode, self.check_answer(whole.stdout)), (0, HOST), whole.stderr)
        lines = [line.split(None, 1) for line in trace.read_text().splitlines()]
        # The calls of the main thread, which writes the answer, each as the how many-th of its name: so strace counts them.
        calls, seen = [], {}
        for process, call in lines:
            if process == lines[0][0] and (name := call.split("(")[0]).isidentifier():
                seen[name] = seen.get(name, 0) + 1
                calls.append((name, seen[name]))
        endings = {"killed": 0, "answered": 0}
        # Twenty of all, and each of the last: around the writing of the answer.
        for name, count in random.Random(10).sample(calls[1:-12], 20) + calls[-12:]:
            with self.subTest(f"killed at {name} number {count}"):
                result = self.ask(QUESTION, ["strace", "-qq", "-f", "-o", "/dev/null", "-e", f"inject={name}:signal=KILL:when={count}"])
                if result.stdout:
                    endings["answered"] += 1
                    self.assertEqual(self.check_answer(result.stdout), HOST)
                else:
                    endings["killed"] += 1
                    self.assertNotEqual(result.returncode, 0)
        self.assertGreaterEqual(endings["killed"], 20)
        self.assertGreater(endings["answered"], 0, "none of the kills came after the answer")

    def test_a_write_that_fails_is_told(self):
        command = [PROGRAM, "--provider", "google-container-registry"]
        with open("/dev/full", "wb") as output:
            result = subprocess.run(command, input=QUESTION, env=self.environment, stdout=output, stderr=subprocess.PIPE, timeout=120, check=False)
        self.assertEqual((result.returncode, b"standard output" in result.stderr), (1, True), result.stderr)
        # A kubelet that has gone hears nothing any more: the signal ends the process, as it ends every other program of a pipe.
        read, write = os.pipe()
        os.close(read)
        result = subprocess.run(command, input=QUESTION, env=self.environment, stdout=write, stderr=subprocess.PIPE, timeout=120, check=False)
        os.close(write)
        self.assertEqual(result.returncode, -signal.SIGPIPE, result.stderr)

    @unittest.skipUnless(shutil.which("strace"), "strace is not installed")
    def test_a_start_looks_for_nothing_in_vain(self):
        trace = self.folder / "files"
        wrapper = ["strace", "-qq", "-f", "-e", "trace=file", "-o", str(trace)]
        self.assertEqual(self.check_answer(self.ask(QUESTION, wrapper).stdout), HOST)
        text = trace.read_text()
        # What the Swift runtime would do: Sources/CTabardSystem/runtime.c.
        self.assertNotIn("swift-backtrace", text)
        self.assertNotIn("/proc/self/maps", text)
        # The loader's own list, the agent, and a machine without firmware to ask.
        allowed = ("ld.so.preload", "glibc-hwcaps", "agent.sock", "/sys/class/dmi/")
        missing = [line for line in text.splitlines() if "ENOENT" in line and not any(one in line for one in allowed)]
        self.assertEqual(missing, [])

    def test_damaged_questions(self):
        seeds = [QUESTION]
        for file in sorted((ROOT / "Tests/Fuzz/Corpus/exec").iterdir()):
            seeds.append(file.read_bytes())
        for case in json.loads((ROOT / "Tests/Fixtures/exec/requests.json").read_text()):
            seeds.append(case["stdin"].encode())
        chance = random.Random(10)
        words = [b'"', b"{", b"}", b"\\u0000", b"\\", b",", b":", b"[", b"null", b"\xff", b"\xef\xbb\xbf", b"\n", b"1e999", b'"image":', b"/", b"@sha256:",
                 b"[::1]", b"%25", b"serviceAccountToken", b"v1beta1", b"-" * 300]
        endings = {0: 0, 2: 0}
        for number in range(250):
            question = bytearray(chance.choice(seeds))
            for _ in range(chance.choice((0, 0, 1, 1, 2, 5))):
                at = chance.randrange(len(question) + 1)
                match chance.randrange(4):
                    case 0: question[at:at + chance.randrange(1, 9)] = b""
                    case 1: question[at:at] = chance.choice(words)
                    case 2: question[at:at + 1] = bytes([chance.randrange(256)])
                    case 3: question[at:at] = question[:chance.randrange(60)]
            with self.subTest(number=number, question=bytes(question)):
                result = self.ask(bytes(question))
                complaints = [line for line in result.stderr.splitlines() if b"TABARD_PLUGIN_RELAXED" not in line]
                self.assertIn(result.returncode, endings, result.stderr)
                endings[result.returncode] += 1
                if result.returncode == 0:
                    self.check_answer(result.stdout)
                else:
                    self.assertEqual((result.stdout, len(complaints)), (b"", 1), complaints)
                    self.assertRegex(complaints[0], b"^provider-exec: reading the (CredentialProviderRequest|image name) ")
        self.assertGreater(min(endings.values()), 25, endings)


if __name__ == "__main__":
    unittest.main()
