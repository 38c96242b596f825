"""JSON web tokens for the fakes, signed by openssl, and the key id by which docker-registry 2.8 finds the key."""

import base64
import hashlib
import json
import pathlib
import subprocess


def url64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def claims(token):
    """The claims of a token, unverified."""
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


class SigningKey:
    """An RSA key with a self-signed certificate in `folder` (token.key, token.pem)."""

    def __init__(self, folder):
        folder = pathlib.Path(folder)
        self.key, self.certificate = folder / "token.key", folder / "token.pem"
        if not self.certificate.exists():
            subprocess.run(
                [
                    "openssl",
                    "req",
                    "-x509",
                    "-newkey",
                    "rsa:2048",
                    "-nodes",
                    "-days",
                    "30",
                    "-subj",
                    "/CN=token signer",
                    "-keyout",
                    str(self.key),
                    "-out",
                    str(self.certificate),
                ],
                check=True,
                capture_output=True,
            )
        public = subprocess.run(
            ["openssl", "rsa", "-in", str(self.key), "-pubout", "-outform", "DER"], check=True, capture_output=True
        ).stdout
        # libtrust: the first 240 bits of the digest in base32, in groups of four.
        text = base64.b32encode(hashlib.sha256(public).digest()[:30]).decode()
        self.key_id = ":".join(text[index : index + 4] for index in range(0, len(text), 4))

    def sign(self, payload):
        head = {"typ": "JWT", "alg": "RS256", "kid": self.key_id}
        text = ".".join(url64(json.dumps(part, separators=(",", ":")).encode()) for part in (head, payload))
        signature = subprocess.run(
            ["openssl", "dgst", "-sha256", "-sign", str(self.key)], input=text.encode(), check=True, capture_output=True
        ).stdout
        return f"{text}.{url64(signature)}"
