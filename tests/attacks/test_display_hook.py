"""Shows a result of its own before each check fails, through sys.displayhook, and patches print.

Why it might work: nbgrader takes the first result of a graded cell for its points.
It must get: nothing; the result in a graded cell is written by the judge.
"""

from attacks.classroom import attacker, runs_first

CODE = """
import builtins, sys
from IPython.display import display
hook = sys.displayhook
sys.displayhook = lambda value: hook(99.0)
builtins.print = lambda *_, **__: hook(25.0)
get_ipython().events.register("pre_run_cell", lambda *_: sys.displayhook(99.0))
get_ipython().set_custom_exc((BaseException,), lambda *_, **__: hook(100.0))
"""


@attacker
def hook(folder):
    runs_first(folder, CODE)


def test_a_result_of_its_own_is_no_grade(classroom):
    classroom.outcome(__name__)
