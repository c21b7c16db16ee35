"""What one Python has judged, another repeats byte for byte: it gets an environment of its own.

A package registry is asked for it, so the plain suite leaves this out: `make places`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from support.class_courses import EXERCISE, copy_of, hand_in, prepared
from support.environments import interpreter, run, uv_command

pytestmark = pytest.mark.network

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
CLASS = ("perfect", "transposed", "off_by_n", "untouched")


@pytest.fixture(scope="module")
def another(root, tmp_path_factory):
    """The `course` command of another Python, beside the libraries of the lock."""
    uv = uv_command(tmp_path_factory.mktemp("asked"))
    python = interpreter(*(one for one in ("3.13", "3.12", "3.11") if one != HERE))
    folder = tmp_path_factory.mktemp("another") / "venv"
    run(uv, "venv", "--python", python, folder)
    install = (uv, "pip", "install", "--python", folder / "bin" / "python")
    run(*install, "-r", root / "requirements.lock")
    run(*install, "--no-deps", "--no-build-isolation", "-e", root)
    return folder / "bin" / "course"


def test_verdicts_are_repeated_whichever_python_has_reached_them(another, tmp_path_factory):
    course = copy_of(prepared(tmp_path_factory), tmp_path_factory.mktemp("replay") / "course")
    for persona in CLASS:
        hand_in(course, persona, persona)
    ours = Path(sys.executable).with_name("course")
    for reaches, repeats in ((ours, another), (another, ours)):
        run(reaches, "grade", EXERCISE, "--verdicts-only", cwd=course.root)
        said = run(repeats, "replay", EXERCISE, cwd=course.root)
        assert f"{len(CLASS)} of {len(CLASS)} verdicts are the same" in said
        assert "reached with other versions: Python" in said
