"""Reads OpenMetrics texts, one a line with \\n and \\\\ escaped, as Prometheus' Python client does; answers their samples, tab by tab."""
import re
import sys

from prometheus_client.openmetrics.parser import text_string_to_metric_families

for line in sys.stdin:
    text = re.sub(r"\\(.)", lambda match: "\n" if match[1] == "n" else match[1], line.rstrip("\n"))
    samples = []
    try:
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                labels = ",".join(f"{name}={value}" for name, value in sample.labels.items())
                samples.append(f"{sample.name}{'{' + labels + '}' if labels else ''} {sample.value:g}")
    except ValueError as problem:
        samples = [f"refused: {problem}"]
    print("\t".join(samples).replace("\n", "\\n"))
