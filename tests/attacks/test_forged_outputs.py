"""Hands in a notebook that was run already, with outputs that say that all has passed.

Why it might work: who does not run a cell shows what was there.
It must get: nothing; no output of its own is kept.
"""

from attacks.classroom import attacker, notebook

FORGED = {
    "output_type": "display_data",
    "metadata": {},
    "data": {
        "text/html": "<h1>100 of 100 points, forged</h1><script>alert(1)</script>",
        "text/plain": "100 of 100 points, forged",
    },
}


@attacker
def forge(folder):
    with notebook(folder) as content:
        for cell in content["cells"]:
            if cell["cell_type"] == "code":
                cell["outputs"] = [FORGED]
        content["metadata"]["widgets"] = {
            "application/vnd.jupyter.widget-state+json": {
                "state": {"x": {"model_name": "HTMLModel", "state": {"value": FORGED["data"]}}}
            }
        }


def test_an_output_that_was_there_is_gone(classroom):
    outcome = classroom.outcome(__name__)
    assert "forged" not in outcome.page and "forged" not in outcome.said()
