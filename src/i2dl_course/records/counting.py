"""Which of a student's hand-ins lies in submitted/, and what is said there of the others.

Collecting puts the newest in time there, so that nbgrader sees something new; whoever grades judges
all that are in time, and puts the best there. One rule for all: what is not in time never takes the
place of what is, and what a person has put there by hand stays.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from i2dl_course.analysis.excerpt import bare
from i2dl_course.errors import CourseError
from i2dl_course.handins import plain_file
from i2dl_course.handins.opening import HandIn, open_collected
from i2dl_course.handins.plain_text import plain
from i2dl_course.handins.storing import RECEIPT, SECRET, TIMESTAMP, store, stored_notes
from i2dl_course.manifest import Course, Task
from i2dl_course.receiving import receipts, rules
from i2dl_course.receiving.archive import Archive, Received
from i2dl_course.receiving.rules import Timing
from i2dl_course.verdicts import Judgement

_LONGEST_RECEIPT = 4096  # bytes
_POINTS_SHOWN = 20
# A page is made while somebody waits, so of a hand-in, and of hand-ins, only so much is compared.
_OTHERS_COMPARED, _BYTES_COMPARED = 5, 30_000


@dataclass(frozen=True)
class _Points:
    number: int
    score: float


def in_time(
    course: Course, handins: Sequence[Received], extension: timedelta | None = None
) -> list[Received]:
    """Those of one student's `handins` that may count."""
    return [
        one
        for one in handins
        if rules.timing(course.exercise, one.time, extension) is Timing.IN_TIME
    ]


def newest(
    course: Course, handins: Sequence[Received], extension: timedelta | None = None
) -> Received:
    """The newest in time; without any the newest late one, and without that the newest."""
    late = [
        one for one in handins if rules.timing(course.exercise, one.time, extension) is Timing.LATE
    ]
    return (in_time(course, handins, extension) or late or handins)[-1]


def counting(
    course: Course,
    handins: Sequence[Received],
    extension: timedelta | None,
    scores: Mapping[int, float],
) -> Received:
    """The best in time by its `scores`, by number; where there are none, the newest."""
    found = [
        _Points(one.number, scores[one.number])
        for one in in_time(course, handins, extension)
        if one.number in scores
    ]
    best = rules.best(found)
    if best is None:
        return newest(course, handins, extension)
    return next(one for one in handins if one.number == best.number)


def notes(
    course: Course,
    handins: Sequence[Received],
    chosen: Received,
    extension: timedelta | None,
    scores: Mapping[int, float],
) -> list[str]:
    """What the student reads beside `chosen`: of its own files, and of the other hand-ins."""
    exercise = course.exercise
    said = list(chosen.notes)
    timely = in_time(course, handins, extension)
    if len(timely) > 1:
        which = f", received on {rules.local(exercise, chosen.time)}" if chosen.time else ""
        said.append(
            f"You have handed in {len(timely)} times in time. The best counts; this is number "
            f"{timely.index(chosen) + 1} of them{which}."
        )
        points = [f"{scores[one.number]:g}" for one in timely if one.number in scores]
        if points:
            earlier = len(points) - _POINTS_SHOWN
            said.append(
                f"Points of your hand-ins, in their order: {', '.join(points[-_POINTS_SHOWN:])}"
                + (f"; {earlier} earlier ones are left out." if earlier > 0 else ".")
            )
    for one in handins[-_POINTS_SHOWN:]:
        told = rules.told(exercise, one.time, extension)
        if told and (one is not chosen or rules.timing(exercise, one.time) is Timing.EARLY):
            said.append(told)  # of the one that is graded late, its page says so
    return said


def tried_otherwise(
    course: Course,
    archive: Archive,
    one: Received,
    files: Mapping[str, bytes],
    verdict_on: Callable[[int], Judgement | None],
) -> frozenset[str]:
    """The tasks that the student of `one` has failed with other code, too, than is in `files`.

    `verdict_on` gives the verdicts that are known, by number. The newest others are looked at,
    before `one` and after: of equal ones the earliest counts, and its page is read at the end.
    """
    others: dict[Received, set[str]] = {}  # with the tasks that they have failed
    for other in archive.of(one.student)[-_OTHERS_COMPARED:]:
        judgement = verdict_on(other.number)
        verdicts = judgement.verdicts if judgement else {}
        failed = {name for name, verdict in verdicts.items() if verdict.stronger}
        if failed and other.receipt.sha256 != one.receipt.sha256:
            others[other] = failed
    mine = {task.name: _code(files, task) for task in course.tasks if others}
    tried: set[str] = set()
    for other, failed in others.items():
        with suppress(CourseError, OSError):  # a damaged one is told where it is graded
            theirs = archive.open(other).files
            codes = {task.name: _code(theirs, task) for task in course.tasks if task.name in failed}
            tried.update(
                name for name, code in codes.items() if code and code != mine[name] and mine[name]
            )
    return frozenset(tried)


