"""How long does one verdict take from the command on, with nothing warm?

    .venv/bin/python -m benchmarks.cold [--rounds 7]

`course judge` of one hand-in, and `course grade --verdicts-only --force` of one student, each in a
new process, against `python -c "import numpy"`, in turns. The targets are 0.4 s and 1.0 s of wall
time on an idle machine; as ratios, for on one where NumPy's import takes longer than 0.075 s all
does. On a busy machine the two processes at work at once have to wait for each other, and the
ratios of processor time say more: those of all processes that a command has waited for.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import classes
from benchmarks.showing import show
from i2dl_course import manifest

ROOT = Path(__file__).resolve().parents[1]
COURSE = str(Path(sys.executable).parent / "course")
_NUMPY, _JUDGE, _GRADE = 0.075, 0.4, 1.0  # seconds
# Compiled modules are kept, as they are for everybody: the round that is not counted compiles them.
_ENVIRONMENT = {
    name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
}


def _taken(command: list[str], folder: Path) -> tuple[float, float]:
    """Processor and wall time of `command`, in seconds."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, cwd=folder, env=_ENVIRONMENT, check=True, capture_output=True)
    wall, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall


def rows(quick: bool = False, rounds: int = 7) -> list[dict]:
    """The rows of this file: name, value, target, and whether it is reached."""
    original = manifest.load(ROOT)
    with tempfile.TemporaryDirectory(prefix="i2dl-benchmark-") as folder:
        course = classes.make_course(original, Path(folder) / "course")
        (student,) = classes.hand_in(original, course, 1)
        exercise = course.exercise.name
        commands = {
            "numpy": [sys.executable, "-c", "import numpy"],
            "judge": [COURSE, "judge", f"submitted/{student}/{exercise}", "--json"],
            "grade": [COURSE, "grade", exercise, "--verdicts-only", "--force"]
            + [f"--students={student}"],
        }
        taken: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        for _ in range(1 + (3 if quick else rounds)):  # the first reads from the disk
            for name, command in commands.items():
                taken[name].append(_taken(command, course.root))
    table = []
    for name, goal in (("judge", _JUDGE), ("grade", _GRADE)):
        pairs = list(zip(taken[name], taken["numpy"], strict=True))[1:]
        cpu, wall = (
            statistics.median(ours[kind] / numpy[kind] for ours, numpy in pairs)
            for kind in range(2)
        )
        seconds = statistics.median(ours[1] for ours, _ in pairs)
        what, target = f"`course {name}` of one, cold", goal / _NUMPY
        table += [
            {
                "name": f"{what}, wall time / import numpy",
                "value": round(wall, 2),
                "target": f"≤ {target:.1f}",
                "reached": wall <= target,
            },
            {
                "name": f"{what}, CPU / import numpy",
                "value": round(cpu, 2),
                "target": "report",
                "reached": None,
            },
            {
                "name": f"{what}, seconds",
                "value": round(seconds, 2),
                "target": f"report; ≤ {goal} on an idle machine",
                "reached": None,
            },
        ]
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7, help="of all three commands (7)")
    for row in rows(rounds=parser.parse_args().rounds):
        show(row)


if __name__ == "__main__":
    main()
