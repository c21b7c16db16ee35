"""Hands in cells and files of nothing but quotation marks, a megabyte each.

Why it might work: each of them is five characters of HTML, and a class has pages of gigabytes.
It must get: the first of them, and how many characters were left out.
"""

from attacks.classroom import LAYER, attacker, code_cell, notebook


@attacker
def quote(folder):
    (folder / LAYER).write_text("#" + "'" * 200_000 + "\n")
    with notebook(folder) as content:
        for number in range(6):
            cell = code_cell(f"#{number}" + "'" * 1_000_000)
            content["cells"].append({**cell, "id": f"quotes{number}"})


def test_a_page_stays_small(classroom):
    outcome = classroom.outcome(__name__)
    assert outcome.page.count("&#39;") > 100_000
    assert "characters of yours are left out of it" in outcome.page
