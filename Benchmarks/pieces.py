"""Programs of Benchmarks/*.swift, linked with some of the library targets."""
import pathlib
import subprocess

from measuring import ROOT


def build(name, folder, target, modules, *flags):
    """Benchmarks/NAME.swift with the objects of `modules`, which `target` is or imports; optimised, without any runtime beside it."""
    # With the options of scripts/stage: what that built is not built again.
    subprocess.run([ROOT / "scripts/build-release", "--target", target], check=True, stdout=subprocess.DEVNULL)
    place = subprocess.run(["swift", "build", "-c", "release", "--show-bin-path"], cwd=ROOT, check=True, capture_output=True, text=True)
    products = pathlib.Path(place.stdout.strip())
    objects = [file for module in modules for file in sorted((products / f"{module}.build").rglob("*.o"))]
    maps = [part for module in (ROOT / "Sources").glob("*/include/module.modulemap") for part in ("-Xcc", f"-fmodule-map-file={module}")]
    program = folder / name
    subprocess.run(["swiftc", "-O", "-swift-version", "6", "-static-stdlib", "-use-ld=lld", *flags, *maps, "-I", products / "Modules",
                    ROOT / f"Benchmarks/{name}.swift", *objects, "-o", program], check=True)
    return program
