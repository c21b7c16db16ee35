"""The small course with all that grading needs: sources, a gradebook and hand-ins."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from support.small_course import make_course, write

from i2dl_course.manifest import Course
from i2dl_course.nbgrader_side.run import path_with_our_commands

NOTEBOOK = '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'


def make_prepared_course(root: Path, *students: str) -> Course:
    """Such a course in `root`, with the same hand-in by each of `students`."""
    course = make_course(root)
    files = {f"source/ex/{name}.ipynb": NOTEBOOK for name in course.exercise.notebooks}
    files["mine/exercise_code/work.py"] = "def double(x):\n    return 2 * x\n"
    for student in students:
        files[f"submitted/{student}/ex/1_graded.ipynb"] = NOTEBOOK
        files[f"submitted/{student}/ex/exercise_code/work.py"] = (
            "def double(x):\n    return 2 * x\n"
        )
    write(root, files)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", path_with_our_commands())  # nbgrader calls alembic
        _make_gradebook(course)
    return course


def _make_gradebook(course: Course) -> None:
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}") as book:
        book.add_assignment("ex", duedate=datetime(2020, 5, 27, 22))
        for name in course.exercise.notebooks:
            book.add_notebook(name, "ex")
        for task in course.tasks:
            book.add_grade_cell(
                task.name, "1_graded", "ex", max_score=task.points, cell_type="code"
            )
            book.add_solution_cell(task.name, "1_graded", "ex")
