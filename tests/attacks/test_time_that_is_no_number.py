"""Gives a time of hand-in at which the parser of dates itself fails.

Why it might work: nbgrader guesses at what a time means, and collects nobody when that raises.
It must get: the time of its arrival; a time is in nbgrader's own format or it is none.
"""

import pytest
from support.exchange import now
from support.handins import LAYER

from i2dl_course.errors import CourseError
from i2dl_course.records.settings import read_stamp

STAMPS = ["9" * 30 + "h", "1e999", "0x" * 50, "now", "2020-05-22 12:00:00 CEST"]


def test_a_time_is_not_guessed(exchange):
    begun = now()
    for number, stamp in enumerate(STAMPS):
        exchange.hand_in(f"mallory{number}", stamp=stamp)
    exchange.collect()
    exchange.zip_collect("--force")
    for number in range(len(STAMPS)):
        folder = exchange.collected(f"mallory{number}")
        assert (folder / LAYER).is_file() and read_stamp(folder)[1] >= begun


@pytest.mark.parametrize("stamp", STAMPS)
def test_nor_where_one_was_put_into_submitted_by_hand(tmp_path, stamp):
    (tmp_path / "timestamp.txt").write_text(stamp)
    with pytest.raises(CourseError, match="holds no time as nbgrader writes it"):
        read_stamp(tmp_path)
