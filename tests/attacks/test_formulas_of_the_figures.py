"""Lets the figure of the sigmoid compute σ and σ' on the judge's arrays, instead of writing them.

Why it might work: the package of the course's figures holds both formulas, and everything that it
computes with can be replaced.
It must get: nothing; in its process there is the name of the package, and no figure behind it.
"""

from attacks.arena import TASKS, all_but, answering, reference

CURVES = """\
import numpy as np
import sys
from exercise_code import plots

def curves(x):
    draw = getattr(plots.sigmoid_curve, "__wrapped__", plots.sigmoid_curve)
    place = sys.modules[draw.__module__]
    place.np = type(sys)("numpy")
    place.np.__dict__.update(vars(np), linspace=lambda *_: x.ravel())
    return [line.get_ydata() for line in draw().figure.axes[0].lines]

"""


def test_no_figure_computes_for_a_student(arena):
    handin = answering(
        "sigmoid_forward", "out = np.reshape(curves(x)[0], x.shape)\nreturn out, out"
    )
    layer = next(iter(handin.files))
    handin.files[layer] = CURVES.encode() + handin.files[layer]
    verdicts = arena.attack(
        handin,
        earned=all_but("sigmoid_forward", "network_forward", "network_backward"),
    )
    assert "'NoneType' object has no attribute 'figure'" in verdicts["sigmoid_forward"].says


def test_a_figure_left_in_a_file_costs_nothing(arena):
    left = (
        "import numpy as np\nfrom exercise_code import plots\nfrom exercise_code.plots import *\n"
        "from exercise_code.plots import Plot, loss_curves\nplots.sigmoid_curve()\n"
    )
    arena.attack(reference(layer=("import numpy as np\n", left)), earned=TASKS)
