"""How tests wait for what must happen."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE = 600  # seconds until a test gives up; on an idle machine nothing takes ten
_BETWEEN_LOOKS = 0.01  # seconds


def until(happened: Callable[[], object], look_again: Callable[[], object] | None = None) -> None:
    """Look until it has happened, and leave the processor to what must happen between two looks."""
    end = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < end, "it never happened"
        time.sleep(_BETWEEN_LOOKS)
        if look_again:
            look_again()
