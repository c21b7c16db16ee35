"""The build: same input, same bytes; all of it or nothing; what is not fresh is told."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from support.small_course import (
    CHECKS,
    DECLARATION,
    GRADED_NOTEBOOK,
    REFERENCE,
    STUB,
    make_course,
    snapshot,
    write,
)

from i2dl_course import cli
from i2dl_course.authoring import build as build_module
from i2dl_course.authoring.build import build, build_stubs
from i2dl_course.commands import build as build_command
from i2dl_course.errors import CourseError
from i2dl_course.manifest import load


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The small course, built once and put in place."""
    built = build(make_course(tmp_path_factory.mktemp("built")))
    built.write()
    return built


@pytest.fixture
def course(built, tmp_path):
    """A course of its own for a test, built and in place."""
    shutil.copytree(built.course.root, tmp_path / "course")
    return load(tmp_path / "course")


@pytest.fixture
def course_cli(course, monkeypatch):
    """The command line, run inside the course."""
    monkeypatch.chdir(course.root)
    monkeypatch.setenv("PATH", os.environ["PATH"])
    return cli.main


def test_the_generated_tree_is_fresh(root):
    assert build(load(root)).differences() == []


def test_everything_generated_is_there(built):
    package = [
        "exercise_code/__init__.py",
        "exercise_code/data/README.md",
        "exercise_code/data/houses.csv",
        "exercise_code/tests/__init__.py",
        "exercise_code/tests/calling.py",
        "exercise_code/tests/changes.py",
        "exercise_code/tests/checks.py",
        "exercise_code/tests/declaration.py",
        "exercise_code/tests/editing.py",
        "exercise_code/tests/kinds.py",
        "exercise_code/tests/operands.py",
        "exercise_code/tests/points.py",
        "exercise_code/tests/steps.py",
        "exercise_code/tests/submission.py",
        "exercise_code/tests/surroundings.py",
        "exercise_code/tests/syntax.py",
        "exercise_code/work.py",
    ]
    assert sorted(built.source) == [
        f"source/ex/{name}" for name in ["1_graded.ipynb", "2_free.ipynb", *package]
    ]
    assert sorted(built.release) == [name.replace("source/", "release/") for name in built.source]
    assert built.stubs == {"exercise_code/work.py": STUB.encode()}
    assert list(built.points) == ["exercise_code/tests/points.py"] and built.pages == {}
    assert built.files["release/ex/exercise_code/work.py"] == STUB.encode()


def test_the_release_has_the_graded_cells_locked_and_no_hidden_test(built):
    notebook = json.loads(built.release["release/ex/1_graded.ipynb"])
    cell = notebook["cells"][2]
    assert "".join(cell["source"]) == 'score = check("double")\nfloat(score)'
    assert cell["metadata"]["editable"] is False and cell["metadata"]["deletable"] is False
    assert cell["metadata"]["nbgrader"]["points"] == 40
    assert cell["id"] == "double"


def test_another_place_time_and_user_give_the_same_bytes(built, tmp_path, monkeypatch):
    home = tmp_path / "home"
    write(home / ".jupyter", {"nbgrader_config.py": "c.ClearSolutions.code_stub = 1 / 0\n"})
    for name, value in {
        "HOME": str(home),
        "JUPYTER_CONFIG_DIR": str(home / ".jupyter"),
        "JUPYTER_CONFIG_PATH": str(home / ".jupyter"),
        "TZ": "Asia/Tokyo",
        "USER": "ada",
        "LANG": "C",
        "PYTHONHASHSEED": "7",
    }.items():
        monkeypatch.setenv(name, value)
    again = build(make_course(tmp_path / "elsewhere" / "deep"))
    assert again.files == built.files


def test_stock_nbgrader_with_a_gradebook_releases_the_same_bytes(course):
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    }
    before = snapshot(course.release_dir)
    subprocess.run(
        [sys.executable, "-m", "nbgrader", "generate_assignment", "ex", "--force"],
        cwd=course.root,
        env=environment,
        check=True,
        capture_output=True,
    )
    assert (course.root / "gradebook.db").is_file()
    assert snapshot(course.release_dir) == before


