"""What libtabard.so.1 costs a process that asks it all the time."""
import re
import subprocess

from measuring import PLAIN


def run(bench):
    stage, folder = bench.stage, bench.folder
    (folder / "plugins").mkdir()
    bench.compile_plugin("counts", folder / "plugins/libfixture.so", stage / "include")
    program = bench.compile("embedding", "-std=c11", f"-I{stage}/include", links=(f"-L{stage}/lib", "-ltabard"))
    environment = {**PLAIN, "LD_LIBRARY_PATH": str(stage / "lib"), "TABARD_PLUGIN_PATH": str(folder / "plugins"), "TABARD_PLUGIN_RELAXED": "1"}
    print("\nThe library in a process of its embedder\n")
    print(subprocess.run([program], env=environment, check=True, capture_output=True, text=True).stdout, end="")
    for file in [stage / "lib/libtabard.so.1", *sorted((stage / "lib/tabard/v1").glob("*.so"))]:
        links = re.findall(r"Shared library: \[(.*?)\]", subprocess.run(["readelf", "-d", file], check=True, capture_output=True, text=True).stdout)
        print(f"{file.name}: {file.stat().st_size} bytes, links {' '.join(links)}")
