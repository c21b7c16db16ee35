"""Pictures of what a test sees; those in the documents are made so."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any


def take_picture(of: Any, name: str, place: Path) -> None:
    """Keep a page, or a part of it, as a PNG: in `place`, or where I2DL_PICTURES says."""
    of.screenshot(path=Path(os.environ.get("I2DL_PICTURES", place)) / f"{name}.png")
