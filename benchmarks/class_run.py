"""What does a class run cost, and does that grow with the class?

    .venv/bin/python -m benchmarks.class_run [--quick | --jobs-only | --unchanged-only]

All runs are `course grade --verdicts-only --force` in an invented class (classes.py). Runs that are
compared take turns, so that a busy moment of the machine hits all of them, and medians are taken.

    seconds     wall time of a run from the first hand-in read to the last one recorded, with what
                its processes take to start: a second or two, which in a small class is a large part
    memory      the highest sum over all processes of the run of what each holds alone and its share
                of what it shares (PSS), looked at five times a second; MiB

`--quick` takes smaller classes; where a row is then extrapolated, its name says so. `--jobs-only`
compares one job with two, at 100, 200 and 400 hand-ins, and `--unchanged-only` runs over 1,500
unchanged ones: on a machine that does nothing else. Both take `--rounds`.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import classes
from benchmarks.showing import show
from i2dl_course import manifest
from i2dl_course.manifest import Course

ROOT = Path(__file__).resolve().parents[1]
_SECONDS_BETWEEN_LOOKS = 0.2


@dataclass(frozen=True)
class Sizes:
    """How many hand-ins, and how many rounds, the rows take."""

    rounds: int
    to_compare: int  # hand-ins of a run that is compared with another in every round
    few: int  # of one from which is seen what a run takes to start
    many: int  # for 1,000 verdicts
    unchanged: int  # for 1,500 unchanged ones
    memory: tuple[int, int]
    cost: tuple[int, int]


FULL = Sizes(
    rounds=5,
    to_compare=400,
    few=40,
    many=1000,
    unchanged=1500,
    memory=(100, 2000),
    cost=(100, 5000),
)
QUICK = Sizes(
    rounds=2, to_compare=200, few=20, many=300, unchanged=300, memory=(100, 300), cost=(100, 300)
)


@dataclass(frozen=True)
class Run:
    """What one run took: seconds and MiB; `whole` are seconds with the start and the end.

    `cores` is how many were at work on average: processor time of all its processes / `whole`.
    """

    seconds: float
    memory: float
    whole: float = 0.0
    cores: float = 0.0


def grade(
    course: Course, students: Sequence[str], *options: str, force: bool = True, watch: bool = True
) -> Run:
    """Grade these students, all of them anew, or with `force` off only what has changed.

    To `watch` the memory takes processor time beside the run: more, the more processes it has.
    """
    command = [
        str(Path(sys.executable).parent / "course"),
        "grade",
        course.exercise.name,
        "--verdicts-only",
        *(["--force"] if force else []),
        "--json",
        f"--students={','.join(students)}",
        *options,
    ]
    highest, begun, before = 0.0, time.perf_counter(), _of_children()
    with subprocess.Popen(
        command, cwd=course.root, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        while process.poll() is None:
            if watch:
                highest = max(highest, sum(map(_memory, _tree(process.pid))))
            time.sleep(_SECONDS_BETWEEN_LOOKS)
        assert process.stdout is not None
        report = json.loads(process.stdout.read())
    whole = time.perf_counter() - begun
    if process.returncode or report["graded"] != (len(students) if force else 0):
        raise SystemExit(f"The run did not grade everybody: {report['failed']}.")
    return Run(report["seconds"], highest, whole, (_of_children() - before) / whole)


def _of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _tree(pid: int) -> list[int]:
    """A process and all that it has started."""
    found = [pid]
    for parent in found:
        try:
            for task in Path(f"/proc/{parent}/task").iterdir():
                found.extend(map(int, (task / "children").read_text().split()))
        except OSError:  # it has just ended
            continue
    return found


def _memory(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def in_turn(rounds: int, *runs) -> list[list[float]]:
    """The seconds of each of `runs`, functions that return a Run, over interleaved rounds."""
    taken: list[list[float]] = [[] for _ in runs]
    for _ in range(rounds):
        for times, run in zip(taken, runs, strict=True):
            times.append(run().seconds)
    return taken


def rows(quick: bool = False) -> list[dict]:
    """The rows of this file: name, value, target, and whether it is reached."""
    sizes = QUICK if quick else FULL
    size = max(sizes.to_compare, sizes.many, sizes.unchanged, *sizes.memory, *sizes.cost)
    with _class(size) as (course, students):
        return [
            *_two_jobs(course, students[: sizes.to_compare], sizes.rounds),
            *_many(course, students[: sizes.many]),
            *_unchanged(course, students[: sizes.unchanged], sizes.rounds),
            *_memory_rows(course, students, sizes.memory),
            *_cost(course, students, sizes.cost),
            *_dask(course, students[: sizes.to_compare], sizes.few, sizes.rounds),
        ]


def _row(name: str, value: float, target: str, reached: bool | None) -> dict:
    return {"name": name, "value": round(value, 3), "target": target, "reached": reached}


def _two_jobs(course, students, rounds):
    runs: dict[int, list[Run]] = {1: [], 2: []}

    def run(jobs):
        runs[jobs].append(done := grade(course, students, f"--jobs={jobs}", watch=False))
        return done

    one, two = in_turn(rounds, *(lambda jobs=jobs: run(jobs) for jobs in (1, 2)))
    ratio = statistics.median(a / b for a, b in zip(one, two, strict=True))
    yield _row(
        f"wall time of {len(students)} hand-ins: --jobs 1 / --jobs 2", ratio, "≥ 1.8", ratio >= 1.8
    )
    for jobs, done in runs.items():
        cores = statistics.median(one.cores for one in done)
        yield _row(f"cores at work on average with --jobs {jobs}", cores, "report", None)


def _many(course, students):
    seconds = grade(course, students, "--jobs=2").seconds * 1000 / len(students)
    how = "" if len(students) == 1000 else f", extrapolated from {len(students)}"
    yield _row(f"1,000 verdicts with --jobs 2{how}, seconds", seconds, "≤ 90", seconds <= 90)


def _unchanged(course, students, rounds):
    def again():
        return grade(course, students, "--jobs=2", force=False)

    grade(course, students, "--jobs=2")
    again()  # without counting: by now, all of the files have been at rest
    start = []

    def noted():
        run = again()
        start.append(run.whole - run.seconds)
        return run

    runs, walks = in_turn(rounds, noted, lambda: _walk(course, students))
    seconds = statistics.median(start) + statistics.median(runs) * 1500 / len(students)
    how = "" if len(students) == 1500 else f", from {len(students)}"
    name = f"a second run over 1,500 unchanged hand-ins, with its start{how}, seconds"
    yield _row(name, seconds, "≤ 1.5", seconds <= 1.5)
    ratio = statistics.median(run / walk for run, walk in zip(runs, walks, strict=True))
    yield _row("the same / a bare walk that asks for each file's times", ratio, "≤ 4", ratio <= 4)


def _walk(course, students):
    begun = time.perf_counter()
    for student in students:
        for folder, folders, files in os.walk(course.root / "submitted" / student):
            for name in (*folders, *files):
                os.lstat(os.path.join(folder, name))
    return Run(time.perf_counter() - begun, 0.0)


def _memory_rows(course, students, sizes):
    few, many = (grade(course, students[:size], "--jobs=2").memory for size in sizes)
    ratio = many / few
    yield _row(f"peak memory at {sizes[1]} hand-ins / at {sizes[0]}", ratio, "≤ 1.1", ratio <= 1.1)
    yield _row(
        f"peak memory at {sizes[1]} hand-ins with --jobs 2, MiB", many, "≤ 1024", many <= 1024
    )


def _cost(course, students, sizes):
    few, many = (grade(course, students[:size], "--jobs=2").seconds / size for size in sizes)
    ratio = many / few
    yield _row(f"seconds a hand-in at {sizes[1]} / at {sizes[0]}", ratio, "≤ 1.1", ratio <= 1.1)


def _dask(course, students, few, rounds):
    import dask
    from distributed import LocalCluster

    from i2dl_course.class_run.dask_engine import QUIET

    with ExitStack() as stack:
        stack.enter_context(dask.config.set(QUIET))  # as docs/scaling.md sets up a cluster
        begun = time.perf_counter()
        cluster = stack.enter_context(
            LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None)
        )
        start = time.perf_counter() - begun
        there = f"--scheduler={cluster.scheduler_address}"
        pool_few, dask_few, pool, dask = in_turn(
            rounds,
            *(
                lambda how=how, size=size: grade(course, students[:size], how)
                for size in (few, len(students))
                for how in ("--jobs=2", there)
            ),
        )
        # Without what a run takes to start, as the client and its library do.
        added = statistics.median(
            (d - d_few) - (p - p_few)
            for p_few, d_few, p, d in zip(pool_few, dask_few, pool, dask, strict=True)
        )
        ratio = statistics.median(b / a for a, b in zip(pool, dask, strict=True))
    # Two at a time: a hand-in that takes 2 ms longer makes the run 1 ms longer.
    milliseconds = 1000 * added / (len(students) - few) * 2
    yield _row("Dask, added to a hand-in, ms", milliseconds, "≤ 10", milliseconds <= 10)
    yield _row(
        f"wall time of {len(students)} hand-ins: LocalCluster / process pool", ratio, "report", None
    )
    yield _row("start of a LocalCluster with two workers, seconds", start, "report", None)


@contextmanager
def _class(size: int) -> Iterator[tuple[Course, list[str]]]:
    """A course and so many students, whose hand-ins have been read once."""
    original = manifest.load(ROOT)
    with tempfile.TemporaryDirectory(prefix="i2dl-benchmark-") as folder:
        course = classes.make_course(original, Path(folder) / "course")
        students = classes.hand_in(original, course, size)
        grade(course, students[:4])  # so that the disk is no part of it
        yield course, students


def jobs_rows(rounds: int, sizes: Sequence[int] = (100, 200, 400)) -> Iterator[dict]:
    """One job against two, for each of `sizes`."""
    with _class(max(sizes)) as (course, students):
        for size in sizes:
            yield from _two_jobs(course, students[:size], rounds)


def unchanged_rows(rounds: int, size: int = FULL.unchanged) -> Iterator[dict]:
    """A second run over a class in which nothing has changed."""
    with _class(size) as (course, students):
        yield from _unchanged(course, students, rounds)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--quick", action="store_true", help="smaller classes, the same rows")
    which.add_argument("--jobs-only", action="store_true", help="only one job against two")
    which.add_argument("--unchanged-only", action="store_true", help="only what has not changed")
    parser.add_argument("--rounds", type=int, default=FULL.rounds, help="of these (%(default)s)")
    args = parser.parse_args()
    only = jobs_rows if args.jobs_only else unchanged_rows if args.unchanged_only else None
    missed = 0
    for row in only(args.rounds) if only else rows(args.quick):
        show(row)
        missed += row["reached"] is False
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
