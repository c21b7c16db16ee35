"""A whole course in a few lines, for tests of the tool that must not depend on the real one."""

from __future__ import annotations

from pathlib import Path

from i2dl_course.manifest import Course, load

MANIFEST = """\
[course]
id = "small"
title = "A small course"

[exercise]
name = "ex"
title = "Two functions"
opens = 2020-05-22T12:00:00
closes = 2020-05-27T23:59:59
time_zone = "Europe/Berlin"
pass_mark = 80
notebooks = ["1_graded", "2_free"]

[handin]
graded_notebook = "1_graded.ipynb"
files = ["exercise_code/work.py"]

[[task]]
name = "double"
points = 40
file = "exercise_code/work.py"
function = "double"

[[task]]
name = "halve"
points = 60
file = "exercise_code/work.py"
function = "Halver.halve"
"""

REFERENCE = '''\
"""Two functions."""

import math


def double(x):
    """Twice x."""
    ### BEGIN SOLUTION
    ### STUB raise NotImplementedError("double: compute it, in exercise_code/work.py.")
    result = math.fsum([x, x])
    ### END SOLUTION
    return result


class Halver:
    """Halves."""

    def halve(self, x):
        """Half of x."""
        ### BEGIN SOLUTION
        ### STUB raise NotImplementedError(
        ### STUB     "halve: compute it, "
        ### STUB     "in exercise_code/work.py."
        ### STUB )
        inverse_of_two = pow(2.0, -1)
        return x * inverse_of_two
        ### END SOLUTION
'''

STUB = '''\
"""Two functions."""

import math


def double(x):
    """Twice x."""
    raise NotImplementedError("double: compute it, in exercise_code/work.py.")
    return result


class Halver:
    """Halves."""

    def halve(self, x):
        """Half of x."""
        raise NotImplementedError(
            "halve: compute it, "
            "in exercise_code/work.py."
        )
'''

GRADED_HEADER = (
    '# %% nbgrader={{"grade": true, "grade_id": "{name}", "locked": true, "points": {points}, '
    '"schema_version": 3, "solution": false, "task": false, "cell_type": "code"}}\n'
)


def graded_cell(name: str, points: int) -> str:
    """A graded cell as an author writes it."""
    return (
        GRADED_HEADER.format(name=name, points=points)
        + f'score = check("{name}")\n### HIDDEN TESTS {name}\nfloat(score)\n'
    )


GRADED_NOTEBOOK = (
    "# %% [markdown]\n# # Größe × 2\n#\n# Text.\n\n"
    "# %%\n# %matplotlib inline\nfrom exercise_code import check\n\n"
    + graded_cell("double", 40)
    + "\n# %%\nprint(1)\n\n# %%\nprint(1)\n\n"
    + graded_cell("halve", 60)
)

FREE_NOTEBOOK = '# %% [markdown]\n# # Free\n\n# %% tags=["optional"]\nprint(2)\n'

CHECKS_PACKAGE = """\
from exercise_code.tests import declaration
from exercise_code.tests.checks import CHECKS
from exercise_code.tests.kinds import Model
from exercise_code.tests.submission import StudentError, Submission
"""

KINDS = """\
from types import SimpleNamespace


class Model(SimpleNamespace):
    pass
"""

SUBMISSION = """\
class StudentError(Exception):
    pass


class Submission:
    pass
"""

DECLARATION = """\
from types import SimpleNamespace

from exercise_code.tests.kinds import Model

EXERCISE = "ex"
NOTEBOOK = "1_graded.ipynb"
FILES = ("exercise_code/work.py",)
CALLABLES = (
    SimpleNamespace(name="double", file="exercise_code/work.py", returns_cache=False),
    Model(name="Halver", file="exercise_code/work.py", methods=("halve",), arguments=dict),
)
LIBRARIES = ()
GIVEN = ()
DRAWING = ()
HELPERS = {}
"""

CHECKS = """\
from types import SimpleNamespace

CHECKS = {
    "double": SimpleNamespace(points=40, function="double", draw=list, run=list, traced=list),
    "halve": SimpleNamespace(points=60, function="Halver.halve", draw=list, run=list, traced=list),
}
"""


def write(folder: Path, files: dict[str, str]) -> None:
    """Write texts to paths relative to `folder`."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def make_course(folder: Path) -> Course:
    """Write the authored files of the small course into `folder` and load it."""
    write(
        folder,
        {
            "course.toml": MANIFEST,
            "instructor/solution/exercise_code/work.py": REFERENCE,
            "instructor/hidden/double.py": "score = min(score, check('double', seed=9_182_736))\n",
            "instructor/hidden/halve.py": "score = min(score, check('halve', seed=5_647_382))\n",
            "exercise_code/__init__.py": "def check(name, seed=0):\n    return 1.0\n",
            "exercise_code/tests/__init__.py": CHECKS_PACKAGE,
            "exercise_code/tests/calling.py": "",
            "exercise_code/tests/kinds.py": KINDS,
            "exercise_code/tests/changes.py": "",
            "exercise_code/tests/editing.py": "",
            "exercise_code/tests/operands.py": "",
            "exercise_code/tests/steps.py": "",
            "exercise_code/tests/submission.py": SUBMISSION,
            "exercise_code/tests/surroundings.py": "",
            "exercise_code/tests/syntax.py": "",
            "exercise_code/tests/declaration.py": DECLARATION,
            "exercise_code/tests/checks.py": CHECKS,
            "exercise_code/data/houses.csv": "area,price\n12,3400\n",
            "exercise_code/data/README.md": "Two houses.\n",
            "notebooks/1_graded.py": GRADED_NOTEBOOK,
            "notebooks/2_free.py": FREE_NOTEBOOK,
        },
    )
    return load(folder)


def snapshot(folder: Path) -> dict[str, bytes]:
    """Every file below `folder`, empty folders too, with its bytes."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else b""
        for path in sorted(folder.rglob("*"))
    }
