"""Writes of many threads to the database: those that come at once share a commit.

A commit waits for the disk several times, and SQLite lets one do so at a time. So whoever comes
while one is under way waits for its end, and the first of them commits what all of them write.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from i2dl_course.handins.failure import CommonFault


@dataclass(frozen=True)
class _Write:
    work: Callable[[sa.Connection], Any]
    result: Future[Any] = field(default_factory=Future)


class SharedCommits:
    """Commits by `transaction`, a block that is one; for many threads."""

    def __init__(self, transaction: Callable[[], AbstractContextManager[sa.Connection]]):
        self._transaction = transaction
        self._coming = threading.Lock()
        self._committing = threading.Lock()
        self._waiting: list[_Write] = []

    def write(self, work: Callable[[sa.Connection], Any]) -> Any:
        """What `work` returns for a connection, when that is committed; or what it raises.

        Then nothing that it wrote is kept, and all that others wrote is: `work` may be called a
        second time, in a transaction of its own. Raises CommonFault when the database fails.
        """
        mine = _Write(work)
        with self._coming:
            self._waiting.append(mine)
        with self._committing:
            if not mine.result.done():
                with self._coming:
                    writes, self._waiting = self._waiting, []
                self._commit(writes)
        return mine.result.result()

    def _commit(self, writes: list[_Write]) -> None:
        try:
            with self._transaction() as connection:
                values = [one.work(connection) for one in writes]
        except BaseException as error:
            if len(writes) == 1 or isinstance(error, CommonFault):
                for one in writes:
                    one.result.set_exception(error)
            else:
                for one in writes:
                    self._commit([one])
        else:
            for one, value in zip(writes, values, strict=True):
                one.result.set_result(value)
