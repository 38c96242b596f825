#!/usr/bin/env python3
"""Treats exec plugins as a kubelet does, and says what became of each question, one JSON object a line.

usage: kubelet.py --config FILE|FOLDER --bin-dir DIR [--token TOKEN] [--annotation KEY=VALUE]... [--parallel N] [--rounds N] IMAGE...

The request's bytes, the strict reading of the answer, the cache and the one-minute limit are those of Kubernetes 1.34,
pkg/credentialprovider/plugin. Configuration mistakes end it with status 2, in one line.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import threading
import time

import yaml

GROUP = "credentialprovider.kubelet.k8s.io/"
VERSIONS = {GROUP + v for v in ("v1", "v1beta1", "v1alpha1")}
UNITS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


class Refused(Exception):
    """What the kubelet would log."""


def unique(pairs):
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Refused("strict decoding error: a field stands twice")
    return found


def strict(node, known, where):
    if not isinstance(node, dict):
        raise Refused(f"{where} is no object")
    for key in node:
        if key not in known:
            raise Refused(f'strict decoding error: unknown field "{where}.{key}"')
    return node


def duration(text):
    if not isinstance(text, str):
        raise Refused("a duration is a string")
    rest, total, sign = text, 0.0, 1
    if rest[:1] in "+-":
        sign, rest = (-1 if rest[:1] == "-" else 1), rest[1:]
    if rest == "0":
        return 0.0
    if not rest:
        raise Refused(f'time: invalid duration "{text}"')
    while rest:
        digits = 0
        while digits < len(rest) and (rest[digits].isdigit() or rest[digits] == "."):
            digits += 1
        letters = digits
        while letters < len(rest) and not (rest[letters].isdigit() or rest[letters] == "."):
            letters += 1
        if not digits or rest[digits:letters] not in UNITS:
            raise Refused(f'time: invalid duration "{text}"')
        total += float(rest[:digits]) * UNITS[rest[digits:letters]]
        rest = rest[letters:]
    return sign * total


class UniqueLoader(yaml.SafeLoader):
    """YAML in which a key that stands twice is an error."""

    def construct_mapping(self, node, deep=False):
        return unique([(self.construct_object(k, deep), self.construct_object(v, deep)) for k, v in node.value])


def read_config(path):
    files = [path]
    if path.is_dir():
        files = sorted(f for f in path.iterdir() if f.suffix in (".json", ".yaml", ".yml") and not f.is_dir())
        if not files:
            raise Refused(f'no configuration files found in directory "{path}"')
    providers = []
    for file in files:
        root = yaml.load(file.read_text(), UniqueLoader)
        strict(root, ("kind", "apiVersion", "providers"), "")
        if root.get("kind") != "CredentialProviderConfig" or root.get("apiVersion") not in (
            "kubelet.config.k8s.io/v1", "kubelet.config.k8s.io/v1beta1", "kubelet.config.k8s.io/v1alpha1",
        ):
            raise Refused(f'no kind "{root.get("kind")}" is registered for version "{root.get("apiVersion")}"')
        for provider in root.get("providers") or []:
            known = ["name", "matchImages", "defaultCacheDuration", "apiVersion", "args", "env"]
            strict(provider, known + (["tokenAttributes"] if root["apiVersion"].endswith("/v1") else []), "providers[]")
            providers.append(provider)
    if not providers:
        raise Refused("providers: Required value: at least 1 item in plugins is required")
    names = [p["name"] for p in providers]
    if len(set(names)) != len(names):
        raise Refused("duplicate provider name found in configuration file(s)")
    for provider in providers:
        if "/" in provider["name"] or " " in provider["name"] or provider["name"] in (".", "..", ""):
            raise Refused(f'providers.name: Invalid value: "{provider["name"]}"')
        if provider.get("apiVersion") not in VERSIONS:
            raise Refused("providers.apiVersion: Unsupported value")
        if not provider.get("matchImages"):
            raise Refused("providers.matchImages: Required value: at least 1 item in matchImages is required")
        if "defaultCacheDuration" not in provider or duration(provider["defaultCacheDuration"]) < 0:
            raise Refused("providers.defaultCacheDuration: Required value")
        attributes = provider.get("tokenAttributes")
        if attributes is None:
            continue
        strict(attributes, ("serviceAccountTokenAudience", "cacheType", "requireServiceAccount",
                            "requiredServiceAccountAnnotationKeys", "optionalServiceAccountAnnotationKeys"), "tokenAttributes")
        if provider["apiVersion"] != GROUP + "v1":
            raise Refused("providers.tokenAttributes: Forbidden")
        if not attributes.get("serviceAccountTokenAudience") or "requireServiceAccount" not in attributes:
            raise Refused("providers.tokenAttributes: Required value")
        if attributes.get("cacheType") not in ("ServiceAccount", "Token"):
            raise Refused("providers.tokenAttributes.cacheType: Unsupported value")
    return providers


def split(text):
    """host labels, port, path of a pattern or an image."""
    host, _, path = text.partition("/")
    name, colon, port = host.partition(":")
    return name.split("."), (port if colon else None), ("/" + path if path else "")


def label_matches(pattern, label):
    parts = pattern.split("*")
    if len(parts) == 1:
        return pattern == label
    if not label.startswith(parts[0]) or not label[len(parts[0]):].endswith(parts[-1]):
        return False
    at = len(parts[0])
    for part in parts[1:-1]:
        at = label.find(part, at)
        if at < 0:
            return False
        at += len(part)
    return at <= len(label) - len(parts[-1])


def matches(pattern, image):
    labels, port, path = split(pattern)
    found, image_port, image_path = split(image)
    return (
        port == image_port and len(labels) == len(found) and all(map(label_matches, labels, found)) and image_path.startswith(path)
    )


class Plugin:
    """One provider with its cache."""

    def __init__(self, config, folder, token, annotations):
        self.config, self.token = config, token
        self.path = folder / config["name"]
        if not self.path.exists():
            raise Refused(f"plugin binary executable {self.path} did not exist")
        if not os.access(self.path, os.X_OK):
            raise Refused(f"error inspecting binary executable {self.path}: permission denied")
        self.attributes = config.get("tokenAttributes")
        wanted = []
        if self.attributes:
            wanted = (self.attributes.get("requiredServiceAccountAnnotationKeys") or []) + (
                self.attributes.get("optionalServiceAccountAnnotationKeys") or [])
        self.annotations = {k: v for k, v in annotations.items() if k in wanted}
        self.cache, self.lock, self.flights, self.execs = {}, threading.Lock(), {}, 0

    def provide(self, image):
        if not any(matches(pattern, image) for pattern in self.config["matchImages"]):
            return {}
        if self.attributes:
            if not self.token and self.attributes["requireServiceAccount"]:
                return {}
            missing = [k for k in self.attributes.get("requiredServiceAccountAnnotationKeys") or [] if k not in self.annotations]
            if self.token and missing:
                return {}
        registry = image.split("/")[0]
        with self.lock:
            for key in (("Image", image), ("Registry", registry), ("Global", "<global>")):
                kept = self.cache.get(key)
                if kept and time.monotonic() <= kept[0]:
                    return kept[1]
            # One flight for one image; different images of one registry fly apart.
            flight = self.flights.get(image)
            if flight is None:
                flight = self.flights[image] = concurrent.futures.Future()
                leads = True
            else:
                leads = False
        if not leads:
            return flight.result()
        try:
            auth = self.ask(image, registry)
            flight.set_result(auth)
            return auth
        except Refused as problem:
            flight.set_exception(problem)
            raise
        finally:
            with self.lock:
                del self.flights[image]

    def ask(self, image, registry):
        request = {"kind": "CredentialProviderRequest", "apiVersion": self.config["apiVersion"], "image": image}
        if self.attributes and self.token:
            request["serviceAccountToken"] = self.token
            if self.annotations:
                request["serviceAccountAnnotations"] = dict(sorted(self.annotations.items()))
        environment = dict(os.environ)
        for variable in self.config.get("env") or []:
            environment[variable["name"]] = variable["value"]
        self.execs += 1
        try:
            ran = subprocess.run(
                [str(self.path)] + (self.config.get("args") or []), timeout=60, capture_output=True, env=environment,
                input=(json.dumps(request, separators=(",", ":")) + "\n").encode())
        except subprocess.TimeoutExpired as problem:
            raise Refused(f"error execing credential provider plugin {self.config['name']}: context deadline exceeded") from problem
        if ran.returncode:
            raise Refused(
                f"error execing credential provider plugin {self.config['name']} for image {image}: exit status {ran.returncode}: "
                + ran.stderr.decode(errors="replace"))
        try:
            answer = json.loads(ran.stdout.decode("utf-8", "strict"), object_pairs_hook=unique)
        except ValueError as problem:
            raise Refused(f"error reading GVK from response: couldn't get version/kind; json parse error: {problem}") from problem
        strict(answer, ("kind", "apiVersion", "cacheKeyType", "cacheDuration", "auth"), "response")
        if answer.get("apiVersion") != self.config["apiVersion"]:
            raise Refused("apiVersion from credential plugin response did not match expected apiVersion")
        if answer.get("kind") != "CredentialProviderResponse":
            raise Refused("unable to convert response")
        auth = answer.get("auth") or {}
        for pattern, login in auth.items():
            strict(login, ("username", "password"), f"auth[{pattern}]")
        if self.attributes and self.attributes["cacheType"] == "ServiceAccount" and any(
            login.get("password") == self.token for login in auth.values()
        ):
            raise Refused("Credential provider plugin returned the service account token as the password")
        kind = answer.get("cacheKeyType")
        if kind not in ("Image", "Registry", "Global"):
            raise Refused(f'credential provider plugin did not return a valid cacheKeyType: "{kind}"')
        lasts = duration(answer["cacheDuration"] if answer.get("cacheDuration") is not None else self.config["defaultCacheDuration"])
        if lasts:
            key = (kind, {"Image": image, "Registry": registry, "Global": "<global>"}[kind])
            with self.lock:
                self.cache[key] = (time.monotonic() + lasts, auth)
        return auth


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", type=pathlib.Path, required=True)
    parser.add_argument("--bin-dir", type=pathlib.Path, required=True)
    parser.add_argument("--token", default="")
    parser.add_argument("--annotation", action="append", default=[])
    parser.add_argument("--parallel", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("images", nargs="+")
    options = parser.parse_args()
    try:
        if not options.bin_dir.is_dir():
            raise Refused(f"plugin binary directory {options.bin_dir} did not exist")
        annotations = dict(a.split("=", 1) for a in options.annotation)
        plugins = [Plugin(p, options.bin_dir, options.token, annotations) for p in read_config(options.config)]
    except (Refused, KeyError, yaml.YAMLError) as problem:
        print(f"Failed to register CRI auth plugins: {problem}", file=sys.stderr)
        sys.exit(2)

    def lookup(image):
        auth, errors = {}, []
        for plugin in plugins:
            try:
                for pattern, login in plugin.provide(image).items():
                    if matches(pattern, image):
                        auth.setdefault(pattern, login)
            except Refused as problem:
                errors.append(f"Failed getting credential from external registry credential provider: {problem}")
        return {"image": image, "auth": auth, "errors": errors}

    with concurrent.futures.ThreadPoolExecutor(options.parallel) as pool:
        for answer in pool.map(lookup, options.images * options.rounds):
            print(json.dumps(answer), flush=True)
    print(json.dumps({"execs": {plugin.config["name"]: plugin.execs for plugin in plugins}}))


if __name__ == "__main__":
    main()
