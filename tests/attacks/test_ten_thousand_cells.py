"""Hands in a notebook of ten thousand cells.

Why it might work: each costs time to run and to show, and there is a limit on each only.
It must get: the first of them.
"""

from attacks.classroom import attacker, code_cell, notebook


@attacker
def add_cells(folder):
    with notebook(folder) as content:
        content["cells"] += [code_cell(f"x = {number}") for number in range(10_000)]


def test_cells_are_counted(classroom):
    assert len(classroom.outcome(__name__).cells) < 600
