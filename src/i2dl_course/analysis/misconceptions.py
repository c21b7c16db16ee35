"""Which misconceptions a class has: causes of failed verdicts, over students and tries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from i2dl_course.analysis.results import ClassResults, Try
from i2dl_course.verdicts import TaskVerdict

UNNAMED = "no cause found"
_ENOUGH_TO_COUNT = 5  # students; of fewer, a forum could guess who is meant


@dataclass(frozen=True)
class Example:
    """One verdict with a cause: whose, on which try, and what the student reads."""

    student: str
    attempt: Try
    verdict: TaskVerdict


@dataclass
class Misconception:
    """One cause. Students are in the order of the class.

    `tries` counts the hand-ins in which it was found. `again` are the students who handed in again
    after they first had it, `repaired` those of them whose very next hand-in passed what had
    failed by it; `still` are those whose newest hand-in has it.
    """

    cause: str
    example: Example
    hints: dict[str, str] = field(default_factory=dict)  # by task; "" where there is none
    students: list[str] = field(default_factory=list)
    tries: int = 0
    again: list[str] = field(default_factory=list)
    repaired: list[str] = field(default_factory=list)
    still: list[str] = field(default_factory=list)

    @property
    def tasks(self) -> list[str]:
        """The tasks in which it was found."""
        return list(self.hints)


def misconceptions(results: ClassResults) -> list[Misconception]:
    """Every cause that was found, that of the most students first."""
    found: dict[str, Misconception] = {}
    for one in results.students:
        judged = [attempt for attempt in one.tries if attempt.verdicts]
        for place, attempt in enumerate(judged):
            for cause, failed in _causes(attempt).items():
                example = Example(one.student, attempt, failed[0])
                known = found.setdefault(cause, Misconception(cause, example))
                known.tries += 1
                known.hints.update({verdict.name: verdict.hint for verdict in failed})
                if one.student not in known.students[-1:]:
                    known.students.append(one.student)
                    _follow(known, one.student, failed, judged[place + 1 :])
                if place == len(judged) - 1:
                    known.still.append(one.student)
    return sorted(found.values(), key=lambda one: (-len(one.students), one.cause))


def _causes(attempt: Try) -> dict[str, list[TaskVerdict]]:
    found: dict[str, list[TaskVerdict]] = {}
    for verdict in attempt.verdicts:
        if not verdict.passed:
            found.setdefault(verdict.cause or UNNAMED, []).append(verdict)
    return found


def _follow(
    known: Misconception, student: str, failed: list[TaskVerdict], later: list[Try]
) -> None:
    """What a student made of a cause when it was first there."""
    if not later:
        return
    known.again.append(student)
    passed = {verdict.name for verdict in later[0].verdicts if verdict.passed}
    if all(verdict.name in passed for verdict in failed):
        known.repaired.append(student)


def forum_answer(one: Misconception, meaning: str) -> str:
    """What could be said to the whole class, ready to be pasted: no name, and nobody's code.

    `meaning` is the sentence that the exercise has for the cause; the rest are its hints.
    """
    return "\n\n".join(_paragraphs(one, meaning))


def _paragraphs(one: Misconception, meaning: str) -> Iterator[str]:
    about = _listed(one.tasks)
    yield f"About {about}: {meaning}" if meaning else f"About {about}."
    hints = {task: hint for task, hint in one.hints.items() if hint}
    if len(set(hints.values())) == 1:
        yield from set(hints.values())
    else:
        yield from (f"{task}: {hint}" for task, hint in hints.items())
    if len(one.students) >= _ENOUGH_TO_COUNT:
        repaired = f", and {len(one.repaired)} had it right at the next try" if one.repaired else ""
        yield f"{len(one.students)} of you have met this{repaired}."
    yield "Run the check in the notebook again before you hand in: it is the one that judges you."


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
