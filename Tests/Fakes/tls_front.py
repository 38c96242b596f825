#!/usr/bin/env python3
"""A TLS server on loopback that hands the bytes of each connection to a plain TCP server and back, so that a test can script what is said
inside TLS. The certificate is made here, below an authority of its own (FOLDER/ca.pem).

usage: tls_front.py FOLDER --backend PORT [--name localhost] [--days 7] [--maximum 1.1] [--self-signed] [--farewell] [--client NAME]

With --farewell each connection carries one request without a body, and the end of the answer is said in TLS (close_notify); without it, TLS
is cut whenever the backend ends. With --client only those get in who show a certificate of the authority: FOLDER/NAME.pem and NAME.key are one.
"""
import argparse
import json
import socket
import ssl
import struct
import sys
import threading

import tls

VERSIONS = {"1.1": ssl.TLSVersion.TLSv1_1, "1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


def pump(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except ConnectionResetError:
        # A reset goes on as a reset: linger 0.
        target.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        target.close()
        return
    except (OSError, ssl.SSLError):
        pass
    for end in (target, source):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def serve(connection, context, backend):
    try:
        front = context.wrap_socket(connection, server_side=True)
    except (OSError, ssl.SSLError):
        connection.close()
        return
    back = socket.create_connection(("127.0.0.1", backend))
    threading.Thread(target=pump, args=(front, back), daemon=True).start()
    pump(back, front)


def serve_with_farewell(connection, context, backend):
    with context.wrap_socket(connection, server_side=True) as front, socket.create_connection(("127.0.0.1", backend)) as back:
        request = b""
        while not request.endswith(b"\r\n\r\n"):
            request += front.recv(65536)
        back.sendall(request)
        while data := back.recv(65536):
            front.sendall(data)
        front.unwrap()


def accept(listener, context, backend, serve):
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(connection, context, backend), daemon=True).start()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("folder")
    parser.add_argument("--backend", type=int, required=True)
    parser.add_argument("--name", default="localhost")
    parser.add_argument("--days", type=int, default=7)
    parser.add_argument("--maximum", choices=VERSIONS)
    parser.add_argument("--self-signed", action="store_true")
    parser.add_argument("--farewell", action="store_true")
    parser.add_argument("--client")
    options = parser.parse_args()
    make = tls.self_signed if options.self_signed else tls.leaf
    certificate, key = make(options.folder, options.name, options.days)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    if options.client:
        tls.leaf(options.folder, options.client)
        context.load_verify_locations(tls.authority(options.folder))
        context.verify_mode = ssl.CERT_REQUIRED
    if options.maximum:
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.maximum_version = VERSIONS[options.maximum]
        # OpenSSL's default security level has no cipher for the old versions.
        context.set_ciphers("ALL:@SECLEVEL=0")
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=accept, args=(listener, context, options.backend, serve_with_farewell if options.farewell else serve), daemon=True).start()
    print(json.dumps({"port": listener.getsockname()[1]}), flush=True)
    sys.stdin.read()


main()
