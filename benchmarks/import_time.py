"""How much does importing all of exercise_code add to NumPy's own import?

    .venv/bin/python benchmarks/import_time.py [--rounds 20]

Each round starts two fresh interpreters, one after the other, so that a busy moment of the machine
hits both. The time is wall time around the import statement, in milliseconds. The course promises
less than 50 ms on top of NumPy.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TIMED = "import time; start = time.perf_counter(); import {}; print(time.perf_counter() - start)"


def modules(package):
    """Dotted names of every module in a package's folder, without those that run something."""
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package.parent).with_suffix("").parts
        if parts[-1] != "__main__":
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def milliseconds(names, folder):
    """Time that a new interpreter takes to import the named modules, found in a folder."""
    command = [sys.executable, "-c", TIMED.format(", ".join(names))]
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    output = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return 1000 * float(output.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=20, help="pairs of runs (20)")
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder) / "exercise_code"
        shutil.copytree(ROOT / "exercise_code", package)
        names = list(modules(package))
        kinds = {"numpy": ["numpy"], f"exercise_code ({len(names)} modules)": names}
        for kind in kinds.values():  # the first run compiles to bytecode, which is not the question
            milliseconds(kind, folder)
        taken = {kind: [] for kind in kinds}
        for _ in range(rounds):
            for kind, wanted in kinds.items():
                taken[kind].append(milliseconds(wanted, folder))

    for kind, times in taken.items():
        print(
            f"{kind:28s} median {statistics.median(times):7.1f} ms   "
            f"({min(times):.1f} to {max(times):.1f}, {rounds} rounds)"
        )
    alone, whole = taken.values()
    added = statistics.median(b - a for a, b in zip(alone, whole, strict=True))
    ratio = statistics.median(b / a for a, b in zip(alone, whole, strict=True))
    print(
        f"exercise_code adds {added:.1f} ms to NumPy's import, ratio {ratio:.2f} "
        "(medians of the pairs)"
    )


if __name__ == "__main__":
    main()
