"""Changes its files in the moment between the look at their times and their copy.

Why it might work: the time of receipt was taken first, for all hand-ins, and then they were copied.
It must get: what it has handed in last, with the time of that change.
"""

from datetime import timedelta

import pytest
from support.exchange import now
from support.handins import LAYER

from i2dl_course.nbgrader_side import collect
from i2dl_course.records.settings import read_stamp


@pytest.fixture
def swapped(exchange, monkeypatch):
    """``swapped(trust)``: collects from a student who swaps a file as it is opened."""
    look, opening = collect._last_change, collect.open_handin
    swaps = []

    def late(folder):
        """The kernel's time of a change cannot be set: an hour later for what was swapped in."""
        return look(folder) + timedelta(hours=1 if swaps and "mallory" in str(folder) else 0)

    def open_and_swap(path, course):
        if "mallory" in str(path) and not swaps:
            swaps.append(path)
            (path / LAYER).write_text("# later\n")
        return opening(path, course)

    def collected(trust):
        exchange.hand_in("mallory")
        monkeypatch.setattr(collect, "_last_change", late)
        monkeypatch.setattr(collect, "open_handin", open_and_swap)
        exchange.collect(trust_stamp=trust)
        exchange.zip_collect("--force")

    return collected


@pytest.mark.parametrize("trust", [False, True], ids=["our clock", "stamps trusted"])
def test_a_hand_in_is_as_late_as_its_last_change(exchange, swapped, trust):
    swapped(trust)
    folder = exchange.collected("mallory")
    assert (folder / LAYER).read_text() == "# later\n"
    assert read_stamp(folder)[1] - now() > timedelta(minutes=55)
