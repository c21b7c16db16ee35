"""What keeps people from using a page, as axe finds it."""

from __future__ import annotations

from typing import Any

import pytest
from nbconvert import HTMLExporter
from support.jupyterlab import browser_page

# Of a notebook that nbconvert writes: the colours of its prompts, of Python and of a traceback are
# those of its themes, light and dark, and too pale for axe. Nothing in a notebook can change them.
OF_NBCONVERT = (".jp-InputPrompt", ".jp-OutputPrompt", ".highlight", ".jp-RenderedText")


def axe_report(page: Any, *rules: str, without: tuple[str, ...] = ()) -> str:
    """What axe finds on the page that a browser shows, by these rules or by all; "" when nothing.

    Parts of the page are left out by their selectors: ``without``. Skips the test by name where axe
    is not installed.
    """
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="make site").Axe()
    # What is right is not told apart, element by element: that took a third of the time.
    options: dict[str, Any] = {"resultTypes": ["violations"]}
    if rules:
        options["runOnly"] = {"type": "rule", "values": list(rules)}
    context = {"exclude": [[selector] for selector in without]} if without else None
    found = axe.run(page, context=context, options=options)
    return found.generate_report() if found.violations_count else ""


def keeps_nobody_out(notebook: Any, folder: Any) -> bool:
    """Whether axe finds nothing of ours in an executed notebook, exported as people pass it on."""
    with browser_page() as page:
        for theme in ("light", "dark"):
            exporter = HTMLExporter(template_name="lab", theme=theme)
            exported, _ = exporter.from_notebook_node(notebook)
            file = folder / f"{theme}.html"
            file.write_text(exported, "utf-8")
            page.goto(file.as_uri(), wait_until="domcontentloaded")
            found = axe_report(page, without=OF_NBCONVERT)
            assert found == "", found
    return True
