"""The server says what the notebook says, whatever students do beside the mathematics."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from support import student_code
from support.handins import LAYER
from support.student_code import SEED

from exercise_code.tests import CHECKS
from i2dl_course.handins.opening import HandIn
from i2dl_course.samples import variants

HABITS = tomllib.loads(Path(__file__).with_name("habits.toml").read_text("utf-8"))["habit"]
TOP = "import numpy as np\n\n\ndef affine_forward"
PLAIN = variants.replaced(
    student_code.REFERENCE.files,
    {
        'with np.errstate(over="ignore"):  # exp overflows to infinity, and 1 / infinity is the '
        "right 0\nout = 1.0": "out = 1.0"
    },
)


@pytest.mark.parametrize("habit", HABITS, ids=lambda habit: habit["name"])
def test_a_habit_gets_the_same_verdicts_in_the_notebook_and_on_the_server(habit, kernel, referee):
    files = variants.replaced(PLAIN, habit.get("replace", {}))
    top = habit.get("top", "").strip("\n")
    files[LAYER] = files[LAYER].replace(TOP, TOP.replace("np\n", f"np\n{top}\n", 1))
    there = kernel.verdicts(files, habit.get("beside", {}))
    handin = HandIn({name: text.encode() for name, text in files.items()})
    here = referee.judge(handin, SEED).verdicts
    assert {task: verdict.cause for task, verdict in there.items() if not verdict.passed} == (
        habit.get("fails", {})
    )
    for task in CHECKS:
        assert here[task].as_json() == there[task].to_dict()
