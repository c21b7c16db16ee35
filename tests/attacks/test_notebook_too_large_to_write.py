"""Fills cells with more than a process that runs a notebook may write into one file.

Why it might work: that process then does not start, the hand-in has no new grade, and keeps an old
and better one.
It must get: its cells left out from where they are too much, and a grade.
"""

from attacks.classroom import attacker, code_cell, notebook


@attacker
def fill(folder):
    with notebook(folder) as content:
        content["cells"][:0] = [code_cell(f"#{n}" + "x" * 1_000_000) for n in range(18)]


def test_too_much_is_left_out_and_the_rest_is_graded(classroom):
    outcome = classroom.outcome(__name__)
    assert "with it the cells have more than" in outcome.page
    assert "did not start" not in outcome.log
