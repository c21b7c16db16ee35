"""The heap of the C library: one for all threads, and what a busy moment needed is given back.

By itself GNU's library gives each thread a heap of its own, and keeps in each what its busiest
moment needed. Other libraries have no such calls, and nothing is done there.
"""

from __future__ import annotations

import ctypes
from contextlib import suppress

_M_ARENA_MAX = -8  # of malloc.h
_library = ctypes.CDLL(None)


def share_one() -> None:
    """Have all threads that are yet to come take their memory from one heap."""
    with suppress(AttributeError):
        _library.mallopt(_M_ARENA_MAX, 1)


def give_back() -> None:
    """Give the kernel the pages in which nothing is any more; takes about a millisecond."""
    with suppress(AttributeError):
        _library.malloc_trim(0)
