"""What is asked of an assessor, and what comes of it.

Whoever sends hand-ins to be assessed elsewhere needs this, and neither NumPy nor a sandbox.
"""

from __future__ import annotations

from dataclasses import dataclass, field
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
class Standing:
    """What the gradebook already knows of a hand-in, for its page of feedback.

    `manual` are points that a person has given, by task, which replace the judge's, and `comments`
    what it has written. `late` says whether the hand-in came after the deadline, and scores 0.
    """

    manual: dict[str, float] = field(default_factory=dict)
    comments: dict[str, str] = field(default_factory=dict)
    late: bool = False


@dataclass(frozen=True)
class Assessment:
    """What came of one hand-in. `notebooks` and `pages` are by notebook, without `.ipynb`."""

    judgement: Judgement
    notebooks: dict[str, bytes]
    pages: dict[str, bytes]
    notes: tuple[str, ...]
