"""`course grade` writes the rows that `nbgrader autograde` writes, and nothing else about them."""

from __future__ import annotations

import os

import pytest
from nbgrader.api import Gradebook
from support.class_courses import (
    EXERCISE,
    LATE,
    copy_of,
    gradebook,
    graded,
    hand_in,
    prepared,
    rows,
    verdicts,
)

from i2dl_course.nbgrader_side.run import command_environment, nbgrader

CLASS = {
    "anna": "perfect",
    "ben": "transposed",
    "late": "forward_only",
    "no_notebook": "perfect",
    "corrected": "transposed",
}


def correct_by_hand(course):
    """What a person does in the formgrader: other points, extra credit, an extension."""
    with Gradebook(gradebook(course), course.id) as book:

        def cell(student, task):
            return book.find_grade(task, course.graded_notebook_name, EXERCISE, student)

        cell("corrected", "affine_backward").manual_score = 12.0
        cell("corrected", "network_backward").extra_credit = 3.0
        cell("late", "sigmoid_forward").manual_score = 4.5
        cell("late", "affine_forward").extra_credit = 1.0
        cell("no_notebook", "affine_forward").manual_score = 7.0
        book.db.commit()


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """Two courses with the same class: for the stock commands, and for ours."""
    folder = tmp_path_factory.mktemp("rows")
    courses = [copy_of(prepared(tmp_path_factory), folder / name) for name in ("stock", "ours")]
    for course in courses:
        for student, persona in CLASS.items():
            hand_in(course, student, persona, *([LATE] if student == "late" else []))
        missing = course.root / "submitted" / "no_notebook" / EXERCISE
        (missing / course.handin.graded_notebook).unlink()
        (course.root / "submitted" / "ben" / EXERCISE / "timestamp.txt").unlink()
    return courses


@pytest.fixture(scope="module")
def first(both):
    """The rows of both after a first run, and after a second one over corrections by hand."""
    stock, ours = both
    environment = command_environment()
    nbgrader(["autograde", EXERCISE], stock.root, environment)
    graded(ours)
    before = [rows(gradebook(course)) for course in both]
    for course in both:
        correct_by_hand(course)
    nbgrader(["autograde", EXERCISE, "--force", "--student=[cln]*"], stock.root, environment)
    report = graded(ours)
    after = [rows(gradebook(course)) for course in both]
    return before, after, report


TABLES = ("student", "submitted_assignment", "submitted_notebook", "grade", "comment")


@pytest.mark.parametrize("table", TABLES)
def test_a_first_run_writes_the_rows_of_the_stock_command(first, table):
    (stock, ours), _, _ = first
    assert ours[table] == stock[table]


@pytest.mark.parametrize("table", TABLES)
def test_grading_over_corrections_by_hand_writes_the_rows_of_the_stock_command(first, table):
    _, (stock, ours), _ = first
    assert ours[table] == stock[table]


def test_the_compared_rows_hold_what_the_comparison_is_about(first):
    """A penalty, a manual score to look at again, a missing notebook: none by chance left out."""
    (before, _), (after, _), report = first
    assert len(before["grade"]) == 6 * len(CLASS) and len(before["submitted_assignment"]) == 5
    penalties = {row[0]: row[2] for row in before["submitted_notebook"] if row[1][0] == "1"}
    assert penalties["late"] == 45.0 and penalties["anna"] is None
    looked_at_again = {row[0] for row in after["grade"] if row[-1]}
    assert looked_at_again == {"corrected", "late"}
    assert {row[3] for row in before["grade"] if row[0] == "no_notebook"} == {0.0}
    assert set(report["notes"]) == {"no_notebook"}


def test_a_correction_by_hand_is_a_reason_to_grade_again_and_nothing_else_is(first):
    *_, report = first
    assert (report["graded"], report["unchanged"]) == (3, 2)


def test_verdicts_say_how_they_were_reached(first, both):
    kept = verdicts(gradebook(both[1]))
    assert set(kept) == set(CLASS)
    assert all(row.seed.isdigit() and row.sandbox and len(row.key) == 64 for row in kept.values())
    assert kept["anna"].seed == kept["ben"].seed, "all of one run are judged on the same cases"
    assert kept["anna"].seed != kept["late"].seed, "each run draws its cases afresh"


def test_files_lie_where_nbgrader_has_them_with_its_permissions(both, first):
    folder = both[1].root / "autograded" / "anna" / EXERCISE
    for name in ("timestamp.txt", *both[1].handin.files):
        assert os.stat(folder / name).st_mode & 0o777 == 0o444, name
        submitted = both[1].root / "submitted" / "anna" / EXERCISE / name
        assert (folder / name).read_bytes() == submitted.read_bytes()


def test_nbgraders_own_upgrade_and_removal_do_not_mind_our_table(first, both):
    ours = both[1]
    environment = command_environment()
    nbgrader(["db", "upgrade"], ours.root, environment)
    nbgrader(["db", "student", "remove", "ben", "--force"], ours.root, environment)
    assert graded(ours)["graded"] == 1, "who was removed, and is still in submitted/, is back"
    assert {row[0] for row in rows(gradebook(ours))["student"]} == set(CLASS)
