"""The best hand-in in time counts, by whichever command a class is graded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from support.class_courses import (
    EXERCISE,
    copy_of,
    gradebook,
    graded,
    persona_files,
    points,
    prepared,
    receive,
)
from support.handins import COURSE, course_command

from i2dl_course.handins.storing import stored_notes
from i2dl_course.nbgrader_side.run import command_environment, nbgrader
from i2dl_course.receiving.archive import Archive
from i2dl_course.records import counting, database
from i2dl_course.records.judged import JudgedHandins

NOON = datetime(2020, 5, 26, 12, tzinfo=UTC)


def submitted(course, student):
    return course.root / "submitted" / student / EXERCISE


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """Right, then worse, then empty; one is right only after the end; one has handed in once.

    And one has tried the same twice, and has failed in two ways.
    """
    made = copy_of(prepared(tmp_path_factory), tmp_path_factory.mktemp("best") / "course")
    receive(made, "anna", "perfect", NOON)
    receive(made, "anna", "transposed", NOON - timedelta(hours=1))  # the clock was set back
    receive(made, "anna", "untouched", NOON + timedelta(hours=1))
    receive(made, "ben", "transposed", NOON)
    receive(made, "ben", "perfect", datetime(2020, 5, 27, 22, tzinfo=UTC))
    receive(made, "carl", "transposed", NOON)
    receive(made, "dora", "perfect", datetime(2020, 5, 22, 9, 59, 59, tzinfo=UTC))
    receive(made, "anno", "transposed", NOON)
    receive(made, "anno", "off_by_n", NOON + timedelta(hours=1))
    return made


def test_a_worse_or_late_one_takes_nothing_from_the_best(course):
    assert counting.lying(submitted(course, "anna")) == 3
    report = graded(course)
    assert report["failed"] == {} and report["notes"] == {}
    assert points(gradebook(course)) == {"anna": 100, "anno": 60, "ben": 60, "carl": 60, "dora": 0}
    assert counting.lying(submitted(course, "anna")) == 1
    said = " ".join(stored_notes(submitted(course, "anna")))
    assert "3 times in time" in said and "26 May 2020, 14:00:00" in said
    assert "in their order: 100, 60, 0." in said
    late = " ".join(stored_notes(submitted(course, "ben")))
    assert "Received on 28 May 2020, 00:00:00 (Europe/Berlin), after the end" in late
    early = " ".join(stored_notes(submitted(course, "dora")))
    assert "before the exercise opened" in early and "Hand in again" in early
    page = course.root / "feedback" / "ben" / EXERCISE / "1_TwoLayerNetwork.html"
    assert "after the end" in page.read_text(encoding="utf-8")


def second_hints(course, student):
    """The tasks beside whose failure the page has a second hint, and the page."""
    file = course.root / "feedback" / student / EXERCISE / "1_TwoLayerNetwork.html"
    page = file.read_text(encoding="utf-8")
    rows = page.partition("<tbody>")[2].partition("</tbody>")[0].split("<tr>")
    shown = [row for row in rows if "A second hint" in row]
    return [task.name for task in COURSE.tasks if any(f"#task-{task.name}" in row for row in shown)]


def test_who_has_failed_with_other_code_too_has_a_second_hint_on_the_page_alone(course):
    assert counting.lying(submitted(course, "anno")) == 8
    # The code of network_backward is the same in both.
    assert second_hints(course, "anno") == ["affine_backward"]
    assert second_hints(course, "carl") == second_hints(course, "ben") == []
    done = course_command("replay", EXERCISE, "--students", "anno,carl", folder=course.root)
    assert done.stdout.startswith("2 of 2 verdicts are the same"), done.stdout


def test_a_second_run_finds_nothing_to_do_and_a_new_best_is_taken(course):
    assert graded(course)["unchanged"] == 5
    receive(course, "carl", "perfect", NOON)
    report = graded(course)
    assert (report["graded"], report["unchanged"]) == (1, 4)
    assert points(gradebook(course))["carl"] == 100


def test_the_stock_command_takes_the_best_too(course):
    receive(course, "anna", "untouched", NOON + timedelta(hours=2))
    assert counting.lying(submitted(course, "anna")) == 11
    theirs = [EXERCISE, "--student=ann*", "--force"]
    nbgrader(["autograde", *theirs], course.root, command_environment())
    assert points(gradebook(course))["anna"] == 100
    assert counting.lying(submitted(course, "anna")) == 1
    engine = database.engine(gradebook(course))
    scores = {one.number: one.score for one in JudgedHandins(engine, EXERCISE).known().values()}
    engine.dispose()
    assert [scores[number] for number in (1, 2, 3, 11)] == [100, 60, 0, 0]


def test_the_stock_commands_show_the_second_hint_too(course):
    page = course.root / "feedback" / "anno" / EXERCISE / "1_TwoLayerNetwork.html"
    page.unlink()
    theirs = [EXERCISE, "--student=anno", "--force"]
    nbgrader(["generate_feedback", *theirs], course.root, command_environment())
    assert second_hints(course, "anno") == ["affine_backward"]


def test_all_are_listed(course):
    done = course_command("handins", "anna", folder=course.root)
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()[1:]]
    assert [(line[0], line[-1]) for line in lines] == [
        ("1", "counts"),
        ("2", "60"),
        ("3", "0"),
        ("11", "0"),
    ]
    everybody = course_command("handins", folder=course.root).stdout
    assert len(everybody.splitlines()) == 12
    assert "late" in everybody and "early" in everybody
    receipts = course_command("handins", "--receipts", folder=course.root).stdout
    assert receipts.encode() == (course.root / "received" / EXERCISE / "ledger.jsonl").read_bytes()


def test_what_a_person_has_put_there_stays(course):
    folder = submitted(course, "anna")
    layer = folder / "exercise_code" / "networks" / "layer.py"
    before = layer.read_bytes()
    layer.write_bytes(before + b"\n# corrected by hand\n")
    archive = Archive(course)
    archive.take("anna", persona_files("untouched"), NOON, "by another way")
    report = graded(course, "--students", "anna")
    assert "does not hold what was received" in report["notes"]["anna"]
    assert layer.read_bytes().endswith(b"by hand\n")
