"""`course export`: what a platform's reader finds in the file is what the gradebook holds."""

from __future__ import annotations

import csv
import sqlite3

import pandas
import pytest
from support.class_courses import EXERCISE, copy_of, grade, hand_in, prepared
from support.handins import COURSE, course_command

from i2dl_course.errors import CourseError
from i2dl_course.nbgrader_side.run import command_environment, nbgrader
from i2dl_course.records.grades import read_grades

TITLE = COURSE.exercise.title


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    made = copy_of(prepared(tmp_path_factory), tmp_path_factory.mktemp("export") / "course")
    hand_in(made, "anna", "perfect")
    hand_in(made, "ben", "transposed")
    hand_in(made, "carl", "perfect", "2020-05-27 22:00:00 UTC")
    for student, first, last in (
        ("anna", '=HYPERLINK("https://e.org")', 'Berg, "Änni"'),
        ("ben", "", ""),
        ("erik", "Erik", "Öst"),
    ):
        nbgrader(
            ["db", "student", "add", student, f"--first-name={first}", f"--last-name={last}"]
            + [f"--email={student}@e.org", f"--lms-user-id=47{len(student)}"],
            made.root,
            command_environment(),
        )
    assert grade(made, "--verdicts-only").returncode == 0
    # A person has given tenths, of which floating point makes 60.300000000000004.
    with sqlite3.connect(made.root / "gradebook.db") as book:
        for task, points in (("affine_backward", 0.1), ("network_backward", 0.2)):
            book.execute(
                "UPDATE grade SET manual_score = ? WHERE auto_score = 0 AND cell_id IN "
                "(SELECT id FROM base_cell WHERE name = ?)",
                (points, task),
            )
    book.close()
    return made


def exported(course, platform, *arguments):
    done = course_command(
        "export", "--for", platform, "--to", "out.csv", *arguments, folder=course.root
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 grades, 1 students without one." in done.stdout
    file = course.root / "out.csv"
    assert file.stat().st_mode & 0o077 == 0
    return pandas.read_csv(file, dtype=str, keep_default_na=False)


def test_canvas_finds_its_columns_and_the_points_that_are_possible(course):
    sheet = exported(course, "canvas", "--column", "Exercise 5 (12345)")
    grades = "Exercise 5 (12345)"
    who = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    assert list(sheet.columns) == [*who, grades, f"{grades} bonus"]
    assert tuple(sheet.iloc[0][["Student", grades]]) == ("Points Possible", "100")
    students = sheet.iloc[1:].set_index("SIS User ID")
    assert students.loc["anna", "Student"] == """Berg, "Änni", =HYPERLINK("https://e.org")"""
    assert students.loc["ben", ["Student", "ID"]].tolist() == ["ben", "473"]
    assert students[grades].to_dict() == {"anna": "100", "ben": "60.3", "carl": "0", "erik": ""}
    assert students[f"{grades} bonus"].tolist() == ["1", "0", "0", ""]


def test_moodle_finds_people_grades_and_feedback(course):
    sheet = exported(course, "moodle").set_index("Username")
    assert sheet.loc["anna", "First name"].startswith("'=HYPERLINK"), "no formula"
    assert sheet.loc["erik", ["Last name", "Email address", "ID number"]].tolist() == [
        "Öst",
        "erik@e.org",
        "474",
    ]
    assert sheet[TITLE].to_dict() == {"anna": "100", "ben": "60.3", "carl": "0", "erik": ""}
    assert sheet[f"{TITLE} bonus"].tolist() == ["yes", "no", "no", ""]
    said = sheet[f"{TITLE} feedback"]
    assert said["anna"] == "100 of 100 points, bonus."
    assert "Not passed: affine_backward, network_backward." in said["ben"]
    assert said["carl"] == "0 of 100 points, no bonus. 100 taken off for lateness."


def test_the_table_holds_all_that_the_gradebook_holds(course):
    sheet = exported(course, "csv").set_index("student")
    for student, grades in read_grades(course).items():
        row = sheet.loc[student]
        assert {task: float(row[task]) for task in grades.points} == grades.points
        assert float(row[TITLE]) == pytest.approx(grades.total, abs=1e-9)
        assert float(row["penalty"]) == grades.penalty
        assert row["late"] == ("yes" if grades.late else "no")
    assert sheet["bonus"].tolist() == ["yes", "no", "no", ""]
    assert sheet.loc["ben", "network_backward passed"] == "no"


@pytest.mark.parametrize("platform", ["canvas", "moodle", "csv"])
def test_a_file_is_csv_as_the_standard_says(course, platform):
    exported(course, platform)
    data = (course.root / "out.csv").read_bytes().decode("utf-8")
    assert data.count("\r\n") == data.count("\n")
    rows = list(csv.reader(data.splitlines(keepends=True), strict=True))
    assert len({len(row) for row in rows}) == 1


def test_nbgrader_s_own_command_writes_the_same(course):
    exported(course, "moodle")
    wanted = (course.root / "out.csv").read_bytes()
    plugin = "i2dl_course.nbgrader_side.export.MoodleExport"
    call = ["export", f"--exporter={plugin}", "--to=by_nbgrader.csv"]
    nbgrader(call, course.root, command_environment())
    assert (course.root / "by_nbgrader.csv").read_bytes() == wanted
    with pytest.raises(CourseError, match="and no .'other'"):
        nbgrader([*call, "--assignment=['other']"], course.root, command_environment())


def test_who_is_not_graded_is_named_and_the_exit_code_tells(course, tmp_path):
    waiting = copy_of(course.root, tmp_path / "course")
    hand_in(waiting, "fred", "perfect")
    done = course_command("export", "--for", "csv", folder=waiting.root)
    assert done.returncode == 1
    assert f"not graded: fred; grade them by `course grade {EXERCISE}`." in done.stdout
    assert (waiting.root / "grades.csv").is_file()
