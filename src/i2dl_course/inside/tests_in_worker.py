"""The checks, as far as a student's code may want to import them; nothing is judged in here."""

from exercise_code.tests.calling import StudentError
from exercise_code.tests.gradients import numeric_gradient
from exercise_code.tests.submission import Submission

__all__ = ["StudentError", "Submission", "check", "check_all", "numeric_gradient"]


def check(*_, **__):
    """Does nothing: who calls it at the end of a file is judged all the same."""


check_all = check
