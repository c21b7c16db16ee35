"""What one hand-in may cost us, whatever its code does: seconds, and bytes."""

from __future__ import annotations

import time
from collections.abc import Callable

SECONDS_PER_TASK = 8.0  # for all calls of one check: the reference needs 0.02 s, loops 0.2 s
SECONDS_FOR_NOTEBOOKS = 90.0  # all cells of all notebooks of a hand-in; ours take nine
MAX_ANSWER = 4 << 20  # bytes of the arrays of one answer; the largest of the reference has 1 kB
MAX_ANSWERS = 64 << 20  # of all answers together; those of the reference have 20 kB


class Allowance:
    """What is left to one hand-in.

    The clock runs from begin() to stop(): while the student's code does, and while we read,
    compare and copy what it has answered. Starting a worker is not the student's doing.

    Parameters
    ----------
    seconds : float
        For one task, by one worker.
    together : float
        For all tasks, and all workers that were started for them: a second one because the first
        has ended gets no time of its own.
    clock : callable
        Gives seconds, as time.monotonic does.
    """

    def __init__(
        self, seconds: float, together: float, clock: Callable[[], float] = time.monotonic
    ):
        self._seconds = seconds
        self._together = self._left = together
        self._clock = clock
        self._begun: float | None = None
        self._bytes = MAX_ANSWERS

    def begin(self) -> None:
        """A worker begins with a task."""
        self._begun = self._clock()

    def stop(self) -> None:
        """It has ended with it, in whatever way. Asking twice does no harm."""
        if self._begun is not None:
            self._left -= self._clock() - self._begun
            self._begun = None

    def left(self) -> float:
        """Seconds that are left to the worker for its task; 0 or less when there are none."""
        used = 0.0 if self._begun is None else self._clock() - self._begun
        return min(self._seconds, self._left) - used

    def time_is_up(self) -> str:
        """Which of the two limits ended the task, as the part of a sentence."""
        if self._seconds <= self._left:
            return f"no answer within {self._seconds:g} seconds"
        return f"all tasks together have {self._together:g} seconds, and these were used up"

    def take(self, size: int) -> bool:
        """Take the `size` bytes of an answer from what is left; whether there was enough."""
        self._bytes -= size
        return self._bytes >= 0
