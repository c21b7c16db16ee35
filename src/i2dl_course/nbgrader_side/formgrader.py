"""The formgrader's page of a hand-in, made within bounds.

The formgrader lays out an autograded notebook by nbconvert's HTMLExporter, in the process of its
server, which does nothing else meanwhile. nbgrader_config.py puts this before it.
"""

from __future__ import annotations

import re

from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode

from i2dl_course.reporting.page import MAX_BLANK, MAX_LINE

MAX_CHARACTERS = 200_000  # of all cells of a page; ours have 40,000
MAX_MARKDOWN = 10_000  # characters of a cell of text, whose layout costs more
_SLOW_TO_COLOUR = re.compile(rf"[^\n]{{{MAX_LINE + 1}}}|\s{{{MAX_BLANK + 1}}}")
_CUT = "… more follows, too long or too wide for this page; autograded/ has all of it."


class CutLongCells(Preprocessor):
    """Cuts cells that cost the highlighter or the layout of text a time without bound.

    Those are the ones of which our own page says so too: reporting/page.py.
    """

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """`nb` with the beginnings of what is too long; the notebook in autograded/ stays."""
        left = MAX_CHARACTERS
        for cell in nb.cells:
            most = min(left, MAX_MARKDOWN) if cell.cell_type == "markdown" else left
            slow = _SLOW_TO_COLOUR.search(cell.source, 0, most)
            end = slow.start() if slow else most
            if end < len(cell.source):
                cell.source = f"{cell.source[:end]}\n\n{_CUT}"
            left -= min(end, left)
        return nb, resources
