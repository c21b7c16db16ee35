"""The checks: they tell at once, and in words, whether a task is solved.

``check("affine_forward")`` judges one task, ``check_all()`` all six, and so does
``python -m exercise_code.tests`` in a terminal. After hand-in the same checks run on other
numbers. ``numeric_gradient`` is for your own tests.
"""

from exercise_code.tests.calling import StudentError
from exercise_code.tests.checks import CHECKS, Check, check, check_all
from exercise_code.tests.gradients import numeric_gradient
from exercise_code.tests.submission import Submission
from exercise_code.tests.verdict import Verdict

__all__ = [
    "CHECKS",
    "Check",
    "StudentError",
    "Submission",
    "Verdict",
    "check",
    "check_all",
    "numeric_gradient",
]
