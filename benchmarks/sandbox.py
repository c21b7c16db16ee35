"""What does a sandbox cost at the start of a worker?

    .venv/bin/python benchmarks/sandbox.py [--rounds 30]

Each round starts a fresh worker once per level, one after the other, so that a busy moment of the
machine hits all of them. A worker is a new interpreter that imports NumPy and says so. Wall time is
taken in this process, from before the launch until the worker has spoken. CPU time is that of the
worker's whole life, with bwrap around it; for that the worker ends by itself. Milliseconds.
"""

import argparse
import os
import resource
import statistics
import sys
import tempfile
import time

from i2dl_course import sandbox
from i2dl_course.sandbox.calls import seccomp_filter

WORKER = "import numpy, os; os.write(1, b'x'); os.read(0, 1)"


def cpu_seconds():
    """CPU seconds of all processes that were started here and have been waited for."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def one(launch):
    """Wall time until the worker speaks, and CPU time of its whole life; milliseconds."""
    with tempfile.TemporaryDirectory() as folder:
        cpu, start = cpu_seconds(), time.perf_counter()
        process = launch([sys.executable, "-I", "-B", "-c", WORKER], folder)
        said = os.read(process.from_worker, 1)
        spoken = time.perf_counter()
        process.popen.stdin.close()
        process.popen.wait()  # killed, bwrap would not have added up what its child has used
        process.kill()
    if said != b"x":
        raise SystemExit(f"The worker at level {launch.level} said {said!r}.")
    return 1000 * (spoken - start), 1000 * (cpu_seconds() - cpu)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=30, help="starts per level (30)")
    rounds = parser.parse_args().rounds
    start = time.perf_counter()
    seccomp_filter()
    print(f"the filter, once per process: {1000 * (time.perf_counter() - start):.0f} ms")
    levels = [level for level in sandbox.LEVELS if sandbox.probe(level).works]
    launchers = [sandbox.launcher(level) for level in ("none", *levels)]
    taken = {launch.level: [] for launch in launchers}
    for launch in launchers:
        one(launch)
    for _ in range(rounds):
        for launch in launchers:
            taken[launch.level].append(one(launch))

    bare = taken["none"]
    for level, times in taken.items():
        wall, cpu = (statistics.median(kind) for kind in zip(*times, strict=True))
        line = f"{level:10s} wall {wall:6.1f} ms  cpu {cpu:6.1f} ms"
        if level != "none":
            pairs = list(zip(times, bare, strict=True))
            more = statistics.median(a[0] - b[0] for a, b in pairs)
            more_cpu = statistics.median(a[1] - b[1] for a, b in pairs)
            ratio, ratio_cpu = (statistics.median(a[i] / b[i] for a, b in pairs) for i in (0, 1))
            line += (f"   wall {more:+.1f} ms, ratio {ratio:.2f}"
                     f"   cpu {more_cpu:+.1f} ms, ratio {ratio_cpu:.2f}")
        print(line)
    print(f"medians of {rounds} rounds, the differences and ratios of the pairs")


if __name__ == "__main__":
    main()
