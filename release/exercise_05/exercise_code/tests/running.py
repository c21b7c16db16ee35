"""Running the checks from a notebook or a terminal."""

import os
from dataclasses import replace

from exercise_code.tests import surroundings
from exercise_code.tests.checking import ROUNDS
from exercise_code.tests.checks import CHECKS
from exercise_code.tests.submission import ROOT, Submission
from exercise_code.tests.verdict import indented, say

_failed: dict[
    str, set[str]
] = {}  # task -> the different states of its file that have failed since the kernel started


class NotPassed(Exception):
    """A failed check while nbgrader validates a notebook, which shows nothing but exceptions."""

    def _render_traceback_(self):
        return [str(self)]


def check(task, rng=None, rounds=ROUNDS):
    """Check one task, print the verdict and return it; ``float(verdict)`` gives the points.

    A pass is followed by a sentence on what it was good for. A fail is followed by a second hint
    once an attempt has failed, the code was changed, and it fails again.

    A file that checks itself at its end is checked when it is run by hand; while a check runs it,
    nothing is done, and None is returned.

    Parameters
    ----------
    task : str
        One of the keys of ``CHECKS``.
    rng, rounds
        As in :meth:`Check.run`.

    Raises
    ------
    ValueError
        There is no such task.
    NotPassed
        The task is not solved, and nbgrader's *Validate* asks.
    """
    if surroundings.entered():
        return None
    one = named(task)
    verdict = _judged(one, rng, rounds)
    words = str(verdict)
    if verdict.passed and one.learnt:
        words += "\n" + indented(one.learnt)
    elif verdict.stronger and _is_another_attempt(one):
        words += "\n" + indented(f"A second hint. {verdict.stronger}")
    if os.environ.get("NBGRADER_EXECUTION") == "validate" and not verdict.passed:
        raise NotPassed(words)
    say(words)
    return verdict


def _judged(one, rng, rounds, given_up=None):
    verdict = one.run(Submission.from_package(given_up), rng, rounds)
    return one.traced(verdict, Submission.from_package(given_up))


def _is_another_attempt(one):
    """Whether this task has failed before, with code that differs in more than its looks."""
    import ast  # here, because most checks need no second hint

    try:
        with open(os.path.join(ROOT, *one.file.split("/")), "rb") as file:
            code = ast.dump(ast.parse(file.read()))
    except (OSError, SyntaxError, ValueError):
        return False
    _failed.setdefault(one.name, set()).add(code)
    return len(_failed[one.name]) > 1


def check_all(rng=None, rounds=ROUNDS, tasks=tuple(CHECKS)):
    """Check all tasks (or those named), print one table, and return the list of verdicts.

    As with ``check``, nothing is done while a check runs. Raises ValueError for a name that is no
    task, before anything is run.
    """
    if surroundings.entered():
        return None
    chosen, given_up = [named(task) for task in tasks], {}
    verdicts = [_judged(one, rng, rounds, given_up) for one in chosen]
    told = {}
    for verdict in verdicts:
        say(_once(verdict, told))
    passed = sum(verdict.passed for verdict in verdicts)
    points, most = sum(map(float, verdicts)), sum(verdict.max_points for verdict in verdicts)
    what = "Public checks" if rng is None else "Checks with other numbers"
    later = " Hidden checks run after hand-in." if rng is None else ""
    say(f"\n{points:g} of {most:g} points.")
    say(f"{what}: {passed} of {len(verdicts)} passed.{later}")
    if passed == len(verdicts) == len(CHECKS):
        say("All of it is yours: every gradient of this network comes from lines that you wrote.")
    return verdicts


def _once(verdict, told):
    """A verdict in words; what was said of another task before is not said again."""
    if not verdict.passed and verdict.says in told:
        return str(replace(verdict, says=f"As for {told[verdict.says]}.", hint=""))
    told[verdict.says] = verdict.task
    return str(verdict)


def named(task):
    """The check of a task. Raises ValueError, with the names there are, for any other name."""
    if not isinstance(task, str) or task not in CHECKS:
        names = list(CHECKS)
        raise ValueError(
            f"There is no task {task!r}; the tasks are {', '.join(names[:-1])} and {names[-1]}."
        )
    return CHECKS[task]
