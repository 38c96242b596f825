"""What deciding costs in a cache of many entries: nothing is asked, nothing waits."""
import json
import subprocess

from measuring import ROOT


def run(_):
    print("\nThe cache's table, by how many entries it holds (medians of 11 rounds; a change is a refusal, a fetch that begins, a reply in its\n"
          "place: of the same 64 entries, which the processor has at hand, or of entries far apart)\n")
    print(f"| {'entries':>7} | {'hit ns':>7} | {'change ns':>9} | {'far apart':>9} | {'look ns':>7} | {'bytes an entry':>14} |")
    print("|--------:|--------:|----------:|----------:|--------:|---------------:|")
    for count in (1_000, 10_000, 100_000):
        row = json.loads(subprocess.run([ROOT / "scripts/simulate", "--entries", str(count)], check=True, capture_output=True, text=True).stdout)
        print(f"| {row['entries']:>7} | {row['hit_ns']:>7.0f} | {row['change_ns']:>9.0f} | {row['far_ns']:>9.0f} | {row['look_ns']:>7.0f} | {row['bytes']:>14.0f} |")
