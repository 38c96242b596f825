#!/usr/bin/env python3
"""An open registry of one image with one large layer, which gives each connection so many bytes a second, and parts in good or odd ways.

It is started and ended like the other fakes (service.py). Rules of its fault plan, each for the layer's requests only:
  {"do": "hold", "after": 1000}     when that many bytes have been sent over all connections, no more come until there is another plan
  {"do": "part", "as": KIND}        how a request for a part of the layer that names its end is answered:
      whole            200 with all of the layer, as by a server that knows no ranges
      other-range      206 with the bytes and Content-Range of another part
      other-length     206 with a Content-Range whose layer is a byte longer
      no-range         206 without Content-Range
      other-version    206 with another ETag
      corrupt          206 with one byte changed
      cut              206 whose connection ends after a third, where that is a mebibyte or more
Each request is a line of the log: {"target", "range", "status", "sent"}, written when its answer has ended.
"""

import hashlib
import json
import re
import socket
import sys
import threading

import service

# Linux: the kernel sends no faster (socket(7)), so nothing here has to wait.
SO_MAX_PACING_RATE = 47


class Registry:
    def __init__(self, options):
        self.options, self.changed = options, threading.Condition()
        self.faults, self.sent = options.fault, 0
        self.log = open(options.log, "a", buffering=1)
        block = bytes(index * 7 & 0xFF for index in range(65536 - 4))
        self.layer = b"".join(number.to_bytes(4, "big") + block for number in range(options.size >> 16)) + b"end"
        self.blobs, self.digest = {}, self.name(self.layer)
        configuration = json.dumps({"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": [self.digest]}}).encode()
        self.kind = "application/vnd.oci.image.manifest.v1+json"
        self.manifest = json.dumps({
            "schemaVersion": 2, "mediaType": self.kind,
            "config": self.descriptor("application/vnd.oci.image.config.v1+json", configuration),
            "layers": [self.descriptor("application/vnd.oci.image.layer.v1.tar", self.layer)],
        }).encode()
        self.listener = socket.create_server(("127.0.0.1", options.port), backlog=64)
        threading.Thread(target=self.serve, daemon=True).start()

    @staticmethod
    def name(data):
        return "sha256:" + hashlib.sha256(data).hexdigest()

    def descriptor(self, kind, data):
        self.blobs[self.name(data)] = data
        return {"mediaType": kind, "digest": self.name(data), "size": len(data)}

    def serve(self):
        while True:
            connection, _ = self.listener.accept()
            threading.Thread(target=self.talk, args=(connection,), daemon=True).start()

    def talk(self, connection):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # Little that is on its way when the client goes.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 18)
        pending = b""
        with connection:
            try:
                while True:
                    while b"\r\n\r\n" not in pending:
                        piece = connection.recv(65536)
                        # Who tries TLS first learns at once that there is none.
                        if not piece or not pending and piece[0] == 0x16:
                            return
                        pending += piece
                    head, _, pending = pending.partition(b"\r\n\r\n")
                    if not self.answer(connection, head.decode("latin-1")):
                        return
            except OSError:
                pass

    def answer(self, connection, head):
        """Returns whether the connection stays."""
        method, target = head.split(" ")[:2]
        asked = re.search(r"(?im)^range: *(bytes=(\d+)-(\d*))\r?$", head)
        line = {"target": target, "range": asked[1] if asked else None, "status": 404, "sent": 0}
        headers, body, ending = {}, b"", True
        if "/manifests/" in target:
            line["status"], body = 200, self.manifest
            headers = {"Content-Type": self.kind, "Docker-Content-Digest": self.name(body)}
        elif target.rpartition("/")[2] in self.blobs:
            whole = self.blobs[target.rpartition("/")[2]]
            line["status"], headers, body, ending = self.part(whole, asked)
        lines = "".join(f"{name}: {value}\r\n" for name, value in {"Content-Length": len(body), **headers}.items())
        try:
            connection.sendall(f"HTTP/1.1 {line['status']} Status\r\n{lines}\r\n".encode())
            if method == "HEAD":
                return True
            if target.endswith(self.digest):
                connection.setsockopt(socket.SOL_SOCKET, SO_MAX_PACING_RATE, self.options.rate)
                self.send(connection, body if ending else body[: len(body) // 3], line)
            else:
                connection.sendall(body)
        finally:
            with self.changed:
                self.log.write(json.dumps(line) + "\n")
        return ending

    def part(self, whole, asked):
        headers = {"Accept-Ranges": "bytes", "ETag": '"one"'}
        if not asked:
            return 200, headers, whole, True
        start, end = int(asked[2]), min(len(whole), int(asked[3] or len(whole) - 1) + 1)
        if start >= end:
            return 416, {"Content-Range": f"bytes */{len(whole)}"}, b"", True
        length, kind = len(whole), self.rule("part", {}).get("as") if asked[3] else None
        if kind == "whole":
            return 200, {}, whole, True
        if kind == "other-range":
            start, end = start - 1, end - 1
        body = whole[start:end]
        if kind == "other-length":
            length += 1
        if kind == "other-version":
            headers["ETag"] = '"two"'
        if kind == "corrupt":
            body = body[:-1] + bytes([body[-1] ^ 1])
        if kind != "no-range":
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{length}"
        return 206, headers, body, kind != "cut" or len(body) < 3 << 20

    def rule(self, kind, default=None):
        with self.changed:
            return next((rule for rule in self.faults if rule["do"] == kind), default)

    def send(self, connection, body, line):
        view = memoryview(body)
        for start in range(0, len(view), 1 << 16):
            piece = view[start : start + (1 << 16)]
            with self.changed:
                while any(rule["do"] == "hold" and self.sent >= rule["after"] for rule in self.faults):
                    self.changed.wait()
                self.sent += len(piece)
            connection.sendall(piece)
            line["sent"] += len(piece)

    def run(self):
        print(json.dumps({"port": self.listener.getsockname()[1], "digest": self.digest, "size": len(self.layer)}), flush=True)
        for command in map(json.loads, sys.stdin):
            with self.changed:
                self.faults, self.sent = command["faults"], 0
                self.changed.notify_all()
            print(json.dumps({"ok": True}), flush=True)


if __name__ == "__main__":
    parser = service.arguments(__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=64 << 20, help="bytes of the layer, in blocks of 65536")
    parser.add_argument("--rate", type=int, default=16 << 20, help="bytes a second and connection")
    Registry(parser.parse_args()).run()
