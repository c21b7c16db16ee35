"""Watches the exchange: what a student has submitted is collected as soon as it is whole.

The system says when something arrives; where it does not, as over NFS, a look now and then does.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

from i2dl_course.handins.failure import sentence
from i2dl_course.nbgrader_side.exchange import CourseExchange

_SECONDS_BETWEEN_LOOKS = 10.0
_SECONDS_AT_REST = 0.1  # so long nothing has changed in a hand-in that is whole
_SECONDS_UNTIL_WHOLE = 10.0  # then what is there is taken, even without nbgrader's last file


class ExchangeWatch:
    """Collects in a thread of its own, and calls `arrived` after it. Close it when done.

    `fault` is what has kept the last hand-in from being collected, or None.
    """

    def __init__(self, exchange: CourseExchange, arrived: Callable[[], None]):
        self.fault: str | None = None
        self._exchange = exchange
        self._arrived = arrived
        self._known: set[str] = set()
        self._first_seen: dict[str, float] = {}
        self._something = threading.Event()
        self._closed = False
        self._observer = Observer()
        self._observer.schedule(_Tell(self._something), str(exchange.inbound))
        self._observer.start()
        self._thread = threading.Thread(target=self._watch_on, name="exchange", daemon=True)
        self._thread.start()

    def _watch_on(self) -> None:
        while not self._closed:
            self._something.clear()
            try:
                self._collect_new()
            except Exception as error:
                self.fault = sentence(error, "the exchange cannot be read")
            pause = _SECONDS_AT_REST / 2 if self._first_seen else _SECONDS_BETWEEN_LOOKS
            self._something.wait(pause)

    def _collect_new(self) -> None:
        """Collect those students' hand-ins of which one is new and whole."""
        entries = {entry.name: entry for entry in os.scandir(self._exchange.inbound)}
        self._first_seen = {
            name: self._first_seen.get(name, time.monotonic())
            for name in entries
            if name not in self._known and self._exchange.student(name)
        }
        whole = [name for name in self._first_seen if self._is_whole(name, entries[name])]
        students = {self._exchange.student(name) for name in whole}
        for student in sorted(filter(None, students)):
            try:
                self._exchange.collect(student)
                self.fault = None
            except Exception as error:
                self.fault = sentence(error, f"{student} could not be collected")
        for name in whole:
            self._known.add(name)
            del self._first_seen[name]
        if whole:
            self._arrived()

    def _is_whole(self, name: str, entry: os.DirEntry[str]) -> bool:
        if time.monotonic() - self._first_seen[name] > _SECONDS_UNTIL_WHOLE:
            return True
        changed = entry.stat(follow_symlinks=False).st_ctime
        return self._exchange.is_whole(name) and abs(time.time() - changed) > _SECONDS_AT_REST

    def close(self) -> None:
        """Collect nothing more."""
        self._closed = True
        self._something.set()
        self._observer.stop()
        self._observer.join()
        self._thread.join()


class _Tell(FileSystemEventHandler):
    def __init__(self, something: threading.Event):
        self._something = something

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Something was made, renamed or changed in the inbound folder."""
        self._something.set()
