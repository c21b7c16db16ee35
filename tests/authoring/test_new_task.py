"""A seventh task, added by the steps of docs/authors.md and nothing else, is built and judged."""

import json
import re
import shutil

import pytest
from support.handins import course_command

from i2dl_course.manifest import load

TASK = "leaky_relu_forward"
LAYER = "exercise_code/networks/layer.py"
SOLUTION = '''

def leaky_relu_forward(x):
    """Leaky ReLU: x where it is positive, a tenth of it elsewhere.

    Parameters
    ----------
    x : array of any shape

    Returns
    -------
    out : array of the shape of x
    cache : array
        x, for the backward pass.
    """
    ### BEGIN SOLUTION
    ### STUB raise NotImplementedError("leaky_relu_forward: in exercise_code/networks/layer.py.")
    out = x * np.where(x > 0, 1.0, 0.1)
    cache = x
    ### END SOLUTION
    return out, cache
'''
JUDGE = '''\
"""The check of the leaky ReLU."""

from dataclasses import dataclass

import numpy as np

from exercise_code.tests.cases import draw
from exercise_code.tests.compare import Case, Expected, Suspect, require_right


@dataclass(frozen=True, kw_only=True)
class ReluCase(Case):
    """An input of any shape."""

    x: np.ndarray


def cases(rng):
    return [ReluCase(x=draw(rng, (4, 3))), ReluCase(label="for a cube", x=draw(rng, (2, 3, 4)))]


def judge(student, cases):
    for case in cases:
        out, _ = student.leaky_relu_forward(case.x.copy())
        zero = Suspect("other_activation", "[is|are] the ReLU", lambda: case.x.clip(0))
        right = np.maximum(case.x, case.x / 10)
        require_right([out], [Expected("out", right, suspects=lambda: [zero])], case)
'''
CHECK = f"""\
    Check(
        "{TASK}",
        points=POINTS["{TASK}"],
        function="{TASK}",
        judge=leaky_relu.judge,
        cases=leaky_relu.cases,
        says="All values are right",
        hint="Try x = -1 and x = 1.",
    ),
)
CHECKS ="""
CELL = (
    f'\n# %% nbgrader={{"grade": true, "grade_id": "{TASK}", "locked": true, '
    '"schema_version": 3, "solution": false, "task": false, "cell_type": "code"}\n'
    f'from exercise_code.tests import check\n\nscore = check("{TASK}")\n'
    f"### HIDDEN TESTS {TASK}\nfloat(score)\n"
)
HIDDEN = (
    "from numpy.random import default_rng\n\n"
    f'score = min(score, check("{TASK}", rng=default_rng(314_159_265)), key=float)\n'
)

# Each step of the page: a file, and what is replaced in it; "" is the end of it.
STEPS = (
    ("course.toml", "points = 10", "points = 6"),
    (
        "course.toml",
        "",
        f'\n[[task]]\nname = "{TASK}"\npoints = 4\nfile = "{LAYER}"\nfunction = "{TASK}"\n',
    ),
    (f"instructor/solution/{LAYER}", "", SOLUTION),
    (
        "exercise_code/tests/declaration.py",
        "    Model(",
        f'    Function("{TASK}", _LAYER, returns_cache=True),\n    Model(',
    ),
    ("exercise_code/tests/checks.py", ")\nCHECKS =", CHECK),
    (
        "exercise_code/tests/checks.py",
        "import halfway, layer_checks, network_checks, two_layer_network\n",
        "import halfway, layer_checks, leaky_relu, network_checks, two_layer_network\n",
    ),
    ("exercise_code/tests/leaky_relu.py", "", JUDGE),
    (f"instructor/hidden/{TASK}.py", "", HIDDEN),
    ("notebooks/1_TwoLayerNetwork.py", "", CELL),
)


def take(course, steps):
    for name, old, new in steps:
        path = course / name
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        assert old in text
        path.write_text(text.replace(old, new, 1) if old else text + new, encoding="utf-8")


@pytest.fixture
def course(root, tmp_path):
    """What an author edits, and nothing of what is generated."""
    folder = tmp_path / "course"
    folder.mkdir()
    for name in ("course.toml", "nbgrader_config.py"):
        shutil.copy(root / name, folder / name)
    for name in ("notebooks", "exercise_code", "instructor"):
        shutil.copytree(
            root / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.ipynb*")
        )
    return folder


def judged(course, folder):
    """The new task's verdict, and the score."""
    done = course_command("judge", "--json", folder, folder=course)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    (verdict,) = [task for task in told["tasks"] if task["name"] == TASK]
    return verdict, told["score"]


def test_the_steps_touch_the_files_that_the_page_names(root):
    text = (root / "docs" / "authors.md").read_text(encoding="utf-8")
    (section,) = re.findall(r"## A new task, step by step\n(.*?)\n## ", text, re.DOTALL)
    steps = re.findall(r"^\d\. `([^`]+)`:", section, re.MULTILINE)
    assert len(steps) == 6
    for step in steps:
        assert any(name.startswith(step) for name, _, _ in STEPS), step
    for name, _, _ in STEPS:
        beside = name.replace("leaky_relu", "checks")  # "a module beside it"
        assert any(beside.startswith(step) for step in steps), name


def test_a_seventh_task_is_built_and_judged(course):
    take(course, STEPS)
    built = course_command("build", folder=course)
    assert built.returncode == 0, built.stderr
    release = load(course).release_dir
    assert judged(course, release)[0]["cause"] == "not_implemented"

    for name in load(course).handin.files:
        shutil.copy(course / "instructor" / "solution" / name, release / name)
    verdict, score = judged(course, release)
    assert (verdict["points"], verdict["max_points"], score) == (4, 4, 100)

    layer = release / LAYER
    text = layer.read_text(encoding="utf-8")
    layer.write_text(text.replace("np.where(x > 0, 1.0, 0.1)", "(x > 0)"), encoding="utf-8")
    verdict, score = judged(course, release)
    assert (verdict["points"], verdict["cause"], score) == (0, "other_activation", 96)
    assert "is the ReLU" in verdict["says"]


@pytest.mark.parametrize(
    ("forgotten", "sentence"),
    [
        ("course.toml", f"there is no [[task]] for the check {TASK}"),
        ("instructor/solution", f"has no {TASK}, but course.toml names it for a task"),
        ("exercise_code/tests/declaration.py", f"CALLABLES does not have {TASK}"),
        ("exercise_code/tests/checks.py", f"there is no check for the task {TASK}"),
        ("instructor/hidden", f"hidden/{TASK}.py: is missing"),
        ("notebooks", f"has no graded cell for {TASK}"),
    ],
)
def test_a_forgotten_step_is_a_sentence_of_the_build(course, forgotten, sentence):
    take(course, [step for step in STEPS if not step[0].startswith(forgotten)])
    done = course_command("build", folder=course)
    assert done.returncode == 2
    assert sentence in done.stderr and done.stderr.count("\n") == 1
    if "exercise_code/tests" in forgotten:
        done = course_command("judge", course / "instructor" / "solution", folder=course)
        assert done.returncode == 2
        assert sentence in done.stderr
