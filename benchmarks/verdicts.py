"""How often is the judge wrong?

    .venv/bin/python -m benchmarks.verdicts [--seeds 100] [--first 0] [--kinds KIND ...] [--jobs 2]

Each seed draws the cases of one judgement, as the referee draws them. On these are judged

    reference     the reference, all tasks: each that fails is a false fail
    right         the other right answers of instructor/right_answers/: the same
    mutants       the mistakes of instructor/mutants/, each by its own check: each that passes is a
                  false pass; also counted is each that gets another cause than its file says
    entries       the reference with one entry of one returned array ten tolerances off, for each
                  array of each task in each case; entry and sign are drawn: the same

The checks run in this process: that the referee comes to the same verdicts through a worker is
tested (tests/checks/test_mutants.py). Exit code 1 when any count of wrong verdicts is not 0.
"""

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import in_process
from exercise_code.tests import CHECKS
from i2dl_course import manifest
from i2dl_course.samples import variants

COURSE = manifest.load(Path(__file__).resolve().parents[1])
KINDS = {
    "reference": "false fails of the reference",
    "right": "false fails of other right answers",
    "mutants": "false passes of mistakes",
    "entries": "false passes of one entry, ten tolerances off",
}
OTHER_CAUSE = "mistakes called by another name"
TOLERANCES = 10
# A judgement: its kind, whether it is wrong, and what was judged.
Judged = Iterator[tuple[str, bool, str]]


@cache
def _solutions(load):
    return [(one, in_process.submission(one.files)) for one in load(COURSE)]


@cache
def _reference():
    return in_process.submission(variants.reference(COURSE).files)


def cases(seed: int) -> dict[str, list]:
    """The cases of each task that the referee draws from `seed`."""
    return {
        task: CHECKS[task].draw(np.random.default_rng([seed, number]), rounds=1)
        for number, task in enumerate(COURSE.tasks_by_name)
    }


def reference(drawn: dict[str, list], seed: int) -> Judged:
    """Each task of the reference."""
    for task, check in CHECKS.items():
        passed = check.run(_reference(), drawn=drawn[task]).passed
        yield KINDS["reference"], not passed, task


def right(drawn: dict[str, list], seed: int) -> Judged:
    """Each task of each other right answer."""
    for answer, student in _solutions(variants.right_answers):
        for task, check in CHECKS.items():
            passed = check.run(student, drawn=drawn[task]).passed
            yield KINDS["right"], not passed, f"{answer.name}, {task}"


def told(check: Any, student: Any, drawn: dict[str, list]) -> Any:
    """The verdict; what no rule knows is looked for."""
    verdict = check.run(student, drawn=drawn[check.name])
    return check.traced(verdict, student) if verdict.unknown else verdict


def mutants(drawn: dict[str, list], seed: int) -> Judged:
    """Each mistake by its own check, and its name."""
    for mutant, student in _solutions(variants.mutants):
        verdict = told(CHECKS[mutant.task], student, drawn)
        yield KINDS["mutants"], verdict.passed, mutant.name
        yield OTHER_CAUSE, verdict.cause != mutant.read, f"{mutant.name}, {verdict.cause}"


def entries(drawn: dict[str, list], seed: int) -> Judged:
    """One entry of each returned array, in each case."""
    rng = np.random.default_rng(seed)
    for task, check in CHECKS.items():
        for case in drawn[task][0]:
            if case.unasked:  # what fails there costs nothing
                continue
            for place, right in enumerate(in_process.EXPECTED[task](case)):
                amount = rng.choice([-1, 1]) * TOLERANCES * right.tolerance
                entry = int(rng.integers(right.value.size))
                wrong = in_process.one_entry_changed(_reference(), task, place, entry, amount)
                passed = check.run(wrong, drawn=[[case]]).passed
                yield KINDS["entries"], passed, f"{task}, {right.name}[{entry}] {case.label}"


def count(seed: int, kinds: Iterable[str]) -> tuple[Counter, list[tuple[int, str, str]]]:
    """How many verdicts of each kind were given for one seed, and those that are wrong."""
    drawn, wrong = cases(seed), []
    given: Counter[str] = Counter()
    judges = {"reference": reference, "right": right, "mutants": mutants, "entries": entries}
    for kind in kinds:
        for what, is_wrong, words in judges[kind](drawn, seed):
            given[what] += 1
            if is_wrong:
                wrong.append((seed, what, words))
    return given, wrong


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=100, help="how many seeds (100)")
    parser.add_argument("--first", type=int, default=0, help="the first of them (0)")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes (all cores)")
    given = parser.parse_args(arguments)
    seeds = range(given.first, given.first + given.seeds)
    begun, wrong = time.perf_counter(), []
    judged: Counter[str] = Counter()
    with ProcessPoolExecutor(given.jobs) as pool:
        for one_judged, one_wrong in pool.map(partial(count, kinds=given.kinds), seeds):
            judged += one_judged
            wrong += one_wrong
    of = Counter(what for _, what, _ in wrong)
    print(f"{given.seeds} seeds from {given.first} on, {time.perf_counter() - begun:.0f} s")
    print(f"{'':46s} {'wrong':>7s} {'of':>11s}")
    for what in [*KINDS.values(), OTHER_CAUSE]:
        if judged[what]:
            print(f"{what:46s} {of[what]:7,d} {judged[what]:11,d}")
    for seed, what, words in wrong[:20]:
        print(f"seed {seed}: {what}: {words}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
