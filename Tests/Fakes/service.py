"""What every fake cloud shares: a loopback HTTP server with a request log, fault plans and one way to start and to end.

A fake prints one JSON line with its address when it is ready, reads commands as JSON lines from standard input (`{"faults": [...]}`
replaces the fault plan and is answered by `{"ok": true}`), and ends when standard input closes.

A fault plan is a list of rules. The first rule that fits a request and is not used up decides:
  {"path": "/token", "skip": 0, "count": 1, "do": "status", "status": 503, "headers": {"Retry-After": "1"}, "body": "busy"}
`path` is a part of the target (absent: every request), `method` narrows further, `skip` lets that many fitting requests through first,
`count` is how many are hit (absent: all that follow). `do` is one of
  status    answer with `status`, `headers`, `body`
  delay     wait `seconds`, then answer rightly
  hang      accept the request and never answer
  reset     end the connection with a TCP reset
  truncate  announce the whole answer, send half of the body, close
  garbage   answer with bytes that are not HTTP
  corrupt   answer rightly, but with the last byte of the body changed
  drop      answer rightly without the header `header`
"""

import argparse
import json
import os
import pathlib
import socket
import ssl
import struct
import sys
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Request:
    """One request as it arrived. `query` and `form()` keep every value, in order."""

    def __init__(self, method, target, headers, body):
        self.method, self.target, self.headers, self.body = method, target, headers, body
        path, _, query = target.partition("?")
        self.path = path
        self.query = urllib.parse.parse_qs(query, keep_blank_values=True)

    def form(self):
        """The fields of an application/x-www-form-urlencoded body, or a refusal."""
        kind = self.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind != "application/x-www-form-urlencoded":
            raise Refusal(400, {}, "", f"content type {kind or 'missing'} is not a form")
        try:
            fields = urllib.parse.parse_qs(self.body.decode("ascii"), keep_blank_values=True, strict_parsing=True)
        except (UnicodeDecodeError, ValueError) as error:
            raise Refusal(400, {}, "", f"not a form: {error}") from error
        for name, values in fields.items():
            if len(values) != 1:
                raise Refusal(400, {}, "", f"the field {name} stands there {len(values)} times")
        return {name: values[0] for name, values in fields.items()}


class Response:
    """What to answer; `body` is text or bytes. `why` goes into the log only."""

    def __init__(self, status, headers=None, body="", why=""):
        self.status, self.headers, self.why = status, dict(headers or {}), why
        self.body = body.encode() if isinstance(body, str) else body

    @staticmethod
    def json(status, value, headers=None, why=""):
        return Response(status, {"Content-Type": "application/json; charset=utf-8", **(headers or {})}, json.dumps(value), why)


class Refusal(Exception):
    """Ends the handling of a request with an error answer, and says why in the log."""

    def __init__(self, status, headers, body, why):
        super().__init__(why)
        self.response = Response(status, headers, body, why)


