"""What does one hand-in cost that was made to cost as much as it can?

    .venv/bin/python -m benchmarks.hostile [--only KIND]

Each kind is graded as in a class run, in a grading process of its own, whose parent stands for the
run. Wall time counts from handing over the hand-in to its result; CPU seconds are those of both
processes, not of the sandboxed ones, which have limits of their own; memory is the most that the
two had at once at most, the sum of their peaks. The bounds are those of docs/threat-model.md.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.showing import show
from i2dl_course import manifest
from i2dl_course.class_run import course_kit
from i2dl_course.class_run.grading_process import GradingProcess, Job, setup_for
from i2dl_course.handins.opening import HandIn
from i2dl_course.judging.allowance import SECONDS_PER_TASK
from i2dl_course.judging.assessment import Execute
from i2dl_course.reporting.outcome import Standing

ROOT = Path(__file__).resolve().parents[1]
COURSE = manifest.load(ROOT)
NOTEBOOK = COURSE.handin.graded_notebook
MOST_SECONDS, MOST_MEGABYTES, MOST_HOURS = 180.0, 1024.0, 2.0
MOST_VERDICT_SECONDS = 60.0
HOSTILE, JOBS = 100, 2

# Replaces what the worker answers with, whenever it answers.
ANSWERS = """
import sys
import numpy as np
wire = sys.modules["wire"]
encode = wire.encode
def forged(header, blobs=()):
    {}
wire.encode = forged
"""
BIG = "return encode(header, [*blobs, np.zeros(4_000_000 // 8)])"  # right, with ballast
FLOOD = 'return encode({**header, "changed": [[99, ["none"]]] * 40_000}, blobs)'


def code(text, last=""):
    """The right answer, with `text` where layer.py begins and `last` at its end."""
    files = {
        name: (ROOT / "instructor" / "solution" / name).read_bytes()
        for name in COURSE.handin.files
        if name.endswith(".py")
    }
    layer = next(name for name in files if name.endswith("layer.py"))
    files[layer] = text.encode() + b"\n" + files[layer] + b"\n" + last.encode()
    return files


def cells(*sources):
    """The graded notebook with cells of these sources before all others."""
    notebook = json.loads((COURSE.release_dir / NOTEBOOK).read_text(encoding="utf-8"))
    notebook["cells"][:0] = [
        {
            "cell_type": "code",
            "id": f"own{number}",
            "metadata": {},
            "source": source,
            "execution_count": None,
            "outputs": [],
        }
        for number, source in enumerate(sources)
    ]
    return json.dumps(notebook).encode()


PLAIN = (COURSE.release_dir / NOTEBOOK).read_bytes()
SLEEPS_AND_ENDS = "import os, time\ntime.sleep(7.7)\nos._exit(0)\n"
SLEEPING_CELLS = ["import time\ntime.sleep(20)"] * 40
# Files and notebook of each kind; those of WAITING take their limits and do nothing.
KINDS = {
    "the right answer": lambda: (code(""), PLAIN),
    "endless import": lambda: (code("while True: pass\n"), PLAIN),
    "sleep, then os._exit": lambda: (code(SLEEPS_AND_ENDS), PLAIN),
    "sleeping notebook": lambda: (code(""), cells(*SLEEPING_CELLS)),
    "sleeps everywhere": lambda: (code(SLEEPS_AND_ENDS), cells(*SLEEPING_CELLS)),
    "answers of 4 MB": lambda: (code(ANSWERS.format(BIG)), PLAIN),
    "flood of changed": lambda: (code(ANSWERS.format(FLOOD)), PLAIN),
    "blanks for Pygments": lambda: (code(" \n" * 24_999), cells(*[" \n" * 24_999] * 5)),
    "page of quotes": lambda: (code(""), cells(*["'" * 1_000_000] * 15)),
    "JSON of {}": lambda: (
        code(""),
        b'{"nbformat": 4, "cells": [], "x": [' + b"{}," * 6_900_000 + b"0]}",
    ),
    "JSON of long characters": lambda: (
        code(""),
        '{"nbformat": 4, "cells": [], "x": ["\N{PARTY POPPER}'.encode()
        + b"a" * 20_000_000
        + b'"]}',
    ),
}
WAITING = {"endless import", "sleep, then os._exit", "sleeping notebook", "sleeps everywhere"}
WITHOUT_NOTEBOOK = {"endless import", "sleep, then os._exit", "answers of 4 MB", "flood of changed"}


def cost(kind):
    """Wall and CPU seconds and megabytes of one hand-in; this process is the parent."""
    files, notebook = KINDS[kind]()
    handin = HandIn({**files, NOTEBOOK: notebook})
    with tempfile.TemporaryDirectory(prefix="i2dl-hostile-") as scratch:
        folder = Path(scratch) / "course"
        folder.mkdir()
        course_kit.pack(COURSE).unpack(folder)
        execute = Execute.NOTHING if kind in WITHOUT_NOTEBOOK else Execute.GRADED
        setup = setup_for(COURSE, None, execute, SECONDS_PER_TASK, str(folder))
        process = GradingProcess(setup)
        try:
            for graded in (HandIn(code("") | {NOTEBOOK: PLAIN}), handin):  # the first warms up
                cpu = [_cpu(number) for number in (os.getpid(), process.pid)]
                begun = time.monotonic()
                process.begin(Job("hostile", graded, 5, Standing()))
                result = process.finish()
                wall = time.monotonic() - begun
            used = [_cpu(number) for number in (os.getpid(), process.pid)]
            peaks = [_peak(number) for number in (os.getpid(), process.pid)]
        finally:
            process.close()
    if result.assessment is None:
        raise SystemExit(f"{kind}: {result.problem}")
    return {
        "seconds": wall,
        "cpu": sum(used) - sum(cpu),
        "megabytes": sum(peaks),
        "score": result.assessment.judgement.score,
    }


def _cpu(number):
    """CPU seconds of the process `number`, without those of its children."""
    fields = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _peak(number):
    """The most memory that the process `number` has had, megabytes."""
    status = Path(f"/proc/{number}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def rows(quick=False, only=None):
    """The rows of the table as they are measured; `quick` leaves out what does nothing but wait."""
    worst = 0.0
    for kind in KINDS if only is None else [only]:
        if quick and kind in WAITING:
            continue
        command = [sys.executable, "-m", "benchmarks.hostile", "--cost", kind]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(done.stderr)
        found = json.loads(done.stdout)
        worst = max(worst, found["seconds"])
        verdicts_only = kind in WITHOUT_NOTEBOOK
        most = MOST_VERDICT_SECONDS if verdicts_only else MOST_SECONDS
        yield _row(f"hostile: {kind}, s", found["seconds"], most)
        yield _row(f"hostile: {kind}, CPU s of trusted processes", found["cpu"])
        yield _row(f"hostile: {kind}, MB of trusted processes", found["megabytes"], MOST_MEGABYTES)
        yield _row(f"hostile: {kind}, points", found["score"])
    if not quick and only is None:
        added = HOSTILE * worst / JOBS / 3600
        yield _row(f"{HOSTILE} of the worst in a class, {JOBS} jobs, hours more", added, MOST_HOURS)


def _row(name, value, most=None):
    return {
        "name": name,
        "value": round(value, 2),
        "target": "report" if most is None else f"≤ {most:g}",
        "reached": None if most is None else value <= most,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=KINDS, help="one kind")
    parser.add_argument("--cost", choices=KINDS, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.cost:
        print(json.dumps(cost(args.cost)))
        return
    for row in rows(only=args.only):
        show(row)


if __name__ == "__main__":
    main()
