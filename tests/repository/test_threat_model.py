"""docs/threat-model.md names every attack that is tried, and no other."""

import re

import pytest
from attacks.table import BEGIN, END, PAGE, page_with_table, rows

ATTACKS = {name: text for group in rows().values() for name, text in group}


def test_the_table_of_attacks_is_that_of_the_files():
    page = PAGE.read_text(encoding="utf-8")
    assert page.count(BEGIN) == page.count(END) == 1
    assert page == page_with_table(page), "run: python tests/attacks/table.py"


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_says_why_it_might_work_and_what_must_come_of_it(name):
    does, rest = ATTACKS[name].split("\n\n")
    assert does.endswith(".")
    assert re.fullmatch(r"Why it might work: .+\.\nIt must get: .+\.", rest, re.DOTALL)


def test_every_file_that_the_page_names_is_there():
    page = PAGE.read_text(encoding="utf-8")
    for path in re.findall(r"\]\((?!http|#)([^)#]+)", page):
        assert (PAGE.parent / path).exists(), path
