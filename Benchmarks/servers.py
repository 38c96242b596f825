"""Servers that cost a client nothing: fixed answers over TLS, and a proxy that leads to them under the names of clouds."""
import http.server
import pathlib
import shutil
import socket
import socketserver
import ssl
import subprocess
import threading

import measuring  # noqa: F401  (leads to Tests/Fakes)
import tls


def authorities(folder):
    """The system's certificate authorities and one of our own, as a directory with hash links and as a bundle."""
    own = tls.authority(folder / "keys")
    directory, bundle = folder / "certificates", folder / "bundle.pem"
    if bundle.exists():
        return directory, bundle
    shutil.copytree("/etc/ssl/certs", directory, symlinks=True)
    digest = subprocess.run(["openssl", "x509", "-noout", "-subject_hash", "-in", own], check=True, capture_output=True, text=True).stdout.strip()
    (directory / f"{digest}.0").write_bytes(own.read_bytes())
    bundle.write_bytes(pathlib.Path("/etc/ssl/certs/ca-certificates.crt").read_bytes() + own.read_bytes())
    return directory, bundle


class AnswerServer:
    """Gives fixed answers at once, in this process: the same work for every client, and none that could be the client's. Over TLS, unless
    the name is None."""

    def __init__(self, folder, name="localhost", answers=None):
        outer = self
        self.answers, self.count = answers or {}, 0

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Head and body in one packet, as real servers send them: else every client waits 40 ms for an acknowledgement.
            wbufsize = 65536
            disable_nagle_algorithm = True

            def do_POST(self):
                outer.count += 1
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                body = outer.answers.get(self.path.split("?")[0], "{}").encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                if self.command == "PUT":
                    self.send_header("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", "21600")
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_PUT = do_POST

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if name:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls.leaf(folder / "keys", name))
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def end(self):
        self.server.shutdown()
        self.server.server_close()


class Tunnel:
    """An HTTP proxy whose CONNECTs lead to our servers by name: so that programs which insist on Amazon's own names can be asked here."""

    def __init__(self, ports):
        outer = self
        self.ports = ports

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                head = b""
                while b"\r\n\r\n" not in head:
                    piece = self.request.recv(4096)
                    if not piece:
                        return
                    head += piece
                name = head.split()[1].decode().partition(":")[0]
                with socket.create_connection(("127.0.0.1", outer.ports[name])) as server:
                    self.request.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    for end in (self.request, server):
                        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    back = threading.Thread(target=self.copy, args=(server, self.request), daemon=True)
                    back.start()
                    self.copy(self.request, server)
                    back.join()

            @staticmethod
            def copy(source, target):
                try:
                    while piece := source.recv(65536):
                        target.sendall(piece)
                    target.shutdown(socket.SHUT_WR)
                except OSError:
                    pass

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def end(self):
        self.server.shutdown()
        self.server.server_close()
