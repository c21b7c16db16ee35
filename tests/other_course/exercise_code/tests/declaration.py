"""What this exercise asks for."""

from exercise_code.tests.kinds import Function, Model

EXERCISE = "sheet_1"
NOTEBOOK = "Filters.ipynb"
FILES = ("exercise_code/filters.py", "exercise_code/signals/kernel.py")
CALLABLES = (
    Function("moving_average", "exercise_code/filters.py"),
    Model(
        "Kernel",
        "exercise_code/signals/kernel.py",
        methods=("apply",),
        arguments=lambda params: (params["weights"].shape, {}),
    ),
)
LIBRARIES = ("numpy",)
GIVEN = ("handin", "signals")
DRAWING = ()
HELPERS = {}
