"""Another term, other points, another pass mark: course.toml is all that is edited."""

from __future__ import annotations

import json
import re
import shutil

import pytest
from support.handins import course_command

from i2dl_course.errors import CourseError
from i2dl_course.manifest import load
from i2dl_course.placeholders import fill, fill_beside
from i2dl_course.publishing.tree import student_tree
from i2dl_course.samples import personas

# Of every kind that is: other years, months, days and hours, points that no task has had, a city.
CHANGES = (
    (r"opens = \S+", "opens = 2031-11-03T08:15:00"),
    (r"closes = \S+ *#.*", "closes = 2031-12-09T17:30:00"),
    (r"Europe/Berlin", "America/New_York"),
    (r"pass_mark = \d+ *#.*", "pass_mark = 61"),
)
POINTS = (7, 19, 11, 13, 22, 28)
# What is about this term only, or is no text about the course.
LEFT_OUT = re.compile(r"CHANGELOG|docs/decisions|docs/(checks|speed|threat-model)|\.csv$|\.png$")


@pytest.fixture(scope="module")
def course(root, tmp_path_factory):
    """The course of this repository in another term, built."""
    folder = tmp_path_factory.mktemp("another_term") / "course"
    wanted = ("notebooks", "exercise_code", "instructor", "student_tree", "docs")
    for name in wanted:
        shutil.copytree(root / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path in (*root.glob("*.md"), *root.glob("requirements-student.*"), root / "LICENSE"):
        shutil.copy(path, folder)
    shutil.copy(root / "nbgrader_config.py", folder)
    text = (root / "course.toml").read_text(encoding="utf-8")
    for old, new in CHANGES:
        text, times = re.subn(old, new, text)
        assert times == 1, old
    points = iter(POINTS)
    text = re.sub(r"^points = \d+", lambda _: f"points = {next(points)}", text, flags=re.MULTILINE)
    (folder / "course.toml").write_text(text, encoding="utf-8")
    built = course_command("build", folder=folder)
    assert built.returncode == 0, built.stderr
    return load(folder)


def texts(course):
    """Everything for people: what is in the folder, and what students are given."""
    for path in sorted(course.root.rglob("*")):
        name = path.relative_to(course.root).as_posix()
        if path.is_file() and not LEFT_OUT.search(name):
            yield name, path.read_text(encoding="utf-8")
    for name, data in student_tree(course).files.items():
        if not LEFT_OUT.search(name):
            yield f"student tree: {name}", data.decode("utf-8")


def test_the_old_term_is_nowhere(course):
    old = re.compile(r"\b2[27] May\b|2020-05-2[27]|Berlin time|\b(10|15|25) points|80 of 100")
    found = [f"{name}: {match[0]}" for name, text in texts(course) for match in old.finditer(text)]
    assert found == []


def test_the_new_term_is_where_students_look(course):
    known = dict(texts(course))
    for name in ("student tree: students.md", "release/exercise_05/1_TwoLayerNetwork.ipynb"):
        for words in ("3 November 2031, 08:15", "9 December 2031, 17:30", "New York time", "61"):
            assert words in known[name], name
    notebook = json.loads(known["release/exercise_05/1_TwoLayerNetwork.ipynb"])
    graded = [cell["metadata"].get("nbgrader", {}) for cell in notebook["cells"]]
    assert [cell["points"] for cell in graded if cell.get("grade")] == list(POINTS)
    assert "<!--" not in known["student tree: students.md"]


@pytest.mark.parametrize("name", ["perfect", "forward_only"])
def test_a_persona_gets_the_new_points(course, tmp_path, name):
    people = {person.name: person for person in personas.load_all(course)}
    assert people["late"].handed_in > course.exercise.closes >= people["resubmission"].handed_in
    person = people[name]
    personas.build(person, course, tmp_path / "handin")
    done = course_command("judge", tmp_path / "handin", "--json", folder=course.root)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert {task["name"]: task["points"] for task in found["tasks"]} == person.expect.points
    assert [task["max_points"] for task in found["tasks"]] == list(POINTS)
    assert found["bonus"] == person.expect.bonus == (found["score"] >= 61)


def test_the_demo_gives_every_persona_what_it_must_get_in_the_new_term(course, tmp_path):
    done = course_command("demo", "--keep", tmp_path / "demo", folder=course.root)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    assert "2031" in (tmp_path / "demo" / "report.html").read_text(encoding="utf-8")


def test_points_that_were_not_built_are_a_sentence(course, tmp_path):
    copy = tmp_path / "course"
    for name in ("exercise_code", "release"):
        shutil.copytree(course.root / name, copy / name)
    text = (course.root / "course.toml").read_text(encoding="utf-8")
    text = text.replace("points = 7", "points = 8").replace("points = 19", "points = 18")
    (copy / "course.toml").write_text(text, encoding="utf-8")
    done = course_command("judge", "release/exercise_05", folder=copy)
    assert done.returncode == 2
    assert "has points 7, but course.toml says 8; `course build` writes" in done.stderr


def test_a_placeholder_that_means_nothing_is_named(course):
    with pytest.raises(CourseError, match=r"^notes: 'close' is undefined\.$"):
        fill("one\n{{ close }}\n", "notes", course)
    with pytest.raises(CourseError, match="^notes"):
        fill_beside("<!-- {{ points.juggling }} -->5<!-- -->", "notes", course)
    assert fill_beside("a <!-- {{ city }} -->x<!-- --> b", "notes", course) == (
        "a <!-- {{ city }} -->New York<!-- --> b"
    )
