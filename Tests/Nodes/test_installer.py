"""examples/kubelet/install.sh under kills: whenever it ends, the kubelet starts, and the next run finishes."""

import pathlib
import random
import shutil
import subprocess
import tempfile
import unittest

from kubelet_node import Node

# version A, and version B that has one program more and one less, and whose configuration names the new one
A, B = ("a", ["ecr", "gce"], ["ecr"]), ("b", ["ecr", "acr"], ["ecr", "acr"])


class InstallerTests(unittest.TestCase):
    def node(self, has_flags=True):
        folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder)
        node = Node(pathlib.Path(folder), has_flags)
        return node, node.payload(*A), node.payload(*B)

    def succeed(self, node, payload, action):
        status, said = node.run(payload, action)
        self.assertEqual(status, 0, said)
        self.assertEqual(node.complaints(), [])

    def reach(self, start, has_flags=True):
        """A node with `start` done, and the payload for what follows."""
        node, a, b = self.node(has_flags)
        for payload, action in {"nothing": [], "a": [(a, "install")], "b": [(a, "install"), (b, "install")]}[start]:
            self.succeed(node, payload, action)
        node.keep()
        return node, a, b

    def each_kill(self, start, action, to, has_flags=True):
        node, a, b = self.reach(start, has_flags)
        payload = {"a": a, "b": b}[to]
        status, said = node.run(payload, action, kill="")
        self.assertEqual(status, 0, said)
        steps, wanted = node.steps(), node.state()
        self.assertGreater(steps, 8)
        for step in range(1, steps + 1):
            for when in ("before", "after"):
                with self.subTest(f"{start} {action} {to}: killed {when} step {step} of {steps}"):
                    node.back()
                    status, said = node.run(payload, action, kill=f"{when} {step}")
                    self.assertEqual(status, -9, said)
                    self.assertEqual(node.complaints(), [])
                    self.succeed(node, payload, action)
                    self.assertEqual(node.state(), wanted)
                    self.assertTrue((node.folder / "kubelet-runs").exists())

    def test_a_first_installation_is_killed(self):
        self.each_kill("nothing", "install", "a")

    def test_a_first_installation_without_flags_is_killed(self):
        self.each_kill("nothing", "install", "a", has_flags=False)

    def test_an_upgrade_is_killed(self):
        self.each_kill("a", "install", "b")

    def test_a_rollback_is_killed(self):
        self.each_kill("b", "rollback", "b")

    def test_a_removal_is_killed(self):
        self.each_kill("a", "remove", "a")

    def test_a_removal_without_flags_is_killed(self):
        self.each_kill("b", "remove", "b", has_flags=False)

    @unittest.skipUnless(shutil.which("strace"), "strace is not installed")
    def test_processes_are_killed_at_random_system_calls(self):
        # Each process of the run dies at its Nth call of one name: the programs that the script starts, or the script itself.
        chance = random.Random(10)
        for start, action, to in (("a", "install", "b"), ("b", "rollback", "b"), ("a", "remove", "a")):
            node, a, b = self.reach(start)
            payload = {"a": a, "b": b}[to]
            for call in sorted(chance.sample(range(2, 60), 8)):
                with self.subTest(f"{start} {action} {to}: killed at the {call}th system call of a name"):
                    node.back()
                    wrapper = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=all", "-e", f"inject=all:signal=KILL:when={call}"]
                    node.run(payload, action, wrapper=wrapper)
                    self.assertEqual(node.complaints(), [])
                    self.succeed(node, payload, action)

    def test_one_after_the_other(self):
        node, a, b = self.node()
        self.succeed(node, a, "install")
        log = node.folder / "systemctl.log"
        self.assertIn("restart kubelet\n", log.read_text())
        self.assertEqual(node.named(), ["provider-exec-ecr"])
        log.write_text("")
        self.succeed(node, a, "install")
        self.assertEqual(log.read_text(), "", "nothing has changed, so nothing is restarted")
        self.succeed(node, b, "install")
        self.assertEqual(node.named(), ["provider-exec-ecr", "provider-exec-acr"])
        self.assertEqual(len(list((node.prefix / "versions").iterdir())), 2)
        self.succeed(node, b, "rollback")
        self.assertEqual(node.named(), ["provider-exec-ecr"])
        self.assertFalse((node.folder / "kubelet/provider-exec-acr").is_symlink())
        self.assertIn("# a\n", (node.folder / "units/tabard-agent.service").read_text())
        self.assertIn(f"ExecStart={node.prefix}/current/bin/tabard agent", (node.folder / "units/tabard-agent.service").read_text())
        self.succeed(node, b, "rollback")
        self.assertEqual(node.named(), ["provider-exec-ecr"], "going back twice is going back once")
        self.succeed(node, b, "remove")
        self.assertEqual(node.config.read_text(), node.original)
        self.assertEqual(sorted(path.name for path in (node.folder / "kubelet").iterdir()), ["clouds-own", "config.json"])
        self.assertFalse(node.prefix.exists())
        self.succeed(node, b, "remove")

    def test_the_agent_and_its_socket(self):
        node, a, b = self.node()
        unit = "lib/systemd/system/tabard-agent.socket"
        both = ["tabard-agent.service", "tabard-agent.socket"]
        log = node.folder / "systemctl.log"
        self.succeed(node, a, "install")
        # From the first moment of a boot on, the kubelet's plugins find somebody who lets them wait.
        self.assertEqual(sorted(node.units("enabled")), both)
        self.assertEqual(sorted(node.units("active")), both)
        log.write_text("")
        self.succeed(node, b, "install")
        self.assertIn("restart tabard-agent.service\n", log.read_text(), "an open socket stays open: what is asked meanwhile waits")
        self.assertIn("# b\n", node.units("active")["tabard-agent.service"])
        # A socket that listens somewhere else has to be opened anew.
        (b / unit).write_text("[Socket]\nListenStream=/run/elsewhere.sock\n")
        log.write_text("")
        self.succeed(node, b, "install")
        self.assertIn("restart tabard-agent.socket tabard-agent.service\n", log.read_text())
        self.assertIn("elsewhere", node.units("active")["tabard-agent.socket"])
        self.succeed(node, b, "remove")
        # An open socket would start a program that is not there any more.
        self.assertEqual((node.units("enabled"), node.units("active")), ({}, {}))
        self.assertEqual(list((node.folder / "units").iterdir()), [])

    def test_a_kubelet_that_does_not_come_back_gets_its_old_configuration(self):
        node, a, b = self.node()
        (node.folder / "bin/sleep").symlink_to("/bin/true")
        (node.folder / "kubelet-is-ill").write_text("")
        status, said = node.run(a, "install")
        self.assertEqual(status, 1, said)
        self.assertIn("going back", said)
        self.assertEqual(node.config.read_text(), node.original)
        (node.folder / "kubelet-is-ill").unlink()
        self.succeed(node, a, "install")
        self.assertEqual(node.named(), ["provider-exec-ecr"])

    def test_a_version_that_does_not_run_here_changes_nothing(self):
        node, a, b = self.node()
        self.succeed(node, a, "install")
        (b / "bin/provider-exec").write_text("#!/bin/sh\necho 'GLIBC_2.99 not found' >&2; exit 127\n")
        before = node.config.read_text()
        status, said = node.run(b, "install")
        self.assertEqual(status, 1)
        self.assertIn("the new version does not run on this node", said)
        self.assertIn("GLIBC_2.99", said)
        self.assertEqual((node.config.read_text(), node.complaints()), (before, []))

    def test_a_program_that_the_configuration_names_is_never_taken_away(self):
        node, a, b = self.node()
        self.succeed(node, a, "install")
        # Written by hand since: version B has no provider-exec-gce.
        node.config.write_text(node.config.read_text().replace("provider-exec-ecr", "provider-exec-gce"))
        for payload, action in ((b, "install"), (a, "remove")):
            status, said = node.run(payload, action)
            self.assertEqual(status, 1)
            self.assertIn("names provider-exec-gce", said)
            self.assertEqual(node.complaints(), [])

    def test_what_is_not_its_own_is_left_alone(self):
        node, a, b = self.node()
        (node.folder / "kubelet/provider-exec-ecr").write_text("somebody else's")
        status, said = node.run(a, "install")
        self.assertEqual(status, 1)
        self.assertIn("is not from here", said)
        (node.folder / "kubelet/provider-exec-ecr").unlink()
        node.config.unlink()
        node.config.mkdir()
        status, said = node.run(a, "install")
        self.assertEqual((status, "is a folder" in said), (1, True), said)

    def test_the_nodes_own_configuration_is_kept_as_it_last_was(self):
        node, a, b = self.node()
        self.succeed(node, a, "install")
        # The node's boot writes its own again.
        node.config.write_text(node.original + " ")
        self.succeed(node, a, "install")
        self.assertEqual(node.named(), ["provider-exec-ecr"])
        self.succeed(node, a, "remove")
        self.assertEqual(node.config.read_text(), node.original + " ")

    def test_only_one_is_at_work(self):
        node, a, b = self.node()
        node.prefix.mkdir(parents=True)
        with subprocess.Popen(["flock", str(node.prefix / "lock"), "cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
            holder.stdin.write(b"x")
            holder.stdin.flush()
            holder.stdout.read(1)
            status, said = node.run(a, "install")
            holder.stdin.close()
        self.assertEqual((status, "another one is at work" in said), (1, True), said)

    def test_settings_are_those_of_their_version(self):
        node, a, b = self.node()
        settings = node.folder / "payloads/settings.json"
        node.environment["TABARD_SETTINGS"] = str(settings)
        for text in ("{}", '{"providers": {}}'):
            settings.write_text(text)
            self.succeed(node, a, "install")
            self.assertEqual((node.prefix / "current/config.json").read_text(), text)
        self.succeed(node, a, "rollback")
        self.assertEqual((node.prefix / "current/config.json").read_text(), "{}")


if __name__ == "__main__":
    unittest.main()
