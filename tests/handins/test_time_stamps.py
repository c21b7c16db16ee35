"""A time of receipt is in nbgrader's own format, or none: nothing is guessed."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbgrader.exchange.abc import Exchange
from nbgrader.utils import parse_utc

from i2dl_course.handins.time_stamps import read_time_stamp

MOMENT = datetime(2020, 5, 26, 18, 30, 5)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2020-05-26 18:30:05 UTC", MOMENT),
        ("2020-05-26 18:30:05", MOMENT),  # zip_collect
        ("2020-05-26 18:30:05.25 UTC", MOMENT.replace(microsecond=250000)),
        ("2020-05-26 18:30:05.000001 UTC", MOMENT.replace(microsecond=1)),
    ],
)
def test_what_nbgrader_writes_is_read(text, time):
    assert read_time_stamp(text) == time == parse_utc(text)


@given(st.datetimes(min_value=datetime(1000, 1, 1)))
def test_every_stamp_of_nbgraders_own_format_is_read(moment):
    written = moment.strftime(Exchange.timestamp_format.default_value.replace("%Z", "UTC"))
    assert read_time_stamp(written) == moment


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "999999999999999999999999999999h",  # at which dateutil raises an ArithmeticError
        "2020-05-26 18:30:05 CEST",  # dateutil takes it for UTC
        "2020-05-26 18:30:05 +0200",
        "2020-05-26",
        "26.05.2020 18:30:05 UTC",
        "2020-02-30 12:00:00 UTC",
        "2020-05-26 24:00:00 UTC",
        "2020-05-26 18:30:05.1234567 UTC",
        "\u0662020-05-26 18:30:05 UTC",
        "2020-05-26 18:30:05 UTC\n",
        "2020-05-26T18:30:05Z",
    ],
    ids=ascii,
)
def test_anything_else_is_no_time(text):
    assert read_time_stamp(text) is None


@given(st.text())
def test_no_text_raises(text):
    read_time_stamp(text)
