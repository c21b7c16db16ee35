"""The commands that a document tells its reader to give."""

from __future__ import annotations

import re
from pathlib import Path

_BLOCK = re.compile(r"^ *```(?:console|bash)\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
_REMARK = re.compile(r"\s+#\s.*$")


def commands(document: Path) -> list[str]:
    """The command lines of a document, in its order, without the remarks beside them."""
    blocks = _BLOCK.findall(document.read_text(encoding="utf-8"))
    lines = (_REMARK.sub("", line).strip() for block in blocks for line in block.splitlines())
    return [line for line in lines if line and not line.startswith("#")]