def test_the_build_makes_no_gradebook_and_leaves_nothing_else_behind(built):
    assert sorted(path.name for path in built.course.root.iterdir()) == [
        "course.toml",
        "exercise_code",
        "instructor",
        "notebooks",
        "release",
        "source",
    ]


def test_the_course_s_nbgrader_config_is_used(tmp_path):
    course = make_course(tmp_path)
    write(
        tmp_path,
        {
            "nbgrader_config.py": (
                "c = get_config()\n"
                "c.CourseDirectory.root = '/nowhere'\n"
                "c.CourseDirectory.db_url = 'sqlite:////nowhere/gradebook.db'\n"
                "c.LockCells.lock_all_cells = True\n"
            )
        },
    )
    notebook = json.loads(build(course).release["release/ex/1_graded.ipynb"])
    assert all(cell["metadata"]["editable"] is False for cell in notebook["cells"])


def test_an_error_of_nbgrader_is_told_with_what_it_said(tmp_path):
    course = make_course(tmp_path)
    write(
        tmp_path,
        {"nbgrader_config.py": "c.GenerateAssignment.preprocessors = ['nowhere.Missing']\n"},
    )
    with pytest.raises(CourseError, match="generate_assignment ex` failed.*(?s:.*)nowhere"):
        build(course)


def test_files_that_nbgrader_drops_silently_are_told(tmp_path):
    course = make_course(tmp_path)
    write(tmp_path, {"nbgrader_config.py": "c.CourseDirectory.ignore = ['*.csv']\n"})
    with pytest.raises(CourseError, match="other files than the source: ex.*/houses.csv"):
        build(course)


# --- fresh or not -----------------------------------------------------------------------------


def edit(path, change):
    path.write_bytes(change(path.read_bytes()))


def kinds(built, course):
    """The differences of another copy of the course, without building again."""
    copy = replace(built, course=course)
    return [(difference.kind, difference.path) for difference in copy.differences()]


def test_a_fresh_tree_has_no_difference(built, course):
    assert kinds(built, course) == []


@pytest.mark.parametrize(
    "path",
    ["exercise_code/work.py", "source/ex/2_free.ipynb", "release/ex/exercise_code/data/houses.csv"],
)
def test_one_changed_byte_is_stale(built, course, path):
    edit(course.root / path, lambda data: data[:-1] + bytes([data[-1] ^ 1]))
    assert kinds(built, course) == [("stale", path)]


@pytest.mark.parametrize(
    "path",
    ["exercise_code/work.py", "source/ex/2_free.ipynb", "release/ex/exercise_code/data/houses.csv"],
)
def test_a_missing_file_is_told(built, course, path):
    (course.root / path).unlink()
    assert kinds(built, course) == [("missing", path)]


def test_a_surplus_file_is_told(built, course):
    write(course.root, {"release/ex/exercise_code/old.py": "", "source/ex/notes.txt": ""})
    assert kinds(built, course) == [
        ("surplus", "release/ex/exercise_code/old.py"),
        ("surplus", "source/ex/notes.txt"),
    ]


def test_what_running_a_notebook_in_place_leaves_is_no_surplus(built, course):
    write(
        course.root,
        {
            "release/ex/exercise_code/__pycache__/work.cpython-311.pyc": "",
            "release/ex/.ipynb_checkpoints/1_graded-checkpoint.ipynb": "",
            "release/ex/ex.zip": "",
        },
    )
    assert kinds(built, course) == []


def test_what_running_code_leaves_does_not_ship(built, course, monkeypatch):
    monkeypatch.setattr(
        build_module,
        "_release",
        lambda course, source: {
            name.removeprefix("release/ex/"): data for name, data in built.release.items()
        },
    )
    write(
        course.root,
        {
            "exercise_code/__pycache__/work.cpython-311.pyc": "",
            "exercise_code/.ipynb_checkpoints/work-checkpoint.py": "",
        },
    )
    assert build(course).files == built.files