def _code(files: Mapping[str, bytes], task: Task) -> list[str]:
    data = files.get(task.file, b"")[:_BYTES_COMPARED]
    return bare(data.decode("utf-8", "replace"), task.function)


def lying(folder: Path) -> int | None:
    """The number of the hand-in that was put into `folder`; None when none of ours was."""
    try:
        line = plain_file.read(folder, RECEIPT, _LONGEST_RECEIPT)
        return receipts.read(line.removesuffix(b"\n")).number
    except (OSError, CourseError):
        return None


def settle(
    course: Course,
    archive: Archive,
    handins: Sequence[Received],
    extension: timedelta | None,
    scores: Mapping[int, float],
    folder: Path,
    shared: bool = False,
) -> str | None:
    """Have the hand-in that counts lie in `folder`, with what is to be said; None, or a sentence.

    The sentence tells of a folder that a person has changed, which stays as it is.
    """
    chosen = counting(course, handins, extension, scores)
    said = notes(course, handins, chosen, extension, scores)
    there = lying(folder)
    if there == chosen.number and _says(folder, said, course):
        return None
    if folder.exists() and not is_ours(course, handins, there, folder):
        return (
            f"{folder} does not hold what was received; it is graded as it is. Remove it, and the "
            "best hand-in of the archive is put there."
        )
    place(course, archive, chosen, said, folder, shared)
    return None


def _says(folder: Path, said: Sequence[str], course: Course) -> bool:
    """Whether the notes in `folder` are these, and at most the one that `store` adds."""
    stored, wanted = set(stored_notes(folder)), set(map(plain, said))
    rest = stored - wanted
    return wanted <= stored and all(course.handin.graded_notebook in one for one in rest)


def is_ours(
    course: Course,
    handins: Sequence[Received],
    there: int | None,
    folder: Path,
) -> bool:
    """Whether `folder` holds hand-in number `there`, as it was put there."""
    one = next((one for one in handins if one.number == there), None)
    if one is None:
        return False
    if rules.timing(course.exercise, one.time) is Timing.EARLY:
        return True  # nothing of it was put there
    try:
        return holds(open_collected(folder, course), one, course)
    except CourseError:
        return False


def holds(handin: HandIn, one: Received, course: Course) -> bool:
    """Whether `handin`, as it lies in submitted/, has the files of `one`."""
    ours = course.handin.graded_notebook  # where there was none, ours is in its place
    bare = {name: data for name, data in handin.files.items() if name != ours}
    return one.receipt.sha256 in map(receipts.digest_of, (handin.files, bare))


def files_of(course: Course, archive: Archive, one: Received) -> dict[str, bytes]:
    """The files that count of a hand-in: none of one before the opening."""
    if rules.timing(course.exercise, one.time) is Timing.EARLY:
        return {}
    return archive.open(one).files


def place(
    course: Course,
    archive: Archive,
    chosen: Received,
    said: Sequence[str],
    folder: Path,
    shared: bool = False,
) -> list[str]:
    """Put `chosen` into `folder` in place of what is there, whole or not at all; all its notes."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".collecting-", dir=folder.parent) as work:
        new = Path(work) / "hand-in"
        new.mkdir()
        said = store(files_of(course, archive, chosen), list(said), new, course)
        # Whole seconds: nbgrader would call the last second's parts late.
        when = f"{chosen.time:%Y-%m-%d %H:%M:%S} UTC" if chosen.time else ""
        (new / TIMESTAMP).write_text(when, encoding="ascii")
        (new / SECRET).write_text(chosen.secret, encoding="ascii")
        (new / RECEIPT).write_text(chosen.receipt.line() + "\n", encoding="ascii")
        if shared:
            for path in (new, *new.rglob("*")):
                path.chmod(0o2775 if path.is_dir() else 0o664)
        if folder.exists():
            shutil.move(folder, Path(work) / "old")
        shutil.move(new, folder)
    return said
