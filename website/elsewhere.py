"""Links to files of the repository that are no page: the words stay, with the path as their title.

The site knows no address of the repository, which holds the solution and may lie anywhere.
"""

from __future__ import annotations

import os
from html import escape
from pathlib import Path, PurePosixPath

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

ROOT = Path(__file__).resolve().parents[1]


class Elsewhere(SphinxPostTransform):
    """A link to what lies in the repository, and not in the site, becomes its own words."""

    default_priority = 8  # before MyST looks for the target, and finds none

    def run(self, **_kwargs: object) -> None:
        """Replace the links of one page."""
        for link in list(self.document.findall(pending_xref)):
            path = _in_repository(self.env.docname, link["reftarget"])
            if link["reftype"] == "myst" and path:
                title = f'<span class="elsewhere" title="{escape(path)}">'
                before, after = (nodes.raw("", html, format="html") for html in (title, "</span>"))
                link.replace_self([before, *link.children, after])


def _in_repository(page: str, target: str) -> str:
    """The path that a link on a page leads to, seen from the root of the repository; or nothing."""
    path = os.path.normpath(PurePosixPath(page).parent / target.partition("#")[0])
    return path if target and path != "." and (ROOT / path).exists() else ""


def setup(app: Sphinx) -> dict[str, bool]:
    """Sphinx calls this."""
    app.add_post_transform(Elsewhere)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
