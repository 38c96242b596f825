#!/usr/bin/env python3
"""Makes a private certificate authority and server certificates with openssl, for tests on loopback.

usage: tls.py FOLDER NAME...      writes ca.pem, NAME.pem (with the chain), NAME.key
"""

import pathlib
import subprocess
import sys


def openssl(*arguments, text=None):
    return subprocess.run(["openssl", *arguments], input=text, check=True, capture_output=True).stdout


def authority(folder):
    """Makes ca.pem and ca.key in the folder, once."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "ca.pem").exists():
        openssl(
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "30",
            "-subj",
            "/CN=Private test CA",
            "-addext",
            "basicConstraints=critical,CA:TRUE",
            "-addext",
            "keyUsage=critical,keyCertSign,cRLSign",
            "-keyout",
            str(folder / "ca.key"),
            "-out",
            str(folder / "ca.pem"),
        )
    return folder / "ca.pem"


def leaf(folder, name="localhost", days=7):
    """Makes NAME.pem and NAME.key, valid for the name and, for localhost, also for 127.0.0.1; returns both paths."""
    folder = pathlib.Path(folder)
    authority(folder)
    key, certificate, request = (folder / f"{name}{suffix}" for suffix in (".key", ".pem", ".csr"))
    names = f"DNS:{name}" + (",IP:127.0.0.1" if name == "localhost" else "")
    openssl(
        "req",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-subj",
        f"/CN={name}",
        "-keyout",
        str(key),
        "-out",
        str(request),
    )
    extensions = f"subjectAltName={names}\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth,clientAuth\n"
    pem = openssl(
        "x509",
        "-req",
        "-in",
        str(request),
        "-CA",
        str(folder / "ca.pem"),
        "-CAkey",
        str(folder / "ca.key"),
        "-days",
        str(days),
        "-set_serial",
        str(abs(hash((name, key.stat().st_mtime_ns)))),
        "-extfile",
        "/dev/stdin",
        text=extensions.encode(),
    )
    certificate.write_bytes(pem + (folder / "ca.pem").read_bytes())
    request.unlink()
    return str(certificate), str(key)


def self_signed(folder, name="localhost", days=7):
    """Makes NAME.pem and NAME.key, signed by no authority; returns both paths."""
    folder = pathlib.Path(folder)
    key, certificate = folder / f"{name}.key", folder / f"{name}.pem"
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", str(days), "-subj", f"/CN={name}",
            "-addext", f"subjectAltName=DNS:{name}", "-addext", "basicConstraints=critical,CA:FALSE", "-keyout", str(key), "-out", str(certificate))
    return str(certificate), str(key)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    for wanted in sys.argv[2:]:
        print(*leaf(sys.argv[1], wanted))
