#!/usr/bin/env python3
"""HTTP/1.1 against HTTP/2 as a puller would use them, interleaved: nginx over TLS on loopback, curl as the client, with and without a delay.

usage: http2.py [ROUNDS]        needs Debian's nginx-light; the figures of docs/decisions/0017-http1.md
"""
import asyncio
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time

SERVER = """worker_processes 1; error_log /dev/null; pid {0}/pid; events {{ worker_connections 512; }}
http {{ access_log off; keepalive_requests 10000; sendfile on; server {{ listen 127.0.0.1:18443 ssl http2;
ssl_certificate {0}/certificate; ssl_certificate_key {0}/key; root {0}; }} }}
"""
SMALL = [f"small{number}" for number in range(100)]
# name, port, files, connections or streams at once
CASES = [
    ("100 x 10 kB, 4 at once", 18443, SMALL, 4),
    ("100 x 10 kB, 8 at once", 18443, SMALL, 8),
    ("100 x 10 kB, 20 ms round trip, 4 at once", 18444, SMALL, 4),
    ("100 x 10 kB, 20 ms round trip, 8 at once", 18444, SMALL, 8),
    ("one of 512 MiB", 18443, ["large"], 1),
]


async def delay(seconds):
    """Hands bytes on between the two ports, each that much later."""

    async def pump(reader, writer):
        queue, loop = asyncio.Queue(), asyncio.get_running_loop()

        async def write():
            while True:
                moment, data = await queue.get()
                await asyncio.sleep(max(0, moment - loop.time()))
                if not data:
                    return writer.close()
                writer.write(data)

        task = asyncio.create_task(write())
        while data := await reader.read(65536):
            queue.put_nowait((loop.time() + seconds, data))
        queue.put_nowait((loop.time() + seconds, b""))
        await task

    async def serve(reader, writer):
        back, forth = await asyncio.open_connection("127.0.0.1", 18443)
        await asyncio.gather(pump(reader, forth), pump(back, writer), return_exceptions=True)

    server = await asyncio.start_server(serve, "127.0.0.1", 18444)
    await server.serve_forever()


def fetch(folder, version, port, files, at_once):
    """Milliseconds of wall and processor time."""
    command = ["curl", "-sS", "--no-progress-meter", "--cacert", f"{folder}/certificate", version, "-Z", "--parallel-max", str(at_once)]
    for name in files:
        command += [f"https://localhost:{port}/{name}", "-o", "/dev/null"]
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    wall, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1e3 * wall, 1e3 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def main(rounds):
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        place = pathlib.Path(folder)
        place.chmod(0o755)
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", place / "key", "-out", place / "certificate", "-days", "2",
             "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"], check=True, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        for name in SMALL:
            (place / name).write_bytes(bytes(10240))
        with open(place / "large", "wb") as file:
            file.truncate(512 << 20)
        (place / "server.conf").write_text(SERVER.format(folder))
        subprocess.run(["nginx", "-c", place / "server.conf"], check=True)
        threading.Thread(target=lambda: asyncio.run(delay(0.01)), daemon=True).start()
        time.sleep(1)
        try:
            print("| case | HTTP/1.1 wall, CPU ms | HTTP/2 | ratio |\n|---|---:|---:|---:|")
            for name, port, files, at_once in CASES:
                times = {"--http1.1": [], "--http2": []}
                for _ in range(rounds):
                    for version, found in times.items():
                        found.append(fetch(folder, version, port, files, at_once))
                (wall1, cpu1), (wall2, cpu2) = ([statistics.median(column) for column in zip(*found)] for found in times.values())
                print(f"| {name} | {wall1:.0f}, {cpu1:.0f} | {wall2:.0f}, {cpu2:.0f} | {wall2 / wall1:.2f}, {cpu2 / cpu1:.2f} |", flush=True)
        finally:
            subprocess.run(["nginx", "-c", place / "server.conf", "-s", "stop"], check=True)


main(int(sys.argv[1]) if len(sys.argv) > 1 else 9)
