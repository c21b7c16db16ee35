"""Fixtures that all tests share."""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import settings
from support import student_code
from support.handins import COURSE
from support.left_behind import (  # noqa: F401  (hooks)
    pytest_configure,
    pytest_sessionfinish,
    pytest_terminal_summary,
)
from support.running_notebooks import NotebookRun

from benchmarks.in_notebook import Kernel
from i2dl_course.manifest import load

# No test may fail because the machine is busy.
settings.register_profile("course", deadline=None)
settings.load_profile("course")


@pytest.fixture(scope="session")
def root() -> Path:
    """The root of this repository."""
    return Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def reference_folder(root, tmp_path_factory) -> Path:
    """A student's folder with the reference solution: the package, and every task solved."""
    folder = tmp_path_factory.mktemp("reference")
    shutil.copytree(
        root / "exercise_code",
        folder / "exercise_code",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    solution = root / "instructor" / "solution" / "exercise_code" / "networks"
    for file in solution.glob("*.py"):
        shutil.copy(file, folder / "exercise_code" / "networks")
    return folder


@pytest.fixture(scope="session")
def solved(root, reference_folder):
    """``solved(name)``: the run of a released notebook with the reference, once per session."""
    runs: dict[str, NotebookRun] = {}
    with ExitStack() as stack:

        def run(name: str) -> NotebookRun:
            if name not in runs:
                path = reference_folder / f"{name}.ipynb"
                shutil.copy(load(root).release_dir / f"{name}.ipynb", path)
                runs[name] = stack.enter_context(NotebookRun(path))
            return runs[name]

        yield run


@pytest.fixture(scope="module")
def kernel():
    """A notebook's kernel, in which hand-ins are checked as a student checks them."""
    with Kernel(COURSE, student_code.SEED) as kernel:
        yield kernel


@pytest.fixture(scope="module")
def referee():
    """A referee, by whom hand-ins are judged as on the server."""
    with student_code.referee() as judge:
        yield judge
