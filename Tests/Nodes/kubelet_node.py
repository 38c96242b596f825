"""A node for the tests of examples/kubelet/install.sh: a folder with the kubelet's files, and stand-ins for systemd and the kubelet."""

import json
import os
import pathlib
import shutil
import signal
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
INSTALLER = ROOT / "examples/kubelet/install.sh"

# Prints the configuration that names $NAMES; any other argument is a start that works.
PROGRAM = """#!/bin/sh
[ "$1" = kubelet-config ] || exit 0
printf '{"kind": "CredentialProviderConfig", "apiVersion": "kubelet.config.k8s.io/v1", "providers": ['
comma=
for name in NAMES; do
    printf '%s{"name": "%s", "apiVersion": "credentialprovider.kubelet.k8s.io/v1", "matchImages": ["r.io"], "defaultCacheDuration": "0s"}' "$comma" $name
    comma=', '
done
echo ']}'
"""

# A kubelet that starts only with flags, configuration and programs that are there. systemd knows a unit as of its last reload. A service with
# a socket requires it, and goes with it.
SYSTEMCTL = """#!/bin/sh
echo "$*" >>NODE/systemctl.log
case $1 in
daemon-reload) if [ -e "NODE/dropins/90-tabard.conf" ]; then cp NODE/dropins/90-tabard.conf NODE/loaded; else rm -f NODE/loaded; fi ;;
is-active) exec test -e NODE/kubelet-runs ;;
enable | disable)
    action=$1; shift
    for unit; do
        if [ "$unit" = --now ]; then continue; fi
        [ -e "NODE/units/$unit" ] || exit 1
        rm -f "NODE/enabled-$unit"
        if [ $action = enable ]; then : >"NODE/enabled-$unit"; continue; fi
        rm -f "NODE/active-$unit"
        case $unit in *.socket) rm -f "NODE/active-${unit%socket}service" ;; esac
    done ;;
restart)
    if [ "$2" != kubelet ]; then
        shift
        for unit; do
            [ -e "NODE/units/$unit" ] || exit 1
            cat "NODE/units/$unit" >"NODE/active-$unit"
            socket=${unit%service}socket
            if [ -e "NODE/units/$socket" ] && [ ! -e "NODE/active-$socket" ]; then cat "NODE/units/$socket" >"NODE/active-$socket"; fi
        done
        exit 0
    fi
    rm -f NODE/kubelet-runs
    if [ -e NODE/has-flags ]; then config=NODE/kubelet/config.json; else
        config=$(sed -n 's/.*--image-credential-provider-config=\\([^ ]*\\).*/\\1/p' NODE/loaded 2>/dev/null)
    fi
    if [ -n "$config" ]; then
        for name in $(grep -o '"name": "[^"]*"' "$config" | cut -d '"' -f 4); do "NODE/kubelet/$name" --version || exit 1; done
        [ -e "$config" ] || exit 1
    fi
    [ -e NODE/kubelet-is-ill ] || cat "${config:-/dev/null}" >NODE/kubelet-runs ;;
esac
"""

# Counts what changes something, and ends everything before or after the one that KILL says.
COUNTED = """#!/bin/sh
read -r count <NODE/count; count=$((count + 1)); echo $count >NODE/count
[ "$KILL" != "before $count" ] || kill -9 0
PROGRAM "$@"; status=$?
[ "$KILL" != "after $count" ] || kill -9 0
exit $status
"""


def write(path, text, mode=0o644):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)


