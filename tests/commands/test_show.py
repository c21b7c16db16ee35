"""`course show`: all that is known of one student, in any width of terminal."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from nbgrader.api import Gradebook
from support.class_courses import EXERCISE, copy_of, gradebook, graded, hand_in, prepared, receive
from support.handins import LAYER, course_command

NOON, LATE = (datetime(2020, 5, day, 12, tzinfo=UTC) for day in (26, 28))
ESCAPES = "\x1b[2J\x1b]0;title\x07\u202e"


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """Anna has handed in twice, once late, and a person has had a word; Ben's came by hand."""
    made = copy_of(prepared(tmp_path_factory), tmp_path_factory.mktemp("show") / "course")
    receive(made, "anna", "transposed", NOON)
    receive(made, "anna", "perfect", LATE)
    folder = hand_in(made, "ben")
    with (folder / LAYER).open("a") as file:
        file.write(f"\ndef sigmoid_forward(x):\n    raise ValueError({ESCAPES!r})\n")
    graded(made, "--verdicts-only")
    with Gradebook(gradebook(made), made.id) as book:
        where = ("affine_backward", made.graded_notebook_name, EXERCISE, "anna")
        book.find_grade(*where).manual_score = 9
        book.find_comment(*where).manual_comment = f"Look at the shape{ESCAPES} of dw."
        book.add_student("carla")
        book.db.commit()
    return made


def show(course, student, width=80):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", str(width))
        done = course_command("show", student, folder=course.root)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("width", [40, 80])
def test_points_verdicts_hand_ins_receipts_and_files_of_one_student(course, width):
    lines = show(course, "anna", width).splitlines()
    assert max(map(len, lines)) <= width
    said = " ".join(" ".join(lines).split())
    for part in (
        "anna: 69 of 100 points, no bonus (from 80).",
        "affine_backward, 9/15 points: ✗ fail",
        "dw is transposed",
        "given by a person; the check gave 0 points",
        "comment: Look at the shape",
        "no. 1, 26 May 2020, 14:00:00 (Europe/Berlin), in time, 60 points, counts",
        "no. 2, 28 May 2020, 14:00:00 (Europe/Berlin), late",
        "receipt 2, files ",
        f"submitted/anna/{EXERCISE}",
        "course handins anna --receipts",
    ):
        assert part in said


def test_nothing_in_it_is_obeyed_by_a_terminal(course):
    for student in ("anna", "ben"):
        said = show(course, student)
        assert not set("\x1b\x07\u202e") & set(said)
        assert "�" in said


def test_what_came_without_a_receipt_and_who_has_not_handed_in(course):
    assert "put there by hand, 26 May 2020, 20:30:00 (Europe/Berlin), in time" in show(
        course, "ben"
    )
    assert "carla: nothing is graded." in show(course, "carla") and "none" in show(course, "carla")


def test_a_name_that_nobody_has_is_told_with_those_like_it(course):
    done = course_command("show", "ana", folder=course.root)
    assert (done.returncode, done.stdout) == (2, "")
    assert "knows ana; is it anna." in done.stderr
