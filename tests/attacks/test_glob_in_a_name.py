"""Hands in under a name that is a pattern, and fits another student's.

Why it might work: nbgrader looks for files by patterns, with the names of folders in them; the
files of `[v]ictim` are those of victim, whose grade is then lost.
It must get: nothing; at every door such a name is refused in one sentence.
"""

import pytest
from support.exchange import EXERCISE

NAMES = ["[a]_victim", "a_victi?", "*", "a_victim[!x]", "{a_victim}"]


@pytest.mark.parametrize("name", NAMES)
def test_no_pattern_is_a_student(exchange, caplog, capfd, name):
    exchange.hand_in(name)
    exchange.upload(f"{name}_{EXERCISE}.zip")
    exchange.collect()
    exchange.zip_collect_in_part()
    assert len(exchange.students()) == 4
    assert "cannot be the name of a student" in caplog.text
    assert "does not say whose it is" in capfd.readouterr().err
