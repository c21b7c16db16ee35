"""What this exercise asks for. All that has to know the names of it reads them here.

The checks do, the archive to hand in, and the judge of the hand-ins. What stands in course.toml,
too, is the same there, or ``course build`` says what is not.
"""

import numpy as np

from exercise_code.tests.kinds import Function, Model

EXERCISE = "exercise_05"
NOTEBOOK = "1_TwoLayerNetwork.ipynb"  # the one with the graded cells

_LAYER = "exercise_code/networks/layer.py"
_NET = "exercise_code/networks/two_layer_net.py"
FILES = (_LAYER, _NET)  # what is handed in with the notebook; a file may import those before it

CALLABLES = (
    Function("affine_forward", _LAYER, returns_cache=True),
    Function("affine_backward", _LAYER),
    Function("sigmoid_forward", _LAYER, returns_cache=True),
    Function("sigmoid_backward", _LAYER),
    Model(
        "TwoLayerNet",
        _NET,
        methods=("forward", "backward"),
        arguments=lambda params: (params["W1"].shape, {"rng": np.random.default_rng(0)}),
    ),
)

# What a file that is handed in may import, besides Python's own modules: what there is where it is
# judged, which is not all that may be installed where it is written.
LIBRARIES = ("numpy", "pandas", "matplotlib", "mpl_toolkits", "pylab", "IPython")

# The modules of this package that are handed out, but for those below.
GIVEN = (
    "cost",
    "data",
    "data.house_prices",
    "data.loader",
    "environment",
    "experiments",
    "gradient_edges",
    "handin",
    "networks",
    "networks.base",
    "networks.loss",
    "networks.optimizer",
    "practice",
    "predicting",
    "reloading",
    "solver",
    "spot_the_bug",
    "tables",
)

# While a hand-in is judged its code finds little of this package, for much of it knows the answers:
# the given modules, but for those that draw; and of the checks this, by module.
DRAWING = ("plots",)
HELPERS = {"gradients": ("numeric_gradient",)}
