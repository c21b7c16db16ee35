"""What does a sandbox cost at the start of a worker, cold and warm?

    .venv/bin/python -m benchmarks.sandbox [--rounds 30]

Each round starts a worker once per way and level, one after the other, so that a busy moment of the
machine hits all of them. A cold worker is a new interpreter that imports NumPy and says so; a warm
one is a fork of such an interpreter. Wall time is taken in this process, from before the launch
until the worker is ended and gone. Milliseconds.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from benchmarks.showing import show
from i2dl_course import sandbox

WORKER = """
import os


def prepare():
    import numpy
    import numpy.random


def main():
    os.write(1, b"x")
    os.read(0, 1)


if __name__ == "__main__":
    prepare()
    main()
"""
TARGET = 20.0


def one(launch, folder):
    """Wall time of a worker that speaks and is ended, milliseconds."""
    begun = time.perf_counter()
    process = launch([sys.executable, "-I", "-B", str(folder / "worker.py")], folder)
    said = os.read(process.from_worker, 1)
    process.kill()
    if said != b"x":
        raise SystemExit(f"The worker at level {launch.level} said {said!r}.")
    return 1000 * (time.perf_counter() - begun)


def measure(rounds):
    """Milliseconds of each round, by (way, level)."""
    levels = ["none", *(level for level in sandbox.LEVELS if sandbox.probe(level).works)]
    with ExitStack() as stack:
        launchers = {}
        for way in ("warm", "cold"):
            for level in levels:
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
                (folder / "worker.py").write_text(WORKER)
                launch = sandbox.launcher(level, warm=way == "warm")
                launchers[way, level] = stack.enter_context(launch), folder
        for launch, folder in launchers.values():
            one(launch, folder)
        taken = {key: [] for key in launchers}
        for _ in range(rounds):
            for key, (launch, folder) in launchers.items():
                taken[key].append(one(launch, folder))
    return taken


def rows(quick=False, rounds=None):
    """The rows of the table: name, value, target, reached."""
    taken = measure(rounds or (20 if quick else 50))
    table = []
    for (way, level), times in taken.items():
        if level == "none":
            continue
        pairs = zip(times, taken[way, "none"], strict=True)
        more = statistics.median(one - bare for one, bare in pairs)
        counts = way == "warm"
        table.append(
            {
                "name": f"sandbox {level}, added to a {way} worker, ms",
                "value": round(more, 1),
                "target": f"≤ {TARGET:g}" if counts else "report",
                "reached": more <= TARGET if counts else None,
            }
        )
    table += [
        {
            "name": f"a {way} worker in sandbox {level}, start to end, ms",
            "value": round(statistics.median(times), 1),
            "target": "report",
            "reached": None,
        }
        for (way, level), times in taken.items()
    ]
    warm, cold = taken["warm", sandbox.launcher().level], taken["cold", sandbox.launcher().level]
    ratio = statistics.median(a / b for a, b in zip(cold, warm, strict=True))
    table.append(
        {
            "name": "start to end of a worker: cold / warm",
            "value": round(ratio, 1),
            "target": "report",
            "reached": None,
        }
    )
    return table


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=30, help="starts of each kind (30)")
    for row in rows(rounds=parser.parse_args().rounds):
        show(row)


if __name__ == "__main__":
    main()
