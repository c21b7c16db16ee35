"""How often is the judge wrong about what nobody thought of?

    .venv/bin/python -m benchmarks.report_card [--seed 1] [--jobs 2] [--quick] [--differential 200]

Mutants are made of the reference and of the right answers by the operators of operators.py. Those
that behave as another does are dropped. Those that are right on all the arrays of truth.py must
have a reason in equivalent.toml; all others are mistakes, and no task that is wrong may pass. Right
answers are made by the rewritings of rewritings.py, and none may fail. Truth is told by truth.py,
not by the checks. The checks run in child processes of ours; of a sample of each kind, the cells of
a notebook and the referee, through a worker in a sandbox, must say the same. Nothing is written.
Exit code 1 when a verdict is wrong, or a reason is missing or needed by nobody.
"""

import argparse
import os
import sys
import time
import warnings
from collections import Counter
from contextlib import closing
from functools import partial

import numpy as np

from benchmarks import in_notebook
from benchmarks.report_card import card, children
from i2dl_course import sandbox
from i2dl_course.judging.referee import Referee

SEED = 20  # of the cases that all are judged on
RIGHT_ANSWERS = 1500
ON_BOTH_SIDES = 200
QUICK = 0.05  # of all of it
_SHOWN = 20


def at_most(wrong: int, of: int) -> float:
    """The upper end of the one-sided 95 % interval for a share of which `wrong` of `of` were seen.

    The exact interval: the share for which so few or fewer are seen once in twenty times. Source:
    C. J. Clopper and E. S. Pearson, The use of confidence or fiducial limits illustrated in the
    case of the binomial, Biometrika 26 (1934). For wrong = 0 it is 1 - 0.05^(1/of), about 3/of.
    """
    if wrong == of:
        return 1.0
    low, high = 0.0, 1.0
    for _ in range(60):
        share = (low + high) / 2
        term = seen = (1 - share) ** of
        for number in range(wrong):
            term *= (of - number) / (number + 1) * share / (1 - share)
            seen += term
        low, high = (share, high) if seen > 0.05 else (low, share)
    return high


class Card:
    """Counts, and the lines that tell what is wrong."""

    def __init__(self):
        self.faults = []

    def count(self, words: str, number: int) -> None:
        print(f"{words:58s} {number:8,d}", flush=True)

    def rate(self, words: str, wrong: list, of: int) -> None:
        most = f", at most {at_most(len(wrong), of):.3%}" if of else ""
        print(f"{words:58s} {len(wrong):8,d}{most}", flush=True)
        self.blame(words.strip(), wrong)

    def blame(self, words: str, wrong: list) -> None:
        for one in wrong:
            self.faults.append(f"{words}: {one}")
            if len(self.faults) <= _SHOWN:
                print(f"! {self.faults[-1]}", flush=True)


def mistakes(report: Card, seed: int, jobs: int, part: float) -> list:
    """The mutants; returns those that are mistakes, with their verdicts."""
    made = list(card.mutants(seed, part))
    behaviours = list(children.each(card.behaviour, made, jobs))
    first = dict(zip(reversed(behaviours), reversed(made), strict=True))
    first.pop(None, None)
    judged = _judged(list(first.values()), jobs)
    right = {one for one, (_, tasks) in zip(first, judged, strict=True) if _all_right(tasks)}
    equivalent = [one for one, told in zip(made, behaviours, strict=True) if told in right]
    judged = [(one, tasks) for one, tasks in judged if not _all_right(tasks)]
    wrong = [pair for pair in judged if not pair[1] or any(t.wrong for t in pair[1].values())]
    report.count("mutants made", len(made))
    report.count("  that cannot be imported", behaviours.count(None))
    alike = len(made) - len(equivalent) - len(judged) - behaviours.count(None)
    report.count("  that behave as another of them", alike)
    report.count("  wrong by less than ten tolerances", len(judged) - len(wrong))
    report.count("  right on all arrays, each with its reason", len(equivalent))
    require_reasons(report, equivalent, complete=part == 1)
    _rates(report, _judged(equivalent, jobs))
    report.count("distinct mistakes", len(wrong))
    _rates(report, wrong)
    return wrong


def _judged(made: list, jobs: int) -> list[tuple[card.Made, dict[str, card.Judged]]]:
    """Each with its tasks; with none if it ended its process, for then nothing passes."""
    judged = children.each(partial(card.judge, seed=SEED), made, jobs)
    return [(one, tasks or {}) for one, tasks in zip(made, judged, strict=True)]


def _all_right(tasks: dict[str, card.Judged]) -> bool:
    return bool(tasks) and all(task.right for task in tasks.values())


