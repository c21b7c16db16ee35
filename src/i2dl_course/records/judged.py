"""The points of every hand-in that was judged, whether it counts or not."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from i2dl_course.handins.failure import CommonFault
from i2dl_course.records import database
from i2dl_course.records.tables import HANDINS
from i2dl_course.verdicts import Judgement


@dataclass(frozen=True)
class JudgedHandin:
    """The verdicts on one hand-in, by the number of its receipt; `key` says under what they hold.

    `verdicts` is JSON: the judgement, all of it, and with `made`, how it was reached.
    """

    number: int
    student: str
    key: str
    score: float
    verdicts: str

    @classmethod
    def of(
        cls, number: int, student: str, key: str, judgement: Judgement, made: dict[str, Any]
    ) -> JudgedHandin:
        """From a judgement, and how it was reached, fit for JSON."""
        text = json.dumps({**judgement.to_keep(), "made": made}, ensure_ascii=False)
        return cls(number, student, key, judgement.score, text)

    @property
    def judgement(self) -> Judgement:
        """What was found."""
        return Judgement.kept(json.loads(self.verdicts))


class JudgedHandins:
    """Reads and writes them in the gradebook behind `engine`. Raises CommonFault."""

    def __init__(self, engine: sa.Engine, exercise: str):
        self._engine = engine
        self._ours = HANDINS.c.exercise == exercise
        self._exercise = exercise

    def known(self) -> dict[int, JudgedHandin]:
        """All of the exercise, by number."""
        return self._found(self._ours)

    def of(self, student: str) -> dict[int, JudgedHandin]:
        """Those of one student, by number."""
        return self._found(self._ours & (HANDINS.c.student == student))

    def _found(self, where: sa.ColumnElement[bool]) -> dict[int, JudgedHandin]:
        columns = [HANDINS.c[field.name] for field in fields(JudgedHandin)]
        with database.told(self._engine, CommonFault), self._engine.connect() as connection:
            rows = connection.execute(sa.select(*columns).where(where))
            return {row.number: JudgedHandin(*row) for row in rows}

    def keep(self, judged: Iterable[JudgedHandin]) -> None:
        """Write what was judged, in place of what is known of the same hand-ins; all or nothing."""
        now = datetime.now(UTC).replace(tzinfo=None)
        rows = {
            one.number: {**asdict(one), "exercise": self._exercise, "judged": now} for one in judged
        }
        if not rows:
            return
        mine = self._ours & (HANDINS.c.number == sa.bindparam("which"))
        with database.told(self._engine, CommonFault), self._engine.begin() as connection:
            connection.execute(sa.delete(HANDINS).where(mine), [{"which": one} for one in rows])
            connection.execute(sa.insert(HANDINS), list(rows.values()))
