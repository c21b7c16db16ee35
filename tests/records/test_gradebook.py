"""Recording a hand-in costs the same in a small gradebook and in that of a whole term."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from support.class_courses import copy_of, gradebook, prepared

from benchmarks.recording import record_of
from i2dl_course.records.gradebook import CourseGradebook
from i2dl_course.records.settings import Settings


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return copy_of(prepared(tmp_path_factory), tmp_path_factory.mktemp("gradebook") / "course")


@pytest.fixture(scope="module")
def statements(course):
    """What `record` asks of the database, for a new student and for one who is known."""
    asked = []

    def listen(connection, cursor, statement, parameters, context, many):
        asked.append((statement, parameters[0] if many else parameters))

    sa.event.listen(sa.Engine, "before_cursor_execute", listen)
    book = CourseGradebook(Settings(course), course)
    asked.clear()  # what it asks once, when it is opened
    try:
        for _ in range(2):
            book.record(record_of(course, "anna"))
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", listen)
        book.close()
    return asked


def test_recording_looks_up_every_row_by_an_index(course, statements):
    engine = sa.create_engine(gradebook(course))
    scanned = []
    with engine.connect() as connection:
        for statement, parameters in statements:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            steps = [row.detail for row in plan]
            scanned += [(step, statement) for step in steps if step.startswith("SCAN")]
    engine.dispose()
    assert len(statements) > 10
    assert scanned == []
