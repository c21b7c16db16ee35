"""Running the checks from a notebook or a terminal."""

from exercise_code.tests import surroundings
from exercise_code.tests.checking import ROUNDS
from exercise_code.tests.checks import CHECKS
from exercise_code.tests.submission import Submission
from exercise_code.tests.verdict import say


def check(task, rng=None, rounds=ROUNDS):
    """Check one task, print the verdict and return it; ``float(verdict)`` gives the points.

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
    """
    if surroundings.entered():
        return None
    verdict = named(task).run(Submission.from_package(), rng, rounds)
    say(str(verdict))
    return verdict


def check_all(rng=None, rounds=ROUNDS, tasks=tuple(CHECKS)):
    """Check all tasks (or those named), print one table, and return the list of verdicts.

    As with ``check``, nothing is done while a check runs. Raises ValueError for a name that is no
    task, before anything is run.
    """
    if surroundings.entered():
        return None
    chosen, given_up = [named(task) for task in tasks], {}
    verdicts = [one.run(Submission.from_package(given_up), rng, rounds) for one in chosen]
    for verdict in verdicts:
        say(str(verdict))
    passed = sum(verdict.passed for verdict in verdicts)
    points, most = sum(map(float, verdicts)), sum(verdict.max_points for verdict in verdicts)
    what = "Public checks" if rng is None else "Checks with other numbers"
    later = " Hidden checks run after hand-in." if rng is None else ""
    say(f"\n{points:g} of {most:g} points.")
    say(f"{what}: {passed} of {len(verdicts)} passed.{later}")
    return verdicts


def named(task):
    """The check of a task. Raises ValueError, with the names there are, for any other name."""
    if not isinstance(task, str) or task not in CHECKS:
        names = list(CHECKS)
        raise ValueError(
            f"There is no task {task!r}; the tasks are {', '.join(names[:-1])} and {names[-1]}."
        )
    return CHECKS[task]
