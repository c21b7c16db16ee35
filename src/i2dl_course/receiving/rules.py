"""The rules of receiving: when a hand-in counts, and which of several.

The receiver's clock decides, and all is compared in UTC: two times of one zone with different
offsets, around a change of the clocks, are told apart there and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo

from i2dl_course.errors import CourseError
from i2dl_course.manifest import Exercise

# The second that `closes` names counts to its end.
_LAST_SECOND = timedelta(seconds=1)


class Timing(Enum):
    """When a hand-in was received, by what that means for it."""

    EARLY = "early"
    IN_TIME = "in time"
    LATE = "late"


def timing(
    exercise: Exercise, received: datetime | None, extension: timedelta | None = None
) -> Timing:
    """Whether what was `received` then counts, for a student with this `extension`.

    `received` knows its zone, whichever that is. None is the time of a zip that a learning platform
    has let in and does not name: it is in time, for there the platform has decided.
    """
    if received is None:
        return Timing.IN_TIME
    moment = _utc(received)
    if moment < _utc(exercise.opens):
        return Timing.EARLY
    return Timing.IN_TIME if moment < first_too_late(exercise, extension) else Timing.LATE


def first_too_late(exercise: Exercise, extension: timedelta | None = None) -> datetime:
    """The first moment, in UTC, at which a hand-in is late."""
    return _utc(exercise.closes) + (extension or timedelta(0)) + _LAST_SECOND


def end(exercise: Exercise, extension: timedelta | None = None) -> datetime:
    """The last second, in UTC, at which a hand-in is in time."""
    return first_too_late(exercise, extension) - _LAST_SECOND


def told(
    exercise: Exercise, received: datetime | None, extension: timedelta | None = None
) -> str | None:
    """What a student is told of a hand-in that does not count; None for one that is in time."""
    when = timing(exercise, received, extension)
    if received is None or when is Timing.IN_TIME:
        return None
    if when is Timing.EARLY:
        opening = local(exercise, exercise.opens)
        why, then = f"before the exercise opened ({opening})", " Hand in again."
    else:
        why, then = f"after the end ({local(exercise, end(exercise, extension))})", ""
    return f"Received on {local(exercise, received)}, {why}: kept, but it does not count.{then}"


def local(exercise: Exercise, moment: datetime) -> str:
    """`moment` by the clock of the course, for people: 27 May 2020, 23:59:59 (Europe/Berlin)."""
    there = _utc(moment).astimezone(ZoneInfo(exercise.time_zone))
    return f"{there.day} {there:%B %Y, %H:%M:%S} ({exercise.time_zone})"


def extension_until(exercise: Exercise, text: str) -> timedelta:
    """How long after the end `text` is: 2020-05-29 23:59, by the clock of the course.

    A minute without seconds counts to its end, as the slide's 23.59 does. Of an hour that comes
    twice, when the clocks are set back, the second is meant. Raises CourseError.
    """
    seconds = "" if text.count(":") > 1 else ":59"
    try:
        until = datetime.strptime(text + seconds, "%Y-%m-%d %H:%M:%S")
    except ValueError:
        raise CourseError(
            f"{text!r} is no time; give one such as '2020-05-29 23:59', by the clock of "
            f"{exercise.time_zone}."
        ) from None
    there = until.replace(tzinfo=ZoneInfo(exercise.time_zone), fold=1)
    if _utc(there).astimezone(there.tzinfo).replace(tzinfo=None) != until:
        raise CourseError(f"{text} does not exist in {exercise.time_zone}: the clocks skip it.")
    extension = _utc(there) - _utc(exercise.closes)
    if extension <= timedelta(0):
        raise CourseError(
            f"{text} is not after the end for everybody, {local(exercise, exercise.closes)}."
        )
    return extension


class Judged(Protocol):
    """A hand-in with its points."""

    @property
    def number(self) -> int:
        """Its place in the order of receipt."""

    @property
    def score(self) -> float:
        """The points of the judge."""


J = TypeVar("J", bound=Judged)


def best(in_time: Iterable[J]) -> J | None:
    """The hand-in that counts of those `in_time`: the most points, then the earliest.

    The earliest is that with the lowest number: a clock may be set back between two, a number not.
    """
    return max(in_time, key=lambda one: (one.score, -one.number), default=None)


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"{moment} does not say in which zone")
    return moment.astimezone(UTC)