class Service:
    """The server. Subclasses answer in `handle`; `certificate` (a PEM path with chain, a key path) turns TLS on."""

    def __init__(self, handle, log=None, faults=(), certificate=None, port=0):
        self.handle = handle
        self.lock = threading.Lock()
        self.ended = threading.Event()
        self.log = open(log, "a", buffering=1) if log else None
        self.faults = [dict(rule) for rule in faults]
        self.count = 0
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 60

            def answer(self):
                service.answer(self)

            do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer

            def log_message(self, *arguments):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, request, client_address):
                # A client that hangs up, or one that does not trust our certificate, is what tests provoke.
                if not isinstance(sys.exc_info()[1], (OSError, ssl.SSLError)):
                    super().handle_error(request, client_address)

            def get_request(self):
                connection, address = super().get_request()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if service.context:
                    connection = service.context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
                return connection, address

        self.context = None
        if certificate:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(*certificate)
        self.server = Server(("127.0.0.1", port), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    # One request

    def answer(self, handler):
        body = read_body(handler)
        request = Request(handler.command, handler.path, handler.headers, body)
        with self.lock:
            number = self.count
            self.count += 1
            fault = self.take_fault(request)
        kind = fault["do"] if fault else None
        response = Response(0, why="no answer")
        if kind == "status":
            response = Response(fault["status"], fault.get("headers"), fault.get("body", ""))
        elif kind not in ("hang", "reset", "garbage"):
            if kind == "delay":
                self.ended.wait(fault["seconds"])
            response = self.respond(request)
        self.write_log(number, request, response, kind)
        if kind == "hang":
            self.ended.wait()
        if kind in ("hang", "reset"):
            # Seconds 0 with linger on: close sends RST.
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            handler.close_connection = True
            # Closed under everybody's feet: an orderly shutdown would send FIN first.
            os.close(handler.connection.detach())
            return
        if kind == "garbage":
            handler.wfile.write(fault.get("body", "\x00\x01 this is not HTTP\r\n\r\n").encode("latin-1"))
            handler.close_connection = True
            return
        if kind == "drop":
            response.headers = {name: value for name, value in response.headers.items() if name.lower() != fault["header"].lower()}
        if kind == "corrupt" and response.body:
            response.body = response.body[:-1] + bytes([response.body[-1] ^ 1])
        self.send(handler, request, response, truncated=kind == "truncate")

    def respond(self, request):
        try:
            if not request.headers.get("Host"):
                raise Refusal(400, {}, "", "no Host header")
            return self.handle(request)
        except Refusal as refusal:
            return refusal.response

    def send(self, handler, request, response, truncated=False):
        handler.send_response_only(response.status)
        given = {name.lower() for name in response.headers}
        own = {"Date": handler.date_time_string(), "Content-Length": str(len(response.body))}
        for name, value in {**response.headers, **{name: value for name, value in own.items() if name.lower() not in given}}.items():
            handler.send_header(name, value)
        if truncated:
            handler.close_connection = True
        handler.end_headers()
        if request.method != "HEAD":
            handler.wfile.write(response.body[: len(response.body) // 2] if truncated else response.body)

    def take_fault(self, request):
        for rule in self.faults:
            if rule.get("path", "") not in request.target or rule.get("method", request.method) != request.method:
                continue
            if rule.get("skip", 0) > 0:
                rule["skip"] -= 1
                continue
            if rule.get("count") == 0:
                continue
            if "count" in rule:
                rule["count"] -= 1
            return rule
        return None

    def write_log(self, number, request, response, fault):
        if not self.log:
            return
        line = {"n": number, "method": request.method, "target": request.target, "headers": dict(request.headers.items())}
        if len(request.body) <= 65536:
            line["body"] = request.body.decode("latin-1")
        line.update(status=response.status, why=response.why)
        if fault:
            line["fault"] = fault
        with self.lock:
            self.log.write(json.dumps(line) + "\n")

    # The life of the process

    def run(self, **ready):
        """Says that the service is ready and serves until standard input closes."""
        print(json.dumps({"port": self.port, **ready}), flush=True)
        for line in sys.stdin:
            command = json.loads(line)
            if "faults" in command:
                with self.lock:
                    self.faults = [dict(rule) for rule in command["faults"]]
            print(json.dumps({"ok": True}), flush=True)
        self.ended.set()
        self.server.shutdown()


def read_body(handler):
    """The whole body, chunked or counted."""
    if "chunked" in handler.headers.get("Transfer-Encoding", "").lower():
        body = bytearray()
        while True:
            size = int(handler.rfile.readline().split(b";")[0], 16)
            body += handler.rfile.read(size)
            handler.rfile.readline()
            if size == 0:
                return bytes(body)
    return handler.rfile.read(int(handler.headers.get("Content-Length") or 0))


def arguments(description, **options):
    """A parser with what every fake takes."""
    parser = argparse.ArgumentParser(description=description, **options)
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1 (default: a free one)")
    parser.add_argument("--log", help="append every request to this file, one JSON object a line")
    parser.add_argument(
        "--fault", action="append", default=[], type=json.loads, metavar="JSON", help="a rule of the fault plan (repeatable)"
    )
    return parser


def note_secret(secret):
    """Has the whole suite's output looked through for it: see scripts/scan-secrets."""
    path = os.environ.get("TABARD_TEST_SECRETS")
    if path and len(secret) >= 8:
        with open(path, "a") as file:
            file.write(json.dumps(secret) + "\n")


class Issued:
    """What a fake cloud has handed out, in a file that the fake registries read: a JSON object from password to what it is good for."""

    def __init__(self, path):
        self.path = pathlib.Path(path) if path else None
        self.entries = {}
        self.lock = threading.Lock()
        self.write()

    def add(self, password, **facts):
        note_secret(password)
        with self.lock:
            self.entries[password] = facts
            self.write()

    def write(self):
        if not self.path:
            return
        new = self.path.with_name(self.path.name + ".new")
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "w") as file:
            json.dump(self.entries, file)
        os.replace(new, self.path)

    @staticmethod
    def read(path):
        return json.loads(pathlib.Path(path).read_text())
