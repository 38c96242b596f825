#!/usr/bin/env python3
"""The front of a puller in Python, with the standard library alone: resolve, show the credentials to the registry, report a 401.

usage: puller.py http|https REGISTRY REPOSITORY TAG [CONFIG.json]
"""

import base64
import ctypes as c
import dataclasses
import sys
import urllib.error
import urllib.request


class Str(c.Structure):
    _fields_ = [("ptr", c.c_char_p), ("len", c.c_size_t)]

    @classmethod
    def of(cls, text):
        data = None if text is None else text.encode()
        return cls(data, len(data or b""))


class Text(c.Structure):
    """A tabard_str that arrives: a c_char_p would stop at the end of a C string."""

    _fields_ = [("ptr", c.c_void_p), ("len", c.c_size_t)]

    def __str__(self):
        return c.string_at(self.ptr, self.len).decode() if self.ptr else ""


class List(c.Structure):
    _fields_ = [("items", c.c_void_p), ("count", c.c_size_t)]


class Problem(c.Structure):
    _fields_ = [("struct_size", c.c_uint32), ("status", c.c_int32), ("source", Text), ("message", Text), ("retry_after_ns", c.c_int64)]


class Entry(c.Structure):
    _fields_ = [
        ("struct_size", c.c_uint32),
        ("kind", c.c_int32),
        ("id", c.c_uint64),
        ("registry", Text),
        ("username", Text),
        ("password", Text),
        ("source", Text),
        ("expires_at_unix_ns", c.c_int64),
    ]


TAKE_ENTRY = c.CFUNCTYPE(None, c.c_void_p, c.POINTER(Entry))
TAKE_PROBLEM = c.CFUNCTYPE(None, c.c_void_p, c.POINTER(Problem))


class Sink(c.Structure):
    _fields_ = [
        ("struct_size", c.c_uint32),
        ("reserved", c.c_uint32),
        ("data", c.c_void_p),
        ("entry", TAKE_ENTRY),
        ("problem", TAKE_PROBLEM),
    ]


class Options(c.Structure):
    _fields_ = [
        ("struct_size", c.c_uint32),
        ("flags", c.c_uint32),
        ("plugin_dirs", List),
        ("config_path", Str),
        ("config_text", Str),
        ("docker_config", Str),
        ("log_data", c.c_void_p),
        ("log", c.c_void_p),
        ("application", Str),
    ]


class Query(c.Structure):
    _fields_ = [
        ("struct_size", c.c_uint32),
        ("flags", c.c_uint32),
        ("image", Str),
        ("pull_secrets", List),
        ("service_account_token", Str),
        ("service_account_annotations", List),
        ("identity", Str),
        ("timeout_ns", c.c_int64),
        ("cancel_fd", c.c_int32),
        ("reserved", c.c_uint32),
    ]


class TabardError(Exception):
    pass


@dataclasses.dataclass
class Login:
    id: int
    username: str
    password: str = dataclasses.field(repr=False)
    source: str


class Tabard:
    """One open handle; use it in a `with` block. May be used from any thread."""

    def __init__(self, config=None, library="libtabard.so.1"):
        self.library = c.CDLL(library)
        for name, arguments in {
            "tabard_open_v1": [c.POINTER(Options), c.POINTER(Sink), c.POINTER(c.c_void_p)],
            "tabard_resolve_v1": [c.c_void_p, c.POINTER(Query), c.POINTER(Sink)],
            "tabard_invalidate_v1": [c.c_void_p, c.c_uint64],
            "tabard_close_v1": [c.c_void_p],
        }.items():
            function = getattr(self.library, name)
            function.argtypes, function.restype = arguments, c.c_int32
        options = Options(struct_size=c.sizeof(Options), config_path=Str.of(config), application=Str.of("embed-python/1.0"))
        self.handle = c.c_void_p()
        sink, _, problems = self.sink()
        if self.library.tabard_open_v1(c.byref(options), c.byref(sink), c.byref(self.handle)) < 0:
            raise TabardError("\n".join(problems))

    @staticmethod
    def sink():
        logins, problems = [], []

        def entry(_, entry):
            entry = entry.contents
            if entry.kind == 1:
                logins.append(Login(entry.id, str(entry.username), str(entry.password), str(entry.source)))

        sink = Sink(c.sizeof(Sink), 0, None, TAKE_ENTRY(entry), TAKE_PROBLEM(lambda _, problem: problems.append(str(problem.contents.message))))
        return sink, logins, problems

    def resolve(self, image):
        """What to log in with, best first; empty: ask anonymously."""
        query = Query(struct_size=c.sizeof(Query), image=Str.of(image), cancel_fd=-1)
        sink, logins, problems = self.sink()
        if self.library.tabard_resolve_v1(self.handle, c.byref(query), c.byref(sink)) < 0:
            raise TabardError("\n".join(problems))
        return logins

    def refused(self, login):
        """Reports a 401; whether resolving again can bring something else."""
        return self.library.tabard_invalidate_v1(self.handle, login.id) == 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.library.tabard_close_v1(self.handle)


def ask(url, login):
    request = urllib.request.Request(url, method="HEAD", headers={"Accept": "application/vnd.oci.image.manifest.v1+json"})
    if login:
        request.add_header("Authorization", "Basic " + base64.b64encode(f"{login.username}:{login.password}".encode()).decode())
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.headers["Docker-Content-Digest"]
    except urllib.error.HTTPError as error:
        return error.code, None


def main(scheme, registry, repository, tag, config=None):
    image, url = f"{registry}/{repository}:{tag}", f"{scheme}://{registry}/v2/{repository}/manifests/{tag}"
    with Tabard(config) as tabard:
        for _ in range(2):
            is_worth_asking = False
            for login in tabard.resolve(image) or [None]:
                status, digest = ask(url, login)
                if status == 200:
                    print(f"{image}@{digest} ({login.source if login else 'anonymous'})")
                    return 0
                print(f"{image}: HTTP {status} with {login.source if login else 'no credentials'}", file=sys.stderr)
                if status == 401 and login and tabard.refused(login):
                    is_worth_asking = True
            if not is_worth_asking:
                break
    return 1


if __name__ == "__main__":
    if len(sys.argv) < 5:
        sys.exit(__doc__)
    try:
        sys.exit(main(*sys.argv[1:]))
    except TabardError as error:
        sys.exit(str(error))
