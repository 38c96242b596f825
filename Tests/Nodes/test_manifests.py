"""examples/kubelet's manifests by kubectl, by their schema and by the program that they are for."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import yaml

import schema

EXAMPLE = pathlib.Path(__file__).resolve().parents[2] / "examples/kubelet"
STAGE = pathlib.Path(os.environ["TABARD_STAGE"])
DAEMON_SETS = ("eks", "gke", "aks", "kubeadm")
# kubeadm's own, from its package, as far as 90-tabard.conf takes it over.
KUBEADM = """[Unit]
Description=kubelet
[Service]
Environment="KUBELET_KUBECONFIG_ARGS=--kubeconfig=/etc/kubernetes/kubelet.conf"
EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
ExecStart=/usr/bin/true $KUBELET_KUBECONFIG_ARGS $KUBELET_CONFIG_ARGS $KUBELET_KUBEADM_ARGS $KUBELET_EXTRA_ARGS
"""


def documents(name):
    return list(yaml.safe_load_all((EXAMPLE / name).read_text()))


def provider_exec(*arguments):
    # A checkout may lie where others can write; the manifests are about nodes.
    return subprocess.run([STAGE / "bin/provider-exec", *arguments], env={"TABARD_PLUGIN_RELAXED": "1"}, capture_output=True, text=True,
                          check=False)


class ManifestTests(unittest.TestCase):
    def test_the_schema_finds_what_is_wrong(self):
        right = documents("eks.yaml")[-1]
        self.assertEqual(schema.check(right), [])
        for path, value in ((("spec", "updateStrategie"), {}), (("spec", "template", "spec", "hostPID"), "yes"),
                            (("spec", "template", "spec", "volumes"), {}), (("kind",), "DaemonSett")):
            wrong = json.loads(json.dumps(right))
            place = wrong
            for key in path[:-1]:
                place = place[key]
            place[path[-1]] = value
            self.assertEqual(len(schema.check(wrong)), 1, path)

    def test_every_manifest(self):
        files = sorted([*EXAMPLE.glob("*.yaml"), *EXAMPLE.glob("static/*.yaml")])
        self.assertGreaterEqual(len(files), 7)
        for file in files:
            with self.subTest(file.name):
                for document in yaml.safe_load_all(file.read_text()):
                    self.assertEqual(schema.check(document), [])
                if file.parent != EXAMPLE:
                    continue
                made = subprocess.run(["kubectl", "label", "--local", "-f", file, "x=y", "-o", "json"], capture_output=True, text=True, check=False)
                self.assertEqual((made.returncode, made.stderr), (0, ""))

    def test_daemon_sets(self):
        for name in DAEMON_SETS:
            with self.subTest(name):
                daemon_set = documents(f"{name}.yaml")[-1]
                pod = daemon_set["spec"]["template"]["spec"]
                self.assertEqual(daemon_set["spec"]["selector"]["matchLabels"], daemon_set["spec"]["template"]["metadata"]["labels"])
                install, stay = pod["initContainers"][0], pod["containers"][0]
                self.assertEqual(install["image"], stay["image"])
                hosts = {volume["name"]: volume["hostPath"]["path"] for volume in pod["volumes"] if "hostPath" in volume}
                mounts = {mount["name"]: mount["mountPath"] for mount in install["volumeMounts"] if mount["name"] != "settings"}
                self.assertEqual(hosts, mounts, "paths are the same inside and outside")
                settings = {one["name"]: one["value"] for one in install["env"]}
                script = (EXAMPLE / "install.sh").read_text()
                for variable, value in settings.items():
                    self.assertTrue(variable == "TABARD_ACTION" or f"#   {variable} " in script, variable)
                    if value.startswith("/") and variable != "TABARD_SETTINGS":
                        self.assertTrue(any((value + "/").startswith(path + "/") for path in hosts.values()), value)

    def test_an_action_is_set_as_the_readme_says(self):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(documents("eks.yaml")[-1], file)
            file.flush()
            made = subprocess.run(
                ["kubectl", "set", "env", "--local", "-f", file.name, "-c", "install", "TABARD_ACTION=rollback", "-o", "json"],
                capture_output=True, text=True, check=True)
        pod = json.loads(made.stdout)["spec"]["template"]["spec"]
        self.assertIn({"name": "TABARD_ACTION", "value": "rollback"}, pod["initContainers"][0]["env"])
        self.assertNotIn("env", pod["containers"][0])

    def test_settings_are_those_that_providers_have(self):
        for name in DAEMON_SETS:
            with self.subTest(name), tempfile.TemporaryDirectory() as folder:
                file = pathlib.Path(folder) / "config.json"
                file.write_text(documents(f"{name}.yaml")[1]["data"]["config.json"])
                settings = {one["name"]: one["value"] for one in documents(f"{name}.yaml")[-1]["spec"]["template"]["spec"]["initContainers"][0]["env"]}
                chosen = [part for one in settings["TABARD_PROVIDERS"].split() for part in ("--provider", one)]
                done = provider_exec("kubelet-config", *chosen, "--config", str(file))
                self.assertEqual(done.returncode, 0, done.stderr)
                entries = json.loads(done.stdout)["providers"]
                self.assertEqual(entries[0]["args"], ["--config", str(file)])

    def test_static_configurations_are_what_the_readme_says(self):
        rows = re.findall(r"^\| \[(static/\S+\.json)\]\(\S+\) \| `provider-exec ([^`]+)` \|$", (EXAMPLE / "README.md").read_text(), re.M)
        self.assertEqual(len(rows), len(list(EXAMPLE.glob("static/*.json"))))
        for file, command in rows:
            with self.subTest(file):
                self.assertEqual(provider_exec(*command.split()).stdout, (EXAMPLE / file).read_text())

    def test_tokens_have_the_audiences_that_kubelets_may_ask_for(self):
        role, binding = documents("service-account-tokens.yaml")
        allowed = role["rules"][0]["resources"]
        self.assertEqual(role["rules"][0]["verbs"], ["request-serviceaccounts-token-audience"])
        self.assertEqual((binding["roleRef"]["name"], binding["subjects"][0]["name"]), (role["metadata"]["name"], "system:nodes"))
        written = json.loads(provider_exec("kubelet-config", "--token-attributes").stdout)["providers"]
        audiences = [one["tokenAttributes"]["serviceAccountTokenAudience"] for one in written if "tokenAttributes" in one]
        self.assertEqual(len(audiences), 2)
        self.assertEqual([one for one in audiences if one not in allowed], [])

    @unittest.skipUnless(shutil.which("systemd-analyze"), "systemd-analyze is not installed")
    def test_the_drop_in_is_one_that_systemd_takes(self):
        with tempfile.TemporaryDirectory() as folder:
            unit = pathlib.Path(folder) / "kubelet.service"
            unit.write_text(KUBEADM)
            (pathlib.Path(folder) / "kubelet.service.d").mkdir()
            drop_in = (EXAMPLE / "90-tabard.conf").read_text().replace("@CONFIG@", "/etc/c.json").replace("@BIN_DIR@", "/opt/b")
            self.assertNotIn("@", drop_in)
            # There is no kubelet here.
            drop_in = drop_in.replace("/usr/bin/kubelet", "/usr/bin/true")
            for text, status in ((drop_in, 0), (drop_in.replace("ExecStart=\n", "ExecStarts=\n", 1), 1)):
                (unit.parent / "kubelet.service.d/90-tabard.conf").write_text(text)
                done = subprocess.run(["systemd-analyze", "verify", "--recursive-errors=no", unit], capture_output=True, text=True, check=False)
                self.assertEqual(1 if done.returncode or "tabard.conf" in done.stderr else 0, status, done.stderr)

    def test_an_installation_from_the_real_stage(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            settings = folder / "settings.json"
            settings.write_text('{"providers": {"aws-ecr-key": {"ec2": false}}}')
            environment = {
                "PATH": os.environ["PATH"], "TABARD_PAYLOAD": str(STAGE), "TABARD_PREFIX": str(folder / "opt"), "TABARD_PROVIDERS": "aws-ecr-key",
                "TABARD_CONFIG_ARGS": "--token-attributes", "TABARD_SETTINGS": str(settings), "KUBELET_BIN_DIR": str(folder / "bin"),
                "KUBELET_CONFIG": str(folder / "kubelet.json"), "KUBELET_RESTART": "true", "KUBELET_HEALTH": "true", "TABARD_PLUGIN_RELAXED": "1",
            }
            (folder / "kubelet.json").write_text("the node's own")
            done = subprocess.run(["sh", EXAMPLE / "install.sh", "install"], env=environment, capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
            asked = subprocess.run(
                [os.sys.executable, EXAMPLE.parents[1] / "Tests/Fakes/kubelet.py", "--config", folder / "kubelet.json", "--bin-dir", folder / "bin",
                 "--token", "a-token", "123456789012.dkr.ecr.eu-west-1.amazonaws.com/app"],
                env={"PATH": os.environ["PATH"], "TABARD_PLUGIN_RELAXED": "1", "AWS_EC2_METADATA_DISABLED": "true", "TABARD_FORBID_LINK_LOCAL": "1"},
                capture_output=True, text=True, check=False)
            # Found with its plugin and its settings; this machine has no identity.
            self.assertIn("aws-ecr-key", asked.stdout, asked.stderr)
            self.assertIn("give this machine an instance role", asked.stdout)
            self.assertIn('"provider-exec-ecr": 1', asked.stdout)
            done = subprocess.run(["sh", EXAMPLE / "install.sh", "remove"], env=environment, capture_output=True, text=True, check=False)
            self.assertEqual((done.returncode, (folder / "kubelet.json").read_text()), (0, "the node's own"), done.stderr)


if __name__ == "__main__":
    unittest.main()
