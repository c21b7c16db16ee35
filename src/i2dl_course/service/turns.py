"""Whose turn it is: one hand-in of a student at a time, the newest first, and students in turn.

So who hands in a thousand times delays each of the others by one hand-in. One that is slow gives
its place to another, for most are judged in a tenth of a second and an endless loop takes a minute:
up to `slow` of them go on beside those that count against `at_once`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

SECONDS_UNTIL_SLOW = 1.0


class Turns:
    """Hand-ins, by number, that wait for a judge; for many threads.

    Parameters
    ----------
    at_once : int
        How many are judged at the same time, not counting slow ones.
    slow : int
        How many slow ones may go on beside them.
    clock : callable
        Seconds; may be replaced in tests.
    """

    def __init__(self, at_once: int, slow: int, clock: Callable[[], float] = time.monotonic):
        self._at_once = at_once
        self._slow = slow
        self._clock = clock
        self._change = threading.Condition()
        self._waiting: dict[str, list[int]] = {}  # by student; who was served last stands last
        self._begun: dict[str, float] = {}  # who is being judged, and since when
        self._judged: set[str] = set()  # whose verdict is being written down
        self._closed = False

    def add(self, student: str, number: int) -> None:
        """Put one more hand-in of `student` into the queue."""
        with self._change:
            self._waiting.setdefault(student, []).append(number)
            self._change.notify()

    def take(self) -> tuple[str, int] | None:
        """The next hand-in, for which this waits; None when there will be none.

        Whoever takes one must say :meth:`done`.
        """
        with self._change:
            while True:
                if self._closed:
                    return None
                if (chosen := self._next()) is not None:
                    return chosen
                self._change.wait(self._until_one_is_slow())

    def _next(self) -> tuple[str, int] | None:
        if not self._has_room():
            return None
        taken = self._begun.keys() | self._judged
        student = next((name for name in self._waiting if name not in taken), None)
        if student is None:
            return None
        numbers = self._waiting.pop(student)
        newest = max(numbers)
        numbers.remove(newest)
        if numbers:
            self._waiting[student] = numbers  # behind everybody else
        self._begun[student] = self._clock()
        return student, newest

    def _has_room(self) -> bool:
        quick = sum(self._clock() - begun < SECONDS_UNTIL_SLOW for begun in self._begun.values())
        return quick < self._at_once and len(self._begun) < self._at_once + self._slow

    def _until_one_is_slow(self) -> float | None:
        if not self._waiting or not self._begun:
            return None
        soonest = min(
            (
                SECONDS_UNTIL_SLOW - age
                for begun in self._begun.values()
                if (age := self._clock() - begun) < SECONDS_UNTIL_SLOW
            ),
            default=None,
        )
        return None if soonest is None else max(0.001, soonest)

    def judged(self, student: str) -> None:
        """Say that what was taken of `student` has a verdict, which is yet to be written down.

        That is waiting for the disk, and another student may be judged meanwhile.
        """
        with self._change:
            del self._begun[student]
            self._judged.add(student)
            self._change.notify_all()

    def done(self, student: str) -> None:
        """Say that what was taken of `student` is dealt with, or given up."""
        with self._change:
            self._begun.pop(student, None)
            self._judged.discard(student)
            self._change.notify_all()

    def close(self) -> None:
        """Let nobody take another one; what waits stays in the database."""
        with self._change:
            self._closed = True
            self._change.notify_all()

    @property
    def waiting(self) -> int:
        """How many hand-ins wait or are being judged."""
        with self._change:
            return len(self._begun) + len(self._judged) + sum(map(len, self._waiting.values()))
