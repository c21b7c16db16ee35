"""Writes terminal codes, and characters that turn a text around, into cells, files and outputs.

Why it might work: a terminal obeys them when somebody looks at a page there, and code that is
turned around reads as other code than was judged.
It must get: a sign in the place of each.
"""

from attacks.classroom import LAYER, attacker, code_cell, notebook, runs_first

UNSEEN = "\x1b]52;c;x\x07\x1b[2J\x9b2J\u202e\u2066"


@attacker
def hide(folder):
    with (folder / LAYER).open("a") as file:
        file.write(f"# in a file {UNSEEN}\n")
    text = (
        f"print({'in an output ' + UNSEEN!r})  # in a cell {UNSEEN}\nraise ValueError({UNSEEN!r})"
    )
    runs_first(folder, text)
    with notebook(folder) as content:
        cell = {**code_cell(f"in a text {UNSEEN}"), "cell_type": "markdown"}
        del cell["outputs"], cell["execution_count"]
        content["cells"].append(cell)


def test_nothing_invisible_reaches_a_page(classroom):
    page = classroom.outcome(__name__).page
    assert set(UNSEEN) & set(page) <= set("]52;cx[J")
    for place in ("a file", "a cell", "a text"):
        assert f"in {place} �" in page
