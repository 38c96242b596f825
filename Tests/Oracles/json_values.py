"""Answers each line, a document in hexadecimal, with `refused` or with `accepted`, how many names stood again, and its values.

Python's json module decides; what it lets pass beyond RFC 8259 (NaN, Infinity, lone surrogates) is refused here.
"""
import fractions
import json
import struct
import sys

sys.set_int_max_str_digits(0)


def number(text):
    """The number as text, as a 64-bit integer if it is one, and the bits of the nearest double if it has one."""
    mantissa, _, exponent = text.lower().partition("e")
    exponent = int(exponent or "0")
    integer = "-"
    if not mantissa.strip("-0."):
        integer = "0"
    elif abs(exponent) < 100_000:
        exact = fractions.Fraction(mantissa) * fractions.Fraction(10) ** exponent
        if exact.denominator == 1 and -(2**63) <= exact < 2**63:
            integer = str(exact.numerator)
    double = float(text)
    bits = "-" if double in (float("inf"), float("-inf")) else struct.pack(">d", double).hex()
    return Number(f"{text}|{integer}|{bits}")


class Number(str):
    pass


class Members(list):
    pass


def refuse(_):
    raise ValueError


def canonical(value, counter):
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, Members):
        last = {name: position for position, (name, _) in enumerate(value)}
        counter[0] += len(value) - len(last)
        # Those that do not count are walked too: names that stand again are counted everywhere.
        texts = [(position, name, canonical(item, counter)) for position, (name, item) in enumerate(value)]
        return "{" + ",".join(f"{json.dumps(name)}:{text}" for position, name, text in texts if last[name] == position) + "}"
    if isinstance(value, list):
        return "[" + ",".join(canonical(item, counter) for item in value) + "]"
    return json.dumps(value)


def answer(line):
    try:
        text = bytes.fromhex(line).decode("utf-8")
        value = json.loads(text, parse_int=number, parse_float=number, parse_constant=refuse, object_pairs_hook=Members)
        counter = [0]
        result = canonical(value, counter)
    except ValueError:
        return "refused"
    try:
        for text in texts(value):
            text.encode("utf-8")
    except UnicodeEncodeError:
        return "refused"  # a lone surrogate
    return f"accepted {counter[0]} {result}"


def texts(value):
    """Every name and text, those of members that do not count included."""
    if isinstance(value, Members):
        for name, item in value:
            yield name
            yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)
    elif isinstance(value, str):
        yield value


sys.setrecursionlimit(20_000)
for line in sys.stdin:
    print(answer(line.strip()))
