"""The seeds of the cases: hand-ins that wait together are judged on the same ones.

The first hand-in on new cases takes twice as long as the others, for whom the right answers are
computed and the questions known. In a rush that is half of all work, and so one seed serves all
that had been received when it was drawn. Nobody can make use of what a verdict tells of the cases:
whatever is received later is judged on others.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable


class Seeds:
    """Gives each hand-in, by number, its seed; for many threads.

    `received` gives the number of the latest hand-in, when it is called.
    """

    def __init__(self, received: Callable[[], int]):
        self._received = received
        self._drawing = threading.Lock()
        self._seed = 0
        self._serves_up_to = 0

    def of(self, number: int) -> int:
        """The seed for a hand-in, which must have been received."""
        with self._drawing:
            if number > self._serves_up_to:
                self._serves_up_to = self._received()
                self._seed = secrets.randbits(48)
            return self._seed
