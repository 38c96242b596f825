"""Not a program that starts, but one lookup in a program that runs."""
import json
import subprocess

import pieces


def run(bench):
    program = pieces.build("keyring", bench.folder, "TabardKeyring", ("CTabardSystem", "TabardSystem", "TabardCore", "TabardJSON", "TabardKeyring"))
    lines = subprocess.run([program, "10", "100", "1000", "10000"], check=True, capture_output=True, text=True).stdout
    print("\nOne lookup in a keyring, three matches (medians of 11 rounds; x is how much slower looking at every key is)\n")
    print(f"| {'keys':>6} | {'index ns':>9} | {'every key ns':>12} | {'x':>7} | {'reading keys ms':>15} | {'first lookup ms':>15} | "
          f"{'making the index ms':>19} |")
    print("|-------:|----------:|-------------:|--------:|----------------:|----------------:|--------------------:|")
    for row in map(json.loads, lines.splitlines()):
        print(f"| {row['keys']:>6} | {row['index_ns']:>9.0f} | {row['linear_ns']:>12.0f} | {row['linear_ns'] / row['index_ns']:>7.1f} "
              f"| {row['reading_ms']:>15.2f} | {row['first_ms']:>15.3f} | {row['making_ms']:>19.2f} |")
