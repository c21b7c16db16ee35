"""The checks: they tell at once, and in words, whether a task is solved.

``check("affine_forward")`` judges one task, ``check_all()`` all of them, and so does
``python -m exercise_code.tests`` in a terminal. After hand-in the same checks run on other
numbers. ``numeric_gradient`` is for your own tests.
"""

from exercise_code.tests import declaration
from exercise_code.tests.calling import StudentError
from exercise_code.tests.checking import Check
from exercise_code.tests.checks import CHECKS
from exercise_code.tests.gradients import numeric_gradient
from exercise_code.tests.kinds import Function, Model
from exercise_code.tests.running import check, check_all
from exercise_code.tests.submission import Submission
from exercise_code.tests.verdict import Verdict

__all__ = [
    "CHECKS",
    "Check",
    "Function",
    "Model",
    "StudentError",
    "Submission",
    "Verdict",
    "check",
    "check_all",
    "declaration",
    "numeric_gradient",
]
