"""docs/trace.md has a row for each category of TRACE, and names tests that are there."""

import re

from support.handins import ROOT

PAGE = ROOT / "docs" / "trace.md"
ROWS = re.findall(r"^\| (\d+) \| (.+?) \| (.+?) \| (.+) \|$", PAGE.read_text("utf-8"), re.MULTILINE)


def test_every_category_has_one_row():
    assert [int(number) for number, *_ in ROWS] == list(range(1, 55))
    assert len({category for _, category, *_ in ROWS}) == 54
    assert len(re.findall(r"^## ", PAGE.read_text("utf-8"), re.MULTILINE)) == 10


def test_every_row_names_a_test_or_gives_a_reason():
    for _, category, _, answer in ROWS:
        reason = re.sub(r"\[[^]]*\]\([^)]*\)", "", answer).strip(" ,;:")
        assert "(../tests/" in answer or len(reason) > 20, category


def test_every_file_that_the_page_names_is_there():
    for path in re.findall(r"\]\(([^)#]+)\)", PAGE.read_text("utf-8")):
        assert (PAGE.parent / path).is_file(), path
