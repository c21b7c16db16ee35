"""What is put into a page is text: nothing in it is obeyed by a browser, a terminal or a reader."""

import re

import pytest
from jinja2 import UndefinedError
from markupsafe import Markup
from support.handins import ROOT

from i2dl_course.reporting.templates import template, visible

CONTROLS = [*map(chr, range(32)), *map(chr, range(0x7F, 0xA0))]
TURNS = [chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))]
SRC = ROOT / "src" / "i2dl_course"


@pytest.mark.parametrize("unseen", [*CONTROLS, *TURNS, "\ud800", "\udfff"], ids=ascii)
def test_what_nobody_sees_is_made_visible(unseen):
    kept = {"\t": "\t", "\n": "\n", "\r": "\n"}
    assert visible(f"a{unseen}b") == f"a{kept.get(unseen, '�')}b"


def test_what_is_put_into_a_template_is_escaped_and_visible_unless_it_is_markup():
    made = template("reporting/page.html").environment.from_string("{{ text }}{{ ours }}")
    assert made.render(text="<b>\x1b", ours=Markup("<i>")) == "&lt;b&gt;�<i>"


def test_a_name_that_a_template_is_not_given_is_an_error():
    with pytest.raises(UndefinedError):
        template("reporting/page.html").render(title="x")


def test_no_template_takes_what_is_not_ours_for_markup():
    templates = sorted(SRC.rglob("*.html"))
    assert {file.name for file in templates} == {
        "class.html",
        "door.html",
        "formgrader_page.html",
        "page.html",
        "pieces.html",
    }
    for file in templates:
        inside = " ".join(re.findall(r"{[{%].*?[%}]}", file.read_text("utf-8"), re.DOTALL))
        assert inside and not re.search(r"\bsafe\b|autoescape|~|\+|xmlattr|urlize", inside), file


def test_markup_is_made_in_two_files():
    """Who looks for a hole in a page reads these files, and no other."""
    makers = [f.name for f in sorted(SRC.rglob("*.py")) if "Markup(" in f.read_text("utf-8")]
    assert makers == ["charts.py", "page.py"]
