"""Programs of Benchmarks/*.swift, linked with some of the library targets."""
import pathlib
import subprocess

from measuring import ROOT


def build(name, folder, target, modules, *flags):
    """Benchmarks/NAME.swift with the objects of `modules`, which `target` is or imports; optimised, without any runtime beside it."""
    command = ["swift", "build", "-c", "release", "-Xlinker", f"-L{ROOT / '.build/archives'}"]
    subprocess.run([*command, "--target", target], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    products = pathlib.Path(subprocess.run([*command, "--show-bin-path"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip())
    objects = [file for module in modules for file in sorted((products / f"{module}.build").rglob("*.o"))]
    maps = [part for module in (ROOT / "Sources").glob("*/include/module.modulemap") for part in ("-Xcc", f"-fmodule-map-file={module}")]
    program = folder / name
    subprocess.run(["swiftc", "-O", "-swift-version", "6", "-static-stdlib", "-use-ld=lld", *flags, *maps, "-I", products / "Modules",
                    ROOT / f"Benchmarks/{name}.swift", *objects, "-o", program], check=True)
    return program
