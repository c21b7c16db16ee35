"""Of two mistakes at once, how many does the judge call by their names?

    .venv/bin/python -m benchmarks.pairs [--pairs 5000] [--seed 1] [--jobs 2] [--show 0]

Two of the mistakes in instructor/mutants/ are put into one solution, and all tasks are judged. The
pairs are drawn evenly from all that fit together: two that replace the same piece of the reference
do not. A mistake is named when the verdict on its own task has its cause, or tells it besides.
With --show, so many pairs in which a name is missing are printed.

Exit code 1 when in too few pairs one is named, or both.
"""

import argparse
import os
import sys
import time
import warnings
from concurrent.futures import ProcessPoolExecutor
from functools import cache

import numpy as np

from benchmarks import in_process, verdicts
from benchmarks.verdicts import COURSE
from exercise_code.tests import CHECKS
from i2dl_course.errors import CourseError
from i2dl_course.samples import variants

ONE, BOTH = 0.80, 0.50  # in how many pairs one of the two must be named, and both
DRAWN = 20  # the seed of the cases
WHERE = (
    "in two functions of layers",
    "in a layer and in the net",
    "in both passes of the net",
    "in the same function",
)


@cache
def mistakes() -> list[variants.Mutant]:
    """All that are written down."""
    return variants.mutants(COURSE)


@cache
def _reference() -> dict[str, str]:
    return variants.reference(COURSE).files


@cache
def _cases() -> dict[str, list]:
    return verdicts.cases(DRAWN)


def together(one: variants.Mutant, other: variants.Mutant) -> dict[str, str] | None:
    """The files with both mistakes in them; None if these replace the same piece."""
    if one.pieces.keys() & other.pieces.keys():
        return None
    try:
        return variants.replaced(_reference(), {**one.pieces, **other.pieces})
    except CourseError:  # they overlap
        return None


def pairs(count: int, seed: int) -> list[tuple[int, int]]:
    """The numbers of so many different pairs that fit together."""
    rng, found = np.random.default_rng(seed), dict[tuple[int, int], None]()
    while len(found) < count:
        one, other = sorted(map(int, rng.choice(len(mistakes()), 2, replace=False)))
        if together(mistakes()[one], mistakes()[other]):
            found[one, other] = None
    return list(found)


def where(one: variants.Mutant, other: variants.Mutant) -> str:
    """One of WHERE."""
    if one.task == other.task:
        return WHERE[3]
    return WHERE[one.task.startswith("network") + other.task.startswith("network")]


def judged(pair: tuple[int, int]) -> tuple[list[bool], str]:
    """Whether each of the two is named, and what is said of their tasks."""
    warnings.simplefilter("ignore", SyntaxWarning)  # as in (1, 2)[0, 1]: two mistakes in one line
    two = [mistakes()[number] for number in pair]
    files = together(*two)
    assert files is not None
    try:
        student = in_process.submission(files)
    except Exception as error:  # which the referee would name, and nothing else
        return [False, False], f"cannot be imported: {error!r}"
    tasks = {one.task for one in two}
    told = {task: verdicts.told(CHECKS[task], student, _cases()) for task in tasks}
    named = [
        bool({told[one.task].cause, *told[one.task].besides} & {one.cause, one.read}) for one in two
    ]
    return named, "\n".join(f"    {task}: {one.cause}: {one.says}" for task, one in told.items())


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=5000, help="how many pairs (5000)")
    parser.add_argument("--seed", type=int, default=1, help="draws them (1)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes (all cores)")
    parser.add_argument("--show", type=int, default=0, help="print so many that lack a name (0)")
    given = parser.parse_args(arguments)
    begun, drawn = time.perf_counter(), pairs(given.pairs, given.seed)
    with ProcessPoolExecutor(given.jobs) as pool:
        results = list(pool.map(judged, drawn, chunksize=50))
    counts = {place: [0, 0, 0] for place in (*WHERE, "all")}
    for pair, (named, says) in zip(drawn, results, strict=True):
        one, other = (mistakes()[number] for number in pair)
        for place in (where(one, other), "all"):
            counts[place] = [
                n + m for n, m in zip(counts[place], (1, any(named), all(named)), strict=True)
            ]
        if not all(named) and given.show > 0:
            given.show -= 1
            print(f"{one.name} + {other.name}\n{says}")
    spent = time.perf_counter() - begun
    print(f"pairs of {len(mistakes())} mistakes, seed {given.seed}, {spent:.0f} s")
    print(f"{'':28s} {'pairs':>7s} {'one named':>10s} {'both named':>11s}")
    for place, (of, one_named, both_named) in counts.items():
        if of:
            print(f"{place:28s} {of:7,d} {one_named / of:10.1%} {both_named / of:11.1%}")
    of, one_named, both_named = counts["all"]
    return 1 if one_named < ONE * of or both_named < BOTH * of else 0


if __name__ == "__main__":
    sys.exit(main())
