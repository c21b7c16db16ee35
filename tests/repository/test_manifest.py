"""course.toml is read strictly: a slip in it is told, never graded by."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from support.small_course import MANIFEST, write

from i2dl_course.errors import CourseError
from i2dl_course.manifest import find_root, load


def loaded(folder, text):
    write(folder, {"course.toml": text})
    return load(folder)


def test_the_real_manifest_has_the_dates_and_points_of_the_slides(root):
    course = load(root)
    assert course.exercise.opens.astimezone(UTC) == datetime(2020, 5, 22, 10, 0, tzinfo=UTC)
    assert course.exercise.closes.astimezone(UTC) == datetime(2020, 5, 27, 21, 59, 59, tzinfo=UTC)
    assert {name: task.points for name, task in course.tasks_by_name.items()} == {
        "affine_forward": 10,
        "affine_backward": 15,
        "sigmoid_forward": 10,
        "sigmoid_backward": 15,
        "network_forward": 25,
        "network_backward": 25,
    }
    assert course.total_points == 100
    assert course.exercise.pass_mark == 80


def test_the_due_date_reaches_nbgrader_with_the_zone_s_full_name(root):
    # nbgrader reads "CEST" as UTC and "+0200" as 200 seconds.
    assert load(root).exercise.due_for_nbgrader == "2020-05-27 23:59:59 Europe/Berlin"


def test_nbgrader_reads_the_due_date_as_the_moment_that_is_meant(root):
    utils = pytest.importorskip("nbgrader.utils")
    course = load(root)
    assert (
        utils.parse_utc(course.exercise.due_for_nbgrader).replace(tzinfo=UTC)
        == course.exercise.closes
    )


def test_the_course_is_found_from_any_folder_below(tmp_path):
    write(tmp_path, {"course.toml": MANIFEST, "a/b/c.txt": ""})
    assert find_root(tmp_path / "a" / "b") == tmp_path


def test_no_course_above_is_one_sentence(tmp_path):
    with pytest.raises(CourseError, match="No course.toml in .* run the command inside"):
        find_root(tmp_path)


SLIPS = {
    "unknown top key": ('title = "A small', 'titel = "A small', r"\[course\] titel is not a known"),
    "unknown table": ("[course]", "[extra]\na = 1\n[course]", "extra is not a known key"),
    "missing key": ('time_zone = "Europe/Berlin"\n', "", r"\[exercise\] time_zone is missing"),
    "missing table": (
        MANIFEST[MANIFEST.index("[handin]") : MANIFEST.index("[[task]]")],
        "",
        "handin is missing",
    ),
    "points short of 100": ("points = 60", "points = 50", "points must add up to 100, not to 90"),
    "points as text": ("points = 60", 'points = "60"', r"number 2 points must be a whole number"),
    "points as truth value": ("points = 60", "points = true", "points must be a whole number"),
    "no points": ("points = 60", "points = 0", "points must be above 0"),
    "file not handed in": (
        'file = "exercise_code/work.py"\nfunction = "double"',
        'file = "exercise_code/play.py"\nfunction = "double"',
        r'number 1 file "exercise_code/play.py" is not in \[handin\] files',
    ),
    "closes before opens": ("2020-05-27T23", "2020-05-21T23", "closes must be later than opens"),
    "unknown zone": ("Europe/Berlin", "Europe/Bärlin", "time_zone .* is no known time zone"),
    "abbreviated zone": ("Europe/Berlin", "CEST", "time_zone .* is no known time zone"),
    "escaping zone": ("Europe/Berlin", "../etc/passwd", "time_zone .* is no known time zone"),
    "date without time": ("2020-05-22T12:00:00", "2020-05-22", "opens must be a date with a time"),
    "a time that comes twice": ("2020-05-27T23:59:59", "2020-10-25T02:30:00", "closes comes twice"),
    "a time that never comes": ("2020-05-22T12:00:00", "2020-03-29T02:30:00", "opens comes twice"),
    "date with offset": ("2020-05-22T12:00:00", "2020-05-22T12:00:00Z", "opens must be local"),
    "date as text": ("2020-05-22T12:00:00", '"2020-05-22"', "opens must be a date with a time"),
    "task twice": ('name = "halve"', 'name = "double"', 'name "double" is used twice'),
    "pattern in files": (
        'files = ["exercise_code/work.py"]',
        'files = ["exercise_code/*.py"]',
        "must name one .py file exactly",
    ),
    "file outside": (
        'files = ["exercise_code/work.py"]',
        'files = ["../work.py"]',
        "must be a plain relative path",
    ),
    "graded notebook unknown": ('"1_graded.ipynb"', '"3_graded.ipynb"', "graded_notebook"),
    "notebook with suffix": ('"2_free"]', '"2_free.ipynb"]', "notebooks .* must be a plain name"),
    "no notebook": ('notebooks = ["1_graded", "2_free"]', "notebooks = []", "notebooks must be"),
    "pass mark beyond reach": ("pass_mark = 80", "pass_mark = 101", "pass_mark must be between"),
    "folder as name": ('name = "ex"', 'name = "../ex"', "name may hold only letters"),
    "empty title": ('title = "Two functions"', 'title = " "', "title must not be empty"),
    "repository no address": (
        "[[task]]",
        '[publish]\nrepository = "git@host:a/b.git"\n\n[[task]]',
        r"\[publish\] repository .* must be an address that begins with https://",
    ),
    "branch an option": (
        "[[task]]",
        '[publish]\nbranch = "--force"\n\n[[task]]',
        r'\[publish\] branch "--force" is no name of a branch',
    ),
    "unknown address": (
        "[[task]]",
        '[publish]\nhup = "https://a.org"\n\n[[task]]',
        r"\[publish\] hup is not a known key; known: repository, branch, hub, lite, zip",
    ),
    "broken TOML": ("[handin]", "[handin", "is not valid TOML"),
}


def test_the_mark_that_notepad_puts_first_is_no_slip(tmp_path):
    assert loaded(tmp_path, "\ufeff" + MANIFEST) == loaded(tmp_path, MANIFEST)


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_in_the_manifest_is_one_sentence_that_names_the_key(tmp_path, slip):
    right, wrong, message = SLIPS[slip]
    assert right in MANIFEST
    with pytest.raises(CourseError, match=message) as caught:
        loaded(tmp_path, MANIFEST.replace(right, wrong, 1))
    assert str(caught.value).startswith("course.toml")
    assert "\n" not in str(caught.value)


def test_the_manifest_cannot_be_changed_by_accident(tmp_path):
    course = loaded(tmp_path, MANIFEST)
    with pytest.raises(AttributeError):
        course.tasks[0].points = 100
