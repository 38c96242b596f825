"""What the fake nodes of all clouds share: a network namespace at whose other end the cloud's services have their real names and ports.

The caller runs in a user, network and mount namespace of its own, which `unshare -rnm` gives: it becomes the cloud.
"""

import os
import signal
import socket
import ssl
import subprocess
import sys
import threading

import tls


class Node:
    """The node: one link, IPv4 or IPv6 only, that comes up `late` seconds after the start of the program, no loopback and no resolver.

    It sees the `hosts` (names by address) and trusts the authority in FOLDER/tls. `address` is its own, `route` the cloud's, both within
    `length` bits.
    """

    def __init__(self, folder, program, hosts, address, route, length, late=0):
        (folder / "hosts").write_text("".join(f"{place} {name}\n" for place, name in hosts.items()))
        # No resolver: what is not in the hosts file has no address.
        (folder / "resolv.conf").write_text("nameserver 127.0.0.1\noptions attempts:1 timeout:1\n")
        for file in ("hosts", "resolv.conf"):
            subprocess.run(["mount", "--bind", str(folder / file), f"/etc/{file}"], check=True)
        family, self.nodad = ("-6", ["nodad"]) if ":" in address else ("-4", [])
        link = f"sleep {late}; ip link set v1 up; ip address add {address}/{length} dev v1 {' '.join(self.nodad)}"
        link += f"; ip {family} route add default via {route}"
        # A shell that waits for its link, then becomes the program; a link that is not late is up before that.
        script = f'echo ready; read -r _; ({link}) </dev/null >/dev/null {"&" if late else ";"} exec "$@"'
        variables = {**os.environ, "SSL_CERT_FILE": str(folder / "tls/ca.pem")}
        command = ["unshare", "-n", "setsid", "sh", "-c", script, "sh", *program]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=variables)
        line = self.process.stdout.readline()
        if line != b"ready\n":
            sys.exit(f"the node's namespace is not there: {line!r}")
        ip("link", "set", "lo", "up")
        ip("link", "add", "v0", "type", "veth", "peer", "name", "v1", "netns", self.process.pid)
        ip("link", "set", "v0", "up")
        self.serve_at(route, length)

    def serve_at(self, address, length):
        """Gives the cloud another address."""
        ip("address", "add", f"{address}/{length}", "dev", "v0", *self.nodad)

    def run(self, fakes):
        """Lets the program run to its end, then ends the fakes and this process with the program's status."""
        self.process.stdin.write(b"go\n")
        self.process.stdin.close()
        sys.stdout.buffer.write(self.process.stdout.read())
        status = self.process.wait()
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        for fake in fakes:
            fake.end()
        sys.stdout.flush()
        os._exit(status if status >= 0 else 128 - status)


def ip(*arguments):
    subprocess.run(["ip", *map(str, arguments)], check=True)


def pump(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass
    for end in (source, target):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def forward(address, port, backend, context=None):
    """Listens at an address, and hands what comes on to a fake on loopback."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.create_server((address, port), family=family)

    def serve(connection):
        try:
            front = context.wrap_socket(connection, server_side=True) if context else connection
            back = socket.create_connection(("127.0.0.1", backend))
        except OSError:
            connection.close()
            return
        threading.Thread(target=pump, args=(front, back), daemon=True).start()
        pump(back, front)

    def accept():
        while True:
            threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()


def context(folder, name):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(*tls.leaf(folder / "tls", name))
    return made
