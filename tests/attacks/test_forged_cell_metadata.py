"""Says of the graded cells that they are its own, ungraded, worth a hundred points, or done.

Why it might work: what a cell is worth, and whose it is, stands in the notebook that it hands in.
It must get: nothing, and a grade like everybody.
"""

from attacks.classroom import attacker, is_graded, notebook

FORGERIES = [
    {"solution": True, "grade": False, "locked": False},
    {"points": 100},
    {"points": -1},
    {"schema_version": 99},
    {"cell_type": "markdown"},
    {"checksum": "0", "task": True},
]


@attacker
def forge(folder):
    with notebook(folder) as content:
        graded = list(filter(is_graded, content["cells"]))
        for cell, forgery in zip(graded, FORGERIES, strict=True):
            cell["metadata"]["nbgrader"] |= forgery
            cell["metadata"] |= {"deletable": True, "editable": True, "score": 100}
        content["metadata"] |= {"celltoolbar": 7, "i2dl": {"points": 100}, "nbgrader": {"x": 1}}


def test_forged_metadata_earns_nothing(classroom):
    outcome = classroom.outcome(__name__)
    points = [cell["metadata"]["nbgrader"]["points"] for cell in outcome.cells if is_graded(cell)]
    assert points == [10, 15, 10, 15, 25, 25]
