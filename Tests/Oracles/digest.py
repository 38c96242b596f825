"""Answers `sha256 HEX`, `sha512 HEX` and `hmac HEXKEY HEX` with the digest that Python's own library computes."""
import hashlib
import hmac
import sys

for line in sys.stdin:
    what, *values = line.rstrip("\n").split(" ")
    values = [bytes.fromhex(value) for value in values]
    if what == "hmac":
        print(hmac.new(values[0], values[1], hashlib.sha256).hexdigest())
    else:
        print(hashlib.new(what, values[0]).hexdigest())
