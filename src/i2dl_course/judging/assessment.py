"""What is asked of an assessor, and what comes of it.

Whoever sends hand-ins to be assessed elsewhere needs this, and neither NumPy nor a sandbox.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import total_ordering

from i2dl_course.verdicts import Judgement


@total_ordering
class Execute(Enum):
    """Which notebooks are run for the feedback, the least first; PAGES are those of none."""

    NOTHING = "nothing"
    PAGES = "pages"
    GRADED = "graded"
    ALL = "all"

    def __lt__(self, other: Execute) -> bool:
        order = list(Execute)
        return order.index(self) < order.index(other)


@dataclass(frozen=True)
class Assessment:
    """What came of one hand-in. `notebooks` and `pages` are by notebook, without `.ipynb`."""

    judgement: Judgement
    notebooks: dict[str, bytes]
    pages: dict[str, bytes]
    notes: tuple[str, ...]