def test_check_says_what_is_not_fresh_and_exits_1(course, course_cli, capsys):
    edit(course.root / "source/ex/2_free.ipynb", lambda data: data + b" ")
    (course.root / "release/ex/1_graded.ipynb").unlink()
    write(course.root, {"release/ex/more.txt": "x"})
    before = snapshot(course.root)
    assert course_cli(["build", "--check"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "missing  release/ex/1_graded.ipynb",
        "surplus  release/ex/more.txt",
        "stale    source/ex/2_free.ipynb",
        "3 of 40 generated files are not fresh: run `course build`.",
    ]
    assert snapshot(course.root) == before


def test_build_mends_what_is_not_fresh_and_says_so(built, course, course_cli, capsys, monkeypatch):
    copy = replace(built, course=course)
    monkeypatch.setattr(build_command, "build", lambda course: copy)
    edit(course.root / "exercise_code/work.py", lambda data: data + b"\n")
    write(course.root, {"release/ex/more.txt": "x"})
    assert course_cli(["build"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "written  exercise_code/work.py",
        "removed  release/ex/more.txt",
        "40 files built, 2 of them changed.",
    ]
    assert snapshot(course.root) == snapshot(built.course.root)
    assert course_cli(["build", "--check"]) == 0
    assert capsys.readouterr().out == "All 40 generated files are fresh.\n"


# --- all or nothing ---------------------------------------------------------------------------

FAILURES = {
    "a misspelt marker": (
        "instructor/solution/exercise_code/work.py",
        REFERENCE.replace("### END SOLUTION", "### END SOLUTOIN", 1),
        "looks",
    ),
    "a task without region": (
        "instructor/solution/exercise_code/work.py",
        re.sub(r" *### (BEGIN|STUB|END).*\n", "", REFERENCE, count=3),
        "has no solution region",
    ),
    "a task without function": (
        "instructor/solution/exercise_code/work.py",
        REFERENCE.replace("def halve", "def half"),
        "has no Halver.halve",
    ),
    "a solution nobody hands in": (
        "instructor/solution/exercise_code/more.py",
        REFERENCE,
        "is not in .* files",
    ),
    "a notebook with other points": (
        "notebooks/1_graded.py",
        GRADED_NOTEBOOK.replace("40", "41"),
        "41 points",
    ),
    "a leaked line in the package": (
        "exercise_code/__init__.py",
        "def f(x):\n    y = math.fsum([x, x])\n",
        "leaks",
    ),
    "a leaked line in a notebook": ("notebooks/2_free.py", "# %%\nmath.fsum([x, x])\n", "leaks"),
    "a leaked seed": ("exercise_code/data/houses.csv", "a\n9182736\n", "leaks"),
    "a task without a check": (
        "exercise_code/tests/checks.py",
        CHECKS.replace('"double":', '"twice":'),
        "checks.py: there is no check for the task double of course.toml",
    ),
    "a check without a task": (
        "exercise_code/tests/checks.py",
        CHECKS + 'CHECKS["thrice"] = CHECKS["double"]\n',
        r"course.toml: there is no \[\[task\]\] for the check thrice",
    ),
    "a check with other points": (
        "exercise_code/tests/checks.py",
        CHECKS.replace("40", "41"),
        "checks.py: the check double has points 41, but course.toml says 40",
    ),
    "a check of another function": (
        "exercise_code/tests/checks.py",
        CHECKS.replace("Halver.halve", "Halver.half"),
        "the check halve has function 'Halver.half', but course.toml says 'Halver.halve'",
    ),
    "checks that cannot be imported": (
        "exercise_code/tests/checks.py",
        "CHECKS = {",
        "checks cannot be imported from .*SyntaxError",
    ),
    "a function that is not declared": (
        "exercise_code/tests/declaration.py",
        DECLARATION.replace('"double"', '"twice"'),
        "declaration.py: CALLABLES does not have double, which course.toml names for the task",
    ),
    "a method that is not declared": (
        "exercise_code/tests/declaration.py",
        DECLARATION.replace('"halve"', '"half"'),
        "declaration.py: CALLABLES does not have Halver.halve",
    ),
    "a function in another file": (
        "exercise_code/tests/declaration.py",
        DECLARATION.replace('"double", file="exercise_code/work.py"', '"double", file="play.py"'),
        "declaration.py: double is in play.py, but course.toml says exercise_code/work.py",
    ),
    "another exercise": (
        "exercise_code/tests/declaration.py",
        DECLARATION.replace('"ex"', '"exercise"'),
        "declaration.py: EXERCISE is 'exercise', but course.toml says 'ex'",
    ),
    "another file to hand in": (
        "exercise_code/tests/declaration.py",
        DECLARATION.replace('work.py",)', 'play.py",)'),
        "declaration.py: FILES is .*play.py.*, but course.toml says .*work.py",
    ),
    "a slip in the manifest": ("course.toml", "", r"course.toml is empty; it needs \[course\]"),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_a_failing_build_leaves_the_tree_as_it_was(course, course_cli, capsys, failure):
    path, text, message = FAILURES[failure]
    write(course.root, {path: text})
    before = snapshot(course.root)
    assert course_cli(["build"]) == 2
    assert re.search(message, capsys.readouterr().err)
    assert snapshot(course.root) == before


def test_a_missing_reference_fails_the_build(course):
    (course.root / "instructor/solution/exercise_code/work.py").unlink()
    with pytest.raises(CourseError, match="work.py: is missing"):
        build_stubs(course)


def test_a_link_in_the_package_fails_the_build(course):
    (course.root / "exercise_code/linked").symlink_to(course.root / "notebooks")
    with pytest.raises(CourseError, match="linked: is a link"):
        build(course)


def test_a_package_that_python_would_look_for_elsewhere_fails_the_build(course):
    (course.root / "exercise_code/__init__.py").unlink()
    with pytest.raises(CourseError, match="__init__.py: is missing"):
        build(course)


@pytest.mark.parametrize("moves", range(6))
def test_a_full_disk_in_the_middle_of_the_swap_undoes_it(built, course, monkeypatch, moves):
    for path in ["exercise_code/work.py", "source/ex/2_free.ipynb", "release/ex/2_free.ipynb"]:
        edit(course.root / path, lambda data: data + b"old")
    before = snapshot(course.root)
    copy = replace(built, course=course)
    rename, left = os.rename, [moves]

    def fail_once(*paths):
        left[0] -= 1
        if left[0] == -1:
            raise OSError("no space left")
        rename(*paths)

    monkeypatch.setattr(os, "rename", fail_once)
    with pytest.raises(OSError, match="no space left"):
        copy.write()
    assert snapshot(course.root) == before


def test_a_full_disk_during_the_first_build_leaves_no_half_of_it(built, tmp_path, monkeypatch):
    course = make_course(tmp_path)
    copy = replace(built, course=course)
    before = {path for path in snapshot(tmp_path) if (tmp_path / path).is_file()}
    rename = os.rename

    def fail_for_the_release(source, target):
        if "release" in str(target):
            raise OSError("no space left")
        rename(source, target)

    monkeypatch.setattr(os, "rename", fail_for_the_release)
    with pytest.raises(OSError, match="no space left"):
        copy.write()
    assert {path for path in snapshot(tmp_path) if (tmp_path / path).is_file()} == before


def test_stubs_alone_are_built_without_nbgrader(course, course_cli, capsys):
    (course.root / "exercise_code/work.py").unlink()
    assert course_cli(["build", "--stubs"]) == 0
    assert "written  exercise_code/work.py" in capsys.readouterr().out
    assert (course.root / "exercise_code/work.py").read_text() == STUB
    assert course_cli(["build", "--stubs"]) == 0
    assert capsys.readouterr().out == "1 stubs, 0 of them changed.\n"
