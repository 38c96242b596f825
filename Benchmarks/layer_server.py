#!/usr/bin/env python3
"""A registry for measurements: open, plain HTTP, bodies by sendfile, so that the client is what is measured.

usage: layer_server.py FOLDER      FOLDER/blobs/HEX are the contents, FOLDER/tags.json names manifests; prints the port, then serves

An image whose name ends in -capped comes with CAP bytes a second and connection, one that ends in -token to whoever has a pull token. GET /stats gives how often each content was sent and how many bytes in all, and begins anew.
"""
import json
import os
import pathlib
import re
import socket
import sys
import threading
import time

CAP = 50_000_000


class Server:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.tags = json.loads((self.folder / "tags.json").read_text())
        self.lock, self.sent, self.bytes, self.requests = threading.Lock(), {}, 0, 0
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)

    def serve(self):
        while True:
            connection, _ = self.listener.accept()
            threading.Thread(target=self.talk, args=(connection,), daemon=True).start()

    def talk(self, connection):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        pending = b""
        try:
            while True:
                while b"\r\n\r\n" not in pending:
                    piece = connection.recv(65536)
                    # Who tries TLS first learns at once that there is none.
                    if not piece or (not pending and piece[0] == 0x16):
                        return
                    pending += piece
                head, _, pending = pending.partition(b"\r\n\r\n")
                self.answer(connection, head.decode("latin-1"))
        except OSError:
            pass
        finally:
            connection.close()

    def answer(self, connection, head):
        method, target = head.split(" ")[:2]
        if target == "/stats":
            with self.lock:
                body = json.dumps({"sent": self.sent, "bytes": self.bytes, "requests": self.requests}).encode()
                self.sent, self.bytes, self.requests = {}, 0, 0
            return connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        with self.lock:
            self.requests += 1
        if target.rstrip("/") == "/v2":
            return connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        if target.startswith("/token?"):
            body = b'{"token": "of-the-benchmark"}'
            return connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        if target.split("/")[-3].endswith("-token") and not re.search(r"(?im)^authorization: *bearer of-the-benchmark\r?$", head):
            host = "127.0.0.1:%d" % self.listener.getsockname()[1]
            challenge = f'Bearer realm="http://{host}/token",service="{host}",scope="repository:{"/".join(target.split("/")[2:-2])}:pull"'
            return connection.sendall(f"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: {challenge}\r\nContent-Length: 0\r\n\r\n".encode())
        name = target.split("/")[-1]
        kind = "application/octet-stream"
        if "/manifests/" in target:
            image = target.split("/")[-3]
            # Every tag is there, so that many pulls can want names of their own.
            digest = name if name.startswith("sha256:") else self.tags[image]
            kind = json.loads((self.folder / "blobs" / digest[7:]).read_bytes())["mediaType"]
        else:
            digest = name
        path = self.folder / "blobs" / digest[7:]
        if not path.exists():
            return connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        size = path.stat().st_size
        asked = re.search(r"(?im)^range: *bytes=(\d+)-(\d*)\r?$", head)
        start, end = (int(asked[1]), min(size, int(asked[2] or size - 1) + 1)) if asked else (0, size)
        status = f"206 Partial Content\r\nContent-Range: bytes {start}-{end - 1}/{size}" if asked else "200 OK"
        connection.sendall(f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nDocker-Content-Digest: {digest}\r\nAccept-Ranges: bytes\r\n"
                           f"Content-Length: {end - start}\r\n\r\n".encode(), socket.MSG_MORE if method != "HEAD" else 0)
        if method == "HEAD":
            return None
        with self.lock:
            self.sent[digest] = self.sent.get(digest, 0) + 1
        capped = target.split("/")[-3].endswith("-capped")
        first, begun = start, time.monotonic()
        with open(path, "rb") as file:
            while start < end:
                count = os.sendfile(connection.fileno(), file.fileno(), start, min(end - start, 1 << 18 if capped else 1 << 20))
                start += count
                with self.lock:
                    self.bytes += count
                if capped:
                    time.sleep(max(0, begun + (start - first) / CAP - time.monotonic()))
        return None


if __name__ == "__main__":
    server = Server(sys.argv[1])
    print(server.listener.getsockname()[1], flush=True)
    server.serve()
