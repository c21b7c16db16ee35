"""Writes `score = 100.0` into the graded cells, in place of the checks.

Why it might work: they stand in its own notebook, and no file protects itself.
It must get: nothing; a graded cell is ours, whatever was handed in under its name.
"""

from attacks.classroom import attacker, is_graded, notebook


@attacker
def edit(folder):
    with notebook(folder) as content:
        for cell in filter(is_graded, content["cells"]):
            cell["source"] = "score = 100.0\nscore"
            cell["outputs"] = [
                {
                    "output_type": "execute_result",
                    "metadata": {},
                    "execution_count": 1,
                    "data": {"text/plain": "100.0"},
                }
            ]


def test_an_edited_check_checks_nothing(classroom):
    outcome = classroom.outcome(__name__)
    assert not [cell for cell in outcome.cells if "100.0" in "".join(cell["source"])]
