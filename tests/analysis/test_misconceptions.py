"""Who had which cause on which try, who repaired it, and what may be said to all."""

from __future__ import annotations

from support.handins import COURSE

from i2dl_course.analysis.misconceptions import UNNAMED, forum_answer, misconceptions
from i2dl_course.analysis.results import ClassResults, StudentResult, Try
from i2dl_course.verdicts import TaskVerdict

FIRST, SECOND = (task.name for task in COURSE.tasks[:2])


def judged(number: int, **causes: str | None) -> Try:
    """A hand-in in which the named tasks fail with these causes, and all others pass."""
    return Try(
        number,
        None,
        tuple(
            TaskVerdict(
                task.name,
                0.0,
                task.points,
                task.name not in causes,
                f"said to {number}",
                causes.get(task.name),
                f"hint on {task.name}",
            )
            for task in COURSE.tasks
        ),
    )


def found(**tries: list[Try]):
    students = (StudentResult(name, tuple(theirs)) for name, theirs in tries.items())
    return {one.cause: one for one in misconceptions(ClassResults(COURSE, tuple(students)))}


def test_a_cause_is_followed_from_the_try_that_has_it_first():
    twice = {FIRST: "a", SECOND: "a"}
    causes = found(
        anna=[judged(1, **twice), judged(2)],
        ben=[judged(3, **twice), judged(4, **{SECOND: "a"}), judged(5)],
        carl=[judged(6, **{FIRST: "a"}), judged(7, **{FIRST: "b"})],
        dora=[judged(8, **{FIRST: "a"}), Try(9, None)],  # not judged: no try that tells anything
    )
    a = causes["a"]
    assert a.students == ["anna", "ben", "carl", "dora"] and a.tries == 5
    assert a.again == ["anna", "ben", "carl"]
    assert a.repaired == ["anna"], "half of it is not repaired, and another mistake is none"
    assert a.still == ["dora"]
    assert a.tasks == [FIRST, SECOND]
    assert (a.example.student, a.example.attempt.number) == ("anna", 1)
    assert causes["b"].still == ["carl"]


def test_the_most_frequent_is_the_first_and_a_verdict_without_a_cause_is_not_lost():
    causes = found(
        anna=[judged(1, **{FIRST: None})],
        ben=[judged(2, **{FIRST: None, SECOND: "b"})],
    )
    assert list(causes) == [UNNAMED, "b"]


def test_the_answer_for_the_forum_names_nobody_and_counts_only_a_crowd():
    few = found(anna=[judged(1, **{FIRST: "a", SECOND: "a"}), judged(2)])["a"]
    answer = forum_answer(few, "It is transposed.")
    assert f"About {FIRST} and {SECOND}: It is transposed." in answer
    assert f"{FIRST}: hint on {FIRST}\n" in answer and f"{SECOND}: hint on {SECOND}\n" in answer
    assert "anna" not in answer and "said to" not in answer and "of you" not in answer
    names = [f"student{number}" for number in range(5)]
    many = found(**{name: [judged(1, **{FIRST: "a"}), judged(2)] for name in names})["a"]
    assert "5 of you have met this, and 5 had it right at the next try." in forum_answer(many, "")