def _rates(report: Card, judged: list) -> None:
    passing = [p for p in judged if any(t.wrong and t.passed for t in p[1].values())]
    failing = [p for p in judged if card.failing(p[1])]
    report.rate("    of which a wrong task passes", [_words(*p) for p in passing], len(judged))
    report.rate("    of which a right task fails", [_words(*p) for p in failing], len(judged))
    broken = [p for p in judged if any(task.passed is None for task in p[1].values())]
    report.blame("a check breaks", [_words(*p) for p in broken])


def require_reasons(report: Card, equivalent: list, complete: bool) -> None:
    reasons, needed = card.reasons(), Counter[card.Reason | None]()
    for one in equivalent:
        given = next((reason for reason in reasons if reason.holds(one)), None)
        needed[given] += 1
        if given is None:
            report.blame("equivalent, and no reason is given", [str(one)])
    if complete:
        idle = [reason.reason for reason in reasons if not needed[reason]]
        report.blame("a reason that no mutant needs", idle)


def right_answers(report: Card, seed: int, jobs: int, count: int) -> list:
    """The rewritten right answers, with their verdicts."""
    judged = _judged(list(card.right_answers(seed, count)), jobs)
    right = [pair for pair in judged if _all_right(pair[1])]
    report.count("right answers made", len(judged))
    report.count("  that are wrong by their values: a mistake of ours", len(judged) - len(right))
    for one, tasks in judged:
        if not _all_right(tasks):
            print(f"    {_words(one, tasks)}")
    _rates(report, right)
    return right


def on_both_sides(report: Card, judged: list, seed: int, count: int) -> None:
    """A sample, by the cells of a notebook and by the referee through workers in sandboxes.

    All on the same cases, and all must say the same: points and causes of every task. What stands
    in an np.empty is there by chance, so who may read it is left out.
    """
    rng = np.random.default_rng(seed)
    judged = [pair for pair in judged if "np.empty" not in "".join(pair[0].files.values())]
    sample = [judged[i] for i in sorted(rng.permutation(len(judged))[:count])]
    differing = []
    with (
        closing(sandbox.launcher(warm=True)) as launch,
        Referee(card.COURSE, launch) as referee,
        in_notebook.Kernel(card.COURSE, SEED) as kernel,
    ):
        traced = partial(card.judge, seed=SEED, traced=True)
        told = children.each(traced, [made for made, _ in sample], jobs=1)
        for (one, _), tasks in zip(sample, told, strict=True):
            here, there = kernel.verdicts(one.files), referee.judge(one.handin, SEED).verdicts
            for name, verdict in here.items():
                found = [(one.passed, one.cause) for one in (verdict, there[name])]
                if tasks and name in tasks:
                    found.append((tasks[name].passed, tasks[name].cause))
                if len(set(found)) > 1:
                    causes = ", ".join(str(cause) for _, cause in found)
                    differing.append(f"{one}: {name}: {causes}")
    report.count("judged in a notebook and through a worker as well", len(sample))
    report.count("  with other points or another cause", len(differing))
    report.blame("other points or another cause", differing)


def _words(made: card.Made, tasks: dict[str, card.Judged]) -> str:
    words = [
        f"{name} {'passes' if task.passed else task.cause} at {task.worst:.3g} tolerances"
        for name, task in tasks.items()
    ]
    return f"{made} ({', '.join(words)})"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1, help="draws what is made (1)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes (all cores)")
    parser.add_argument("--quick", action="store_true", help="a twentieth of all")
    parser.add_argument(
        "--differential",
        type=int,
        default=ON_BOTH_SIDES,
        metavar="N",
        help="so many mistakes, and a quarter as many right answers, are judged in a notebook and "
        "through a worker as well (%(default)s)",
    )
    given = parser.parse_args(arguments)
    part = QUICK if given.quick else 1.0
    begun, report = time.perf_counter(), Card()
    warnings.simplefilter("ignore", SyntaxWarning)  # what is made may look odd
    wrong = mistakes(report, given.seed, given.jobs, part)
    right = right_answers(report, given.seed, given.jobs, round(part * RIGHT_ANSWERS))
    on_both_sides(report, wrong, given.seed, round(part * given.differential))
    on_both_sides(report, right, given.seed, round(part * given.differential / 4))
    print(f"seed {given.seed}, {time.perf_counter() - begun:.0f} s")
    if report.faults:
        print(f"{len(report.faults)} wrong, of which the first {_SHOWN} are shown above")
    return 1 if report.faults else 0


if __name__ == "__main__":
    sys.exit(main())
