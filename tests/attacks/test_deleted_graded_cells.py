"""Deletes the graded cells, and everything else in the notebook.

Why it might work: where no cell is, none fails.
It must get: nothing; all graded cells are there again, and say so.
"""

from attacks.classroom import attacker, notebook


@attacker
def delete(folder):
    with notebook(folder) as content:
        content["cells"] = []


def test_what_was_deleted_is_judged(classroom):
    assert "put back" in classroom.outcome(__name__).log
