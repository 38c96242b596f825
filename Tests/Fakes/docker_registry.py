"""A real docker-registry (distribution 2.8) on a loopback port of its own, with a store that goes with it."""

import ctypes
import http.client
import json
import pathlib
import re
import secrets
import shutil
import signal
import subprocess
import tempfile
import time

from service import Response

# Per connection, not per message (RFC 9110 section 7.6.1); lengths are counted anew.
HOP = {"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "proxy-authorization", "content-length", "expect"}


class DockerRegistry:
    """`auth` is the configuration's own auth section, or None for a registry that lets everybody in."""

    def __init__(self, auth=None, tls=None):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="docker-registry."))
        configuration = {
            "version": 0.1,
            "log": {"level": "info"},
            "storage": {"filesystem": {"rootdirectory": str(self.folder / "store")}, "maintenance": {"uploadpurging": {"enabled": False}}},
            "http": {"addr": "127.0.0.1:0", "relativeurls": True, "secret": secrets.token_hex(16)},
        }
        if auth:
            configuration["auth"] = auth
        if tls:
            configuration["http"]["tls"] = {"certificate": tls[0], "key": tls[1]}
        # JSON is YAML.
        (self.folder / "config.yml").write_text(json.dumps(configuration))
        self.log = self.folder / "log"
        libc = ctypes.CDLL(None)
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                ["docker-registry", "serve", str(self.folder / "config.yml")],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={"PATH": "/usr/bin:/bin", "HOME": str(self.folder), "OTEL_TRACES_EXPORTER": "none"},
                # PR_SET_PDEATHSIG: no registry outlives the script that started it.
                preexec_fn=lambda: libc.prctl(1, signal.SIGKILL),
            )
        self.port = self.find_port()

    def find_port(self):
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            found = re.search(r"listening on 127\.0\.0\.1:(\d+)", self.log.read_text())
            if found:
                return int(found.group(1))
            if self.process.poll() is not None:
                break
            time.sleep(0.01)
        raise SystemExit(f"docker-registry did not start:\n{self.log.read_text()[-2000:]}")

    def forward(self, request, **extra):
        """Hands a request on and brings the whole answer back."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        # A field that stands there several times is one list (RFC 9110 section 5.3): Go sends one Accept line per media type.
        headers = {name: ", ".join(request.headers.get_all(name)) for name in request.headers.keys() if name.lower() not in HOP}
        try:
            connection.request(request.method, request.target, body=request.body or None, headers={**headers, **extra})
            answer = connection.getresponse()
            body = answer.read()
        finally:
            connection.close()
        kept = {name: value for name, value in answer.getheaders() if name.lower() not in HOP}
        if request.method == "HEAD" and answer.getheader("Content-Length"):
            kept["Content-Length"] = answer.getheader("Content-Length")
        return Response(answer.status, kept, body)

    def end(self):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
