"""Hands in a timestamp.txt that says that it is early, or none at all.

Why it might work: nbgrader believes it, and without one a hand-in is never late.
It must get: nothing; a hand-in has files and no time, which is the collector's to say.
"""

import pytest
from attacks.arena import LAYER, NET, TASKS, reference


@pytest.mark.parametrize("stamp", ["2020-05-22 12:00:00 UTC", "yesterday", "", "x" * 10**6])
def test_a_time_of_its_own_is_not_taken(desk, tmp_path, stamp):
    reference().write(tmp_path)
    (tmp_path / "timestamp.txt").write_text(stamp)
    handin = desk.take_in(tmp_path)
    assert set(handin.files) == {LAYER, NET} and handin.notes() == []
    desk.attack(handin, earned=TASKS)
