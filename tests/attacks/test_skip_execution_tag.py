"""Tags the graded cells "skip-execution", which needs no line of code.

Why it might work: a cell that is not run has no error, and no error means all points; with stock
nbgrader it gives 12 of 12.
It must get: nothing. No tag of its own reaches the notebook, and no cell decides.
"""

from attacks.classroom import attacker, is_graded, notebook

TAGS = ["skip-execution", "raises-exception", "remove-cell", "hide-input", "parameters"]


@attacker
def tag_everything(folder):
    with notebook(folder) as content:
        for cell in filter(is_graded, content["cells"]):
            cell["metadata"]["tags"] = TAGS


def test_a_tag_earns_nothing(classroom):
    outcome = classroom.outcome(__name__)
    assert not [cell for cell in outcome.cells if cell["metadata"].get("tags")]
