"""What counts: both sides of both edges, around changes of the clocks, and from other zones."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from support.handins import COURSE

from i2dl_course.errors import CourseError
from i2dl_course.receiving import rules
from i2dl_course.receiving.rules import Timing, timing

EXERCISE = COURSE.exercise
BERLIN = ZoneInfo("Europe/Berlin")


def berlin(text, fold=0):
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN, fold=fold)


@pytest.mark.parametrize(
    "received, expected",
    [
        ("2020-05-22T11:59:59.999999", Timing.EARLY),
        ("2020-05-22T12:00:00", Timing.IN_TIME),
        ("2020-05-27T23:59:59", Timing.IN_TIME),
        ("2020-05-27T23:59:59.999999", Timing.IN_TIME),
        ("2020-05-28T00:00:00", Timing.LATE),
    ],
)
def test_both_sides_of_both_edges(received, expected):
    assert timing(EXERCISE, berlin(received)) is expected
    assert timing(EXERCISE, berlin(received).astimezone(UTC)) is expected


def test_a_student_in_another_zone_is_measured_by_ours():
    kiritimati, honolulu = ZoneInfo("Pacific/Kiritimati"), ZoneInfo("Pacific/Honolulu")
    # There it is the 28th already, and still the 27th at noon.
    in_time = datetime(2020, 5, 28, 11, 59, 59, tzinfo=kiritimati)
    late = datetime(2020, 5, 27, 12, 0, 0, tzinfo=honolulu)
    assert timing(EXERCISE, in_time) is Timing.IN_TIME
    assert timing(EXERCISE, late) is Timing.LATE


def test_the_end_is_right_on_the_days_when_the_clocks_change():
    spring = replace(EXERCISE, closes=berlin("2020-03-29T23:59:59"), opens=berlin("2020-03-28"))
    assert rules.first_too_late(spring) == datetime(2020, 3, 29, 22, tzinfo=UTC)
    autumn = replace(EXERCISE, closes=berlin("2020-10-25T23:59:59"), opens=berlin("2020-10-24"))
    assert rules.first_too_late(autumn) == datetime(2020, 10, 25, 23, tzinfo=UTC)
    # Closed at 02:59:59 for the first time; half past two for the second time is an hour later,
    # although its wall clock shows less.
    night = replace(autumn, closes=berlin("2020-10-25T02:59:59"))
    assert timing(night, berlin("2020-10-25T02:30:00", fold=0)) is Timing.IN_TIME
    assert timing(night, berlin("2020-10-25T02:30:00", fold=1)) is Timing.LATE


def test_an_extension_counts_from_the_end_and_to_the_end_of_its_minute():
    extension = rules.extension_until(EXERCISE, "2020-05-29 23:59")
    assert extension == timedelta(days=2)
    assert timing(EXERCISE, berlin("2020-05-29T23:59:59.999999"), extension) is Timing.IN_TIME
    assert timing(EXERCISE, berlin("2020-05-30T00:00:00"), extension) is Timing.LATE
    assert timing(EXERCISE, berlin("2020-05-22T11:59:59"), extension) is Timing.EARLY


def test_an_extension_over_a_change_of_the_clocks_ends_by_the_wall_clock():
    closes = replace(EXERCISE, closes=berlin("2020-10-24T23:59:59"))
    assert rules.extension_until(closes, "2020-10-25 23:59") == timedelta(hours=25)
    # An hour that comes twice: the second, for the student.
    assert rules.extension_until(closes, "2020-10-25 02:30:00") == timedelta(hours=3.5, seconds=1)


@pytest.mark.parametrize(
    "text, says",
    [
        ("tomorrow", "no time"),
        ("2020-05-29", "no time"),
        ("2020-05-29 24:10", "no time"),
        ("2020-05-27 23:59", "not after the end"),
        ("2021-03-28 02:30", "does not exist"),
    ],
)
def test_an_extension_that_is_none_is_refused_in_a_sentence(text, says):
    with pytest.raises(CourseError, match=says):
        rules.extension_until(EXERCISE, text)


def test_a_time_without_a_zone_is_a_mistake_of_ours():
    with pytest.raises(ValueError):
        timing(EXERCISE, datetime(2020, 5, 25))


def test_students_are_told_in_words():
    assert rules.told(EXERCISE, berlin("2020-05-27T23:59:59")) is None
    assert rules.told(EXERCISE, None) is None
    late = rules.told(EXERCISE, datetime(2020, 5, 27, 22, 3, tzinfo=UTC))
    assert late == (
        "Received on 28 May 2020, 00:03:00 (Europe/Berlin), after the end "
        "(27 May 2020, 23:59:59 (Europe/Berlin)): kept, but it does not count."
    )
    assert "before the exercise opened" in rules.told(EXERCISE, berlin("2020-05-22T11:59:59"))


@dataclass
class Points:
    number: int
    score: float


def test_the_best_counts_and_of_equal_ones_the_first_by_number():
    assert rules.best([]) is None
    worse_later = [Points(1, 60), Points(2, 100), Points(3, 100), Points(4, 0)]
    assert rules.best(worse_later).number == 2
    assert rules.best(reversed(worse_later)).number == 2
