"""Hands in cells and files that are mostly blank lines, or one number of thousands of digits.

Why it might work: whoever colours Python by Pygments needs a minute for 50,000 such characters, and
colours run in the trusted process, with no limit on time.
It must get: a page on which that code has no colours, and all other code has.
"""

import os
import sys

from attacks.classroom import LAYER, NOTEBOOK, attacker, runs_first
from nbconvert.exporters import HTMLExporter
from traitlets.config.loader import PyFileConfigLoader

GAP = " \n" * 6_000
DIGITS = 'n = "%' + "0" * 9_000 + '"\n'


@attacker
def be_mostly_blank(folder):
    with (folder / LAYER).open("a") as file:
        file.write(GAP + "THE_END = 1\n")
    runs_first(folder, DIGITS)


def test_what_is_slow_to_colour_is_shown_without_colours(classroom):
    page = classroom.outcome(__name__).page
    assert "THE_END = 1</span>" in page  # the line as it is: with colours, it ends in another span
    assert "n = &#34;%0000" in page
    assert '<span class="kn">import</span>' in page


def test_the_formgrader_s_server_colours_nothing_of_a_student(classroom, monkeypatch):
    """By the exporter that its server makes of nbgrader_config.py; our page is within bounds."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setenv("PATH", os.environ["PATH"])
    root = classroom.course.root
    config = PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config()
    coloured = []

    def highlight(source, **_):
        coloured.append(source)
        return source

    exporter = HTMLExporter(config=config, filters={"highlight_code": highlight})
    folder = classroom.outcome(__name__).folder
    known = {
        "assignment_id": folder.name,
        "notebook_id": NOTEBOOK.removesuffix(".ipynb"),
        "student": folder.parent.name,
    }
    page, _ = exporter.from_filename(str(folder / NOTEBOOK), resources=known)
    assert coloured == [] and "THE_END = 1</span>" in page and 'n = "%0000' in page
