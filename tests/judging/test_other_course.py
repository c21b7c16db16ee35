"""A course of another kind goes through build, judge, grade and feedback, by what the docs say."""

import json
import os
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from support.handins import course_command

from i2dl_course.manifest import load

FILTERS, KERNEL = "exercise_code/filters.py", "exercise_code/signals/kernel.py"
TASKS = {"smooth": 40, "filter_with_weights": 60}


@pytest.fixture(scope="module")
def course(root, tmp_path_factory):
    """The other course, with what docs/authors.md tells its author to copy; built and prepared."""
    folder = tmp_path_factory.mktemp("other") / "course"
    shutil.copytree(root / "tests" / "other_course", folder)
    text = (root / "docs" / "authors.md").read_text(encoding="utf-8")
    (commands,) = re.findall(r"## Another exercise.*?```console\n(.*?)```", text, re.DOTALL)
    shell = ["bash", "-e", "-c", commands]
    subprocess.run(shell, cwd=root, env={**os.environ, "NEW": str(folder)}, check=True)
    made = load(folder)
    run(made, "build")
    run(made, "prepare")
    return made


def run(course, *arguments):
    """What a verb prints; it must be content."""
    done = course_command(*arguments, folder=course.root)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def hand_in(course, folder, **replaced):
    """The reference in `folder`, with an (old, new) replacement in the file of a name."""
    shutil.copytree(course.release_dir, folder)
    for name in course.handin.files:
        text = (course.root / "instructor/solution" / name).read_text(encoding="utf-8")
        old, new = replaced.get(Path(name).stem, ("", ""))
        assert old in text
        (folder / name).write_text(text.replace(old, new) if old else text, encoding="utf-8")
    return folder


def judged(course, folder):
    """Each task's verdict."""
    tasks = json.loads(run(course, "judge", "--json", folder))["tasks"]
    return {task["name"]: task for task in tasks}


def points(tasks):
    return {name: (task["points"], task["max_points"]) for name, task in tasks.items()}


def test_what_is_built_is_fresh_and_holds_no_solution(course):
    run(course, "build", "--check")
    stub = (course.release_dir / KERNEL).read_text(encoding="utf-8")
    assert "NotImplementedError" in stub and "correlate" not in stub


def test_the_right_answers_get_all_points(course, tmp_path):
    tasks = judged(course, hand_in(course, tmp_path / "right"))
    assert points(tasks) == {name: (most, most) for name, most in TASKS.items()}
    assert tasks["smooth"]["says"] == "All averages are right."


def test_the_stubs_get_nothing(course):
    tasks = judged(course, course.release_dir)
    assert {task["cause"] for task in tasks.values()} == {"not_implemented"}
    assert tasks["filter_with_weights"]["says"] == (
        f"Not implemented yet: Kernel.apply in {KERNEL}."
    )


@pytest.mark.parametrize(
    ("file", "old", "new", "cause"),
    [
        ("filters", " / width", "", "factor"),
        ("filters", "return out", "return list(out)", "wrong_type"),
        ("kernel", "np.zeros(size)", "np.zeros(size + 1)", "wrong_params"),
        ("kernel", 'self.params["weights"], mode', "x[:3], mode", "wrong_values"),
        ("kernel", "def apply", "def use", "missing_function"),
        ("kernel", "import numpy as np", "import os; os._exit(1)", "no_answer"),
    ],
)
def test_a_wrong_answer_gets_its_cause(course, tmp_path, file, old, new, cause):
    tasks = judged(course, hand_in(course, tmp_path / "wrong", **{file: (old, new)}))
    assert cause in {task["cause"] for task in tasks.values()}


@pytest.fixture(scope="module")
def graded(course):
    """The report of a class run over three hand-ins."""
    submitted = course.root / "submitted"
    mistake = {"filters": (" / width", "")}
    hand_in(course, submitted / "anna" / course.exercise.name)
    hand_in(course, submitted / "ben" / course.exercise.name, **mistake)
    shutil.copytree(course.release_dir, submitted / "carla" / course.exercise.name)
    for student in ("anna", "ben", "carla"):
        stamp = submitted / student / course.exercise.name / "timestamp.txt"
        stamp.write_text("2031-04-20 10:00:00 UTC", encoding="ascii")
    return json.loads(run(course, "grade", course.exercise.name, "--json"))


def test_the_gradebook_holds_the_points_of_a_class(course, graded):
    assert (graded["graded"], graded["failed"]) == (3, {})
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}") as gradebook:
        found = {
            submission.student.id: {
                grade.name: (grade.score, grade.max_score)
                for notebook in submission.notebooks
                for grade in notebook.grades
            }
            for submission in gradebook.assignment_submissions(course.exercise.name)
        }
    assert found == {
        "anna": {"smooth": (40, 40), "filter_with_weights": (60, 60)},
        "ben": {"smooth": (0, 40), "filter_with_weights": (60, 60)},
        "carla": {"smooth": (0, 40), "filter_with_weights": (0, 60)},
    }


class Words(HTMLParser):
    """The text of a page."""

    def __init__(self, page):
        super().__init__()
        self.said = ""
        self.feed(page)

    def handle_data(self, data):
        self.said += data


def test_the_feedback_says_what_is_wrong_and_what_the_cells_show(course, graded):
    folder = course.root / "feedback"
    page = (folder / "ben" / course.exercise.name / "Filters.html").read_text(encoding="utf-8")
    said = " ".join(Words(page).said.split())
    assert "Sheet 1: filters" in said
    assert "60 of 100" in said
    assert "3 times" in said
    assert "array([9.])" in said, "what the student's function gives in a cell of the notebook"
    assert "sheet_1.zip is ready" in said