class Node:
    """`has_flags`: the kubelet is told where its plugins are by somebody else, and has one; else by the installer's drop-in."""

    def __init__(self, folder, has_flags):
        self.folder, self.has_flags, self.base = folder / "node", has_flags, folder / "base"
        self.folder.mkdir()
        (self.folder / "systemctl.log").write_text("")
        self.fill("bin/systemctl", SYSTEMCTL)
        # A kill is no loss of power: what was written is there.
        self.fill("bin/sync", "#!/bin/sh\n")
        for name in ("cp", "chmod", "sync", "mv", "ln", "rm", "mkdir", "sed", "rmdir", "systemctl"):
            self.fill(f"counted/{name}", COUNTED, f"{self.folder}/bin/{name}" if name in ("sync", "systemctl") else f"/usr/bin/{name}")
        for name in ("kubelet", "units", "dropins"):
            (self.folder / name).mkdir()
        (self.folder / "kubelet-runs").write_text("")
        self.original = None
        if has_flags:
            (self.folder / "has-flags").write_text("")
            write(self.folder / "kubelet/clouds-own", "#!/bin/sh\n", 0o755)
            self.original = json.dumps({"kind": "CredentialProviderConfig", "apiVersion": "kubelet.config.k8s.io/v1", "providers": [
                {"name": "clouds-own", "apiVersion": "credentialprovider.kubelet.k8s.io/v1", "matchImages": ["r.io"],
                 "defaultCacheDuration": "12h"}]})
            self.config.write_text(self.original)
        self.environment = {
            "PATH": f"{self.folder}/bin:/usr/bin:/bin", "TABARD_PREFIX": str(self.prefix), "KUBELET_BIN_DIR": str(self.folder / "kubelet"),
            "KUBELET_CONFIG": str(self.config), "TABARD_UNITS": str(self.folder / "units"), "KILL": "",
        }
        if not has_flags:
            self.environment["KUBELET_DROPIN"] = str(self.folder / "dropins/90-tabard.conf")

    @property
    def config(self):
        return self.folder / "kubelet/config.json"

    @property
    def prefix(self):
        return self.folder / "opt/tabard"

    def fill(self, name, text, program=""):
        write(self.folder / name, text.replace("NODE", str(self.folder)).replace("PROGRAM", program), 0o755)

    def payload(self, name, programs, configured):
        """A version with these programs, whose configuration names some of them."""
        payload = self.folder / "payloads" / name
        write(payload / "bin/provider-exec", PROGRAM.replace("NAMES", " ".join(f"provider-exec-{one}" for one in configured)), 0o755)
        for program in programs:
            (payload / f"bin/provider-exec-{program}").symlink_to("provider-exec")
        write(payload / "lib/tabard/v1/libtabard.so", name)
        (payload / "node").mkdir()
        for file in ("install.sh", "90-tabard.conf"):
            shutil.copy(INSTALLER.parent / file, payload / "node")
        write(payload / "lib/systemd/system/tabard-agent.service", f"[Service]\nExecStart=@PREFIX@/bin/tabard agent\n# {name}\n")
        write(payload / "lib/systemd/system/tabard-agent.socket", "[Socket]\nListenStream=/run/tabard/agent.sock\n")
        return payload

    def units(self, sort):
        """Names and content of the agent's units that systemd has enabled, or that are active."""
        return {path.name.removeprefix(f"{sort}-"): path.read_text() for path in self.folder.glob(f"{sort}-*")}

    def command(self, payload, action):
        return ["/bin/sh", str(payload / "node/install.sh"), action]

    def run(self, payload, action, kill=None, wrapper=()):
        """Runs the installer in a process group of its own; what is left of the group ends with it. Returns its status and its words."""
        environment = dict(self.environment)
        if kill is not None:
            (self.folder / "count").write_text("0\n")
            environment.update(KILL=kill, PATH=f"{self.folder}/counted:{environment['PATH']}")
        process = subprocess.Popen([*wrapper, *self.command(payload, action)], env=environment, start_new_session=True, text=True,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            said = process.communicate(timeout=120)[0]
        finally:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        return process.returncode, said

    def keep(self):
        """Makes the present state the one that `back` returns to."""
        shutil.rmtree(self.base, ignore_errors=True)
        shutil.copytree(self.folder, self.base, symlinks=True)

    def back(self):
        shutil.rmtree(self.folder)
        shutil.copytree(self.base, self.folder, symlinks=True)

    def steps(self):
        return int((self.folder / "count").read_text())

    def named(self):
        return [one["name"] for one in json.loads(self.config.read_text())["providers"]]

    def complaints(self):
        """Why a kubelet that starts now would not run: as systemd knows it, and as after a reboot."""
        found = []
        for flags in (self.folder / "loaded", self.folder / "dropins/90-tabard.conf"):
            if not self.has_flags and not (flags.exists() and "--image-credential-provider-config" in flags.read_text()):
                continue
            if not self.config.exists():
                found.append("no configuration")
                continue
            for name in self.named():
                program = self.folder / "kubelet" / name
                if subprocess.run([program, "--version"], check=False).returncode if program.exists() else 1:
                    found.append(f"{name} is not there or does not run")
        return found

    def state(self):
        """All that a finished run leaves behind, by path."""
        state = {}
        for path in sorted(self.folder.rglob("*")):
            name = str(path.relative_to(self.folder))
            if name.startswith(("payloads", "count", "bin", "systemctl.log")):
                continue
            if path.is_symlink():
                state[name] = os.readlink(path)
            elif path.is_file():
                state[name] = path.read_bytes()
        return state
