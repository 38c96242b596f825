"""Signatures per second of one core beside botocore's, in turn; and instructions for one signature, where valgrind is there."""
import random
import shutil
import statistics
import subprocess

import pieces
from measuring import PYTHON

BOTOCORE = """
import datetime, sys, time
import botocore.auth, botocore.awsrequest, botocore.credentials
count = int(sys.argv[1])
credentials = botocore.credentials.Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
signer = botocore.auth.SigV4Auth(credentials, "ecr", "eu-west-1")
start = time.process_time()
for number in range(count):
    request = botocore.awsrequest.AWSRequest("POST", "https://api.ecr.eu-west-1.amazonaws.com/", data=b"{}", headers={
        "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken"})
    signer.add_auth(request)
print(time.process_time() - start)
"""


def run(bench, rounds=9):
    modules = ("TabardSigning", "TabardCrypto", "TabardJSON", "TabardCore", "CTabardDigest", "CTabardRSA", "CTabardClosure")
    # Stripped: valgrind cannot read this compiler's debug information.
    program = pieces.build("sign", bench.folder, "TabardSigning", modules, "-parse-as-library", "-module-name", "Sign", "-Xlinker", "-s")
    ways = {"ours, key derived each time": ([program, "100000", "fresh"], 100000), "ours, key kept": ([program, "100000", "cached"], 100000),
            "botocore (derives it each time)": ([PYTHON, "-c", BOTOCORE, "3000"], 3000)}
    seconds = {name: [] for name in ways}
    for _ in range(rounds):
        for name in random.sample(list(ways), len(ways)):
            command, count = ways[name]
            seconds[name].append(float(subprocess.run(command, check=True, capture_output=True, text=True).stdout) / count)
    print(f"\nSignatures of one ECR request, {rounds} rounds, medians of processor time\n")
    print(f"| {'signer':<34} | {'per second':>11} | {'microseconds':>12} | {'instructions':>12} |\n|{'-' * 36}|{'-' * 12}:|{'-' * 13}:|{'-' * 13}:|")
    for name, (command, _) in ways.items():
        middle = statistics.median(seconds[name])
        instructions = ""
        if command[0] == program and shutil.which("valgrind"):
            counts = []
            for count in ("1000", "3000"):
                done = subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={bench.folder / 'callgrind'}", program, count, command[2]],
                                      check=True, capture_output=True, text=True)
                counts.append(int(done.stderr.partition("Collected : ")[2].split()[0]))
            instructions = f"{(counts[1] - counts[0]) // 2000:,}"
        print(f"| {name:<34} | {1 / middle:>11,.0f} | {middle * 1e6:>12.2f} | {instructions:>12} |")
