"""What keeps people from using a page, as axe finds it."""

from __future__ import annotations

from typing import Any

import pytest


def axe_report(page: Any, *rules: str) -> str:
    """What axe finds on the page that a browser shows, by these rules or by all; "" when nothing.

    Skips the test by name where axe is not installed.
    """
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="make site").Axe()
    options = {"runOnly": {"type": "rule", "values": list(rules)}} if rules else None
    found = axe.run(page, options=options)
    return found.generate_report() if found.violations_count else ""
