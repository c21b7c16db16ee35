"""Prints 40 MB in one line, a million lines, and shows a thousand pictures.

Why it might work: with stock nbgrader the notebook and the page have 120 MB each.
It must get: the beginning, and how much was left out.
"""

from attacks.classroom import NOTEBOOK, attacker, runs_first

CODE = """
import numpy as np
import matplotlib.pyplot as plt
from IPython.display import Image, display
print("x" * 40_000_000)
print("y\\n" * 1_000_000)
plt.figure(figsize=(1, 1))
plt.savefig("small.png")
for _ in range(200):
    display(Image("small.png"))
"""


@attacker
def print_much(folder):
    runs_first(folder, CODE)


def test_what_is_kept_has_a_limit(classroom):
    outcome = classroom.outcome(__name__)
    assert (outcome.folder / NOTEBOOK).stat().st_size < 3 << 20
