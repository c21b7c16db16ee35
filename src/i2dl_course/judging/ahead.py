"""Questions sent ahead: what a check asked of a right hand-in, it will ask of the next one, too.

A check asks twelve to a hundred questions, and for each of them two processes wait for each other:
half of what a verdict costs is their waking. All hand-ins of a class are judged on the same cases,
so the questions that a right one gets are known. They are sent together, the worker answers one
after the other as ever, and the check finds its answers there when it asks. It gets an answer only
to the very question that it asks, byte by byte. When it asks another one, because an answer was
wrong, the answers to what it did not ask are dropped, and all that follows is asked singly.

So what passes has been asked exactly what it would have been asked without this. What fails may
have been called some times more before the check looks for the cause, and may have kept something
of that, or not come back from it. Then the task is judged again without this, from fresh files, and
the points stay what they were.

What is known holds nothing of the student's whose hand-in it was learnt from: see `learnt`.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from i2dl_course.inside import wire
from i2dl_course.judging.line import Line, LineBroken

_QUICK = 0.01  # seconds for an answer; slower functions are asked singly, or a slip would cost much
# Seconds that an answer takes at least. Who looks for the first one of many earlier than they all
# can be there is woken by each of them.
_FOR_AN_ANSWER = 1e-4
_HEADER = 400  # bytes of a question beside its arrays, at most


@dataclass
class Question:
    """A request without its id and what it releases, and its arrays as .npy files.

    The numbers of what is kept in the worker count from the first one kept in the task.
    """

    request: dict
    files: tuple[bytes, ...]
    _template: tuple[int, tuple[bytes, bytes]] | None = field(default=None, compare=False)

    @property
    def kind(self) -> tuple[str, str | None]:
        """What is called, whatever with."""
        return self.request["op"], self.request.get("name")

    @property
    def size(self) -> int:
        """How many bytes it takes on the line, at most."""
        return _HEADER + sum(map(len, self.files))

    def after(self, kept: int) -> tuple[bytes, bytes]:
        """The template of its frame where so many things were kept in earlier tasks.

        It releases nothing: the check may never come so far. Remembered for one such number, for
        those whose earlier tasks are right have it in common.
        """
        if self._template is None or self._template[0] != kept:
            request = {**_moved(self.request, kept), "release": []}
            self._template = kept, wire.template(request, self.files)
        return self._template[1]


class Questions:
    """Asks the questions of a task over `line`, some of them ahead.

    `dropped` is called with each answer to a question that no check has asked.

    Attributes
    ----------
    learnt : list of Question, or None
        What was asked since the task began, for those who come after. None when something of it
        could come from the student's code: a number that it has chosen for a cache, an array that
        it has changed or returned, or anything but arrays. Hand-ins must not write to each other.
    kept : int
        The latest number of what is kept in the worker; whoever reads the answers sets it.
    strayed : bool
        Whether the check has asked for more, in this task, after calls that it did not ask for.
    spoilt : bool
        Whether the process did not come back from such a call.
    """

    def __init__(self, line: Line, dropped: Callable[[dict, list[np.ndarray]], None]):
        self._line = line
        self._dropped = dropped
        self._ahead: deque[str] = deque()  # ids of what was sent ahead and not yet asked
        self._unwanted: deque[str] = deque()  # and of what will not be; their answers come first
        self._released: list[int] = []
        self._right: set[tuple[str, str | None]] = set()  # kinds of what was right in a whole task
        self._known: Sequence[Question] = ()
        self._asked, self._quick = 0, False
        self.kept = 0
        self.spoilt = False
        self.begin(None)

    def begin(self, known: Sequence[Question] | None) -> None:
        """A task begins, of which `known` is expected; None: nothing is, nor to be learnt."""
        if self._asked == len(self._known):  # the one before went to its end as known
            self._right.update(one.kind for one in self._known)
        self._give_up()
        self._known, self._asked = known or (), 0
        self.strayed = False
        self.learnt: list[Question] | None = None if known or known is None else []

    def ask(
        self,
        request: dict,
        blobs: Sequence[np.ndarray],
        released: Iterable[int],
        seconds: float,
        most: int,
    ) -> tuple[dict, list[np.ndarray]]:
        """As Line.ask, which it is, but that the answer may be there already.

        What is `released` is told with the next question that is not sent ahead.
        """
        self._released += released
        files = tuple(map(wire.array_to_npy, blobs))
        if not self._asked:
            self._drop(seconds, most)
            self._kept_before = self.kept
        moved = _moved(request, -self._kept_before)
        if self.learnt is not None:
            self.learnt.append(Question(moved, files))
        known = self._known[self._asked] if self._asked < len(self._known) else None
        if known is None or known.request != moved or known.files != files:
            self.strayed = self.strayed or bool(self._ahead)
            self._give_up()
            self._drop(seconds, most)
        self._asked += 1
        if self._ahead:
            return self._line.receive(self._ahead.popleft(), seconds, most)
        following = self._following() if self._quick else []
        begun = time.monotonic()
        release, self._released = self._released, []
        whole = {**request, "release": release}

        def templates() -> Iterator[tuple[bytes, bytes]]:
            yield wire.template(whole, files)
            yield from (one.after(self._kept_before) for one in following)

        asked, *ahead = self._line.send(templates(), seconds)
        self._ahead.extend(ahead)
        for_all = _FOR_AN_ANSWER * (1 + len(following)) if following else 0.0
        if for_all:  # even for no time at all, it would give the processor to somebody else
            time.sleep(for_all)
        answer = self._line.receive(asked, seconds, most)
        self._quick = time.monotonic() - begun - for_all < _QUICK
        return answer

    def _give_up(self) -> None:
        """Nothing more is expected in this task."""
        self._known = ()
        self._unwanted.extend(self._ahead)
        self._ahead.clear()

    def _following(self) -> list[Question]:
        """What is expected after the question just asked, as much as a pipe holds with it.

        It ends with the first call of what has not answered rightly so far. Most who are wrong are
        wrong at once, as every stub is: from there the check goes another way. That an object was
        made says nothing of it yet.
        """
        right = self._right.union(one.kind for one in self._known[: self._asked - 1])
        room, following = self._line.room, []
        for before, one in pairwise(self._known[self._asked - 1 :]):
            room -= before.size
            if room < one.size or before.request["op"] != "make" and before.kind not in right:
                break
            following.append(one)
        return following

    def _drop(self, seconds: float, most: int) -> None:
        try:
            while self._unwanted:
                self._dropped(*self._line.receive(self._unwanted.popleft(), seconds, most))
        except LineBroken:
            self.spoilt = True
            raise


def _moved(request: dict, by: int) -> dict:
    """`request` with `by` added to the numbers of what is kept in the worker."""
    moved = dict(request)
    if "model" in request:
        moved["model"] = request["model"] + by
    if "args" in request:
        moved["args"] = [
            ["handle", one[1] + by] if one[0] == "handle" else one for one in request["args"]
        ]
    return moved
