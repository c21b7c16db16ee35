"""Patches the checks, NumPy and IPython from layer.py, which the notebook imports.

Why it might work: in the notebook's kernel, the student's file and the graded cells are neighbours;
with stock nbgrader it gives 8 of 12.
It must get: nothing; what a graded cell does in its kernel does not count.
"""

from attacks.classroom import LAYER, attacker

CODE = """
import numpy as np
from exercise_code import tests
tests.check = tests.check_all = lambda *_, **__: 25.0
np.testing.assert_allclose = lambda *_, **__: None
try:
    get_ipython().run_cell = lambda *_, **__: None
except NameError:
    pass
def affine_forward(x, w, b): return x, (x, w, b)
affine_backward = sigmoid_forward = sigmoid_backward = affine_forward
"""


@attacker
def patch(folder):
    (folder / LAYER).write_text(CODE)


def test_a_patched_kernel_earns_nothing(classroom):
    classroom.outcome(__name__)
