"""Ends the kernel, its parent, and everything that it may end, in the first cell.

Why it might work: with stock nbgrader it ends the run, and later students have no grade.
It must get: nothing, and a page that says what happened.
"""

from attacks.classroom import attacker, runs_first

CODE = """
import os, signal
for number in (os.getppid(), 1, -1):
    try:
        os.kill(number, signal.SIGKILL)
    except OSError:
        pass
os._exit(0)
"""


@attacker
def kill(folder):
    runs_first(folder, CODE)


def test_a_dead_kernel_costs_nobody_else_anything(classroom):
    classroom.outcome(__name__)
