"""The first cell of each notebook: what it prints, and when it complains."""

import shutil
import subprocess
import sys

import numpy
import pytest

from exercise_code.environment import JUDGED_WITH

REPORT = "from exercise_code.environment import report; report()"


@pytest.fixture
def folder(root, tmp_path):
    shutil.copytree(root / "exercise_code", tmp_path / "exercise_code")
    return tmp_path


def report(folder):
    done = subprocess.run(
        [sys.executable, "-c", REPORT], cwd=folder, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return done.stdout


def test_a_healthy_folder_is_reported_as_working(folder):
    said = report(folder)
    assert "✓ The data and the given code work here." in said
    assert "from the folder of this notebook" in said
    assert f"Python {sys.version_info.major}.{sys.version_info.minor}." in said
    assert all(package in said for package in ("numpy ", "pandas ", "matplotlib "))


def test_packages_that_are_missing_are_named_and_numpy_is_one_of_them(folder):
    """-S leaves out what is installed beside Python itself."""
    done = subprocess.run(
        [sys.executable, "-S", "-c", REPORT], cwd=folder, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "✗ Not installed here: numpy, pandas, matplotlib." in done.stdout
    assert "%pip install numpy pandas matplotlib" in done.stdout


def test_another_exercise_code_than_the_one_beside_the_notebook_is_told(folder, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", REPORT],
        cwd=elsewhere,
        env={"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "careful: not the one beside this notebook" in done.stdout


@pytest.mark.parametrize(
    ("name", "old", "new", "complaint"),
    [
        ("data/house_prices.py", "0.6 * len(X)", "0.5 * len(X)", "The houses are split into"),
        ("networks/loss.py", "return 2.0 * error", "return error", "The mean squared error of"),
        ("data/house_prices.csv", "SalePrice", "Price", "KeyError"),
    ],
)
def test_given_code_that_was_damaged_wakes_the_canary(folder, name, old, new, complaint):
    path = folder / "exercise_code" / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    said = report(folder)
    assert f"✗ {complaint}" in said or f"✗ The given code does not run: {complaint}" in said
    assert "It is not your fault" in said


def test_what_the_student_has_not_written_yet_leaves_the_canary_asleep(folder):
    (folder / "exercise_code" / "networks" / "layer.py").write_text("def broken(:\n")
    assert "✓ The data and the given code work here." in report(folder)


def test_a_numpy_that_is_older_than_the_one_that_judges_is_told(folder):
    old = (
        "from exercise_code import environment as e; e._release = lambda name: '1.26.4'; e.report()"
    )
    done = subprocess.run([sys.executable, "-c", old], cwd=folder, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "✗ Hand-ins are judged with NumPy 2:" in done.stdout


def test_the_numpy_that_judges_is_the_one_of_the_lock():
    assert int(numpy.__version__.partition(".")[0]) == JUDGED_WITH
