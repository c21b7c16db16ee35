"""Copies each graded cell, and lets the copy pass.

Why it might work: two cells with one name have one grade, which is that of the last.
It must get: nothing; each graded cell is there once.
"""

import copy

from attacks.classroom import attacker, is_graded, notebook


@attacker
def duplicate(folder):
    with notebook(folder) as content:
        for cell in list(filter(is_graded, content["cells"])):
            twin = copy.deepcopy(cell)
            twin["source"] = "25.0"
            content["cells"].append(twin)
            content["cells"].insert(0, copy.deepcopy(twin))


def test_a_copy_is_not_graded(classroom):
    classroom.outcome(__name__)
