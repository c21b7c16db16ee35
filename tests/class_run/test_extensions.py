"""More time for one student counts by whichever way work has come in, and whoever grades it."""

from __future__ import annotations

import json
import urllib.request
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from support.class_courses import (
    EXERCISE,
    copy_of,
    gradebook,
    graded,
    persona_files,
    prepared,
    receive,
)
from support.exchange import Exchange
from support.patience import until
from support.serving import Serving, judged, packed

from benchmarks.jupyter_server import jupyter_server
from i2dl_course.handins.opening import HandIn
from i2dl_course.nbgrader_side.run import command_environment, nbgrader
from i2dl_course.receiving import rules
from i2dl_course.records.extensions import Extensions
from i2dl_course.records.grades import read_grades

IN_TIME, LATE = datetime(2020, 5, 26, 12, tzinfo=UTC), datetime(2020, 5, 28, 9, tzinfo=UTC)
# One has handed in late; the others something worse in time, and late what is right.
WITHOUT = {"door": 0, "zip": 0, "zips": 60, "exchange": 60}
WITH = dict.fromkeys(WITHOUT, 100)


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory):
    """A course into which work has come by all three ways; only the door's is graded."""
    course = copy_of(prepared(tmp_path_factory), tmp_path_factory.mktemp("extensions") / "course")
    with (course.root / "nbgrader_config.py").open("a") as config:
        config.write('\nc.Judge.execute = "nothing"\n')  # it is about points, not pages
    with Serving(course, "--jobs", 1, "--verdicts-only") as serving:
        assert judged(serving.links("door")["door"], packed("perfect")).status == 200
        until(lambda: all_recorded(course))
    worse, right = HandIn(persona_files("transposed")), HandIn(persona_files("perfect"))
    exchange = Exchange(course.root)
    exchange.hand_in("exchange", f"{IN_TIME:%Y-%m-%d %H:%M:%S} UTC", worse)
    exchange.hand_in("exchange", f"{LATE:%Y-%m-%d %H:%M:%S} UTC", right)
    exchange.collect(trust_stamp=True)
    exchange.upload(f"zip_{LATE:%Y-%m-%dT%H%M%SZ}_{EXERCISE}.zip", right)
    exchange.upload(f"zips_{LATE:%Y-%m-%dT%H%M%SZ}_{EXERCISE}.zip", right)
    exchange.upload(f"zips_{IN_TIME:%Y-%m-%dT%H%M%SZ}_{EXERCISE}.zip", worse)
    exchange.zip_collect()
    return course


def all_recorded(course):
    """Whether the service has nothing left to judge, nor to record."""
    engine = sa.create_engine(gradebook(course))
    with engine.connect() as connection:
        left = sa.text("SELECT COUNT(*) FROM course_queue WHERE recorded IS NULL")
        found = connection.execute(left).scalar()
    engine.dispose()
    return found == 0


@contextmanager
def course_grade(course):
    def grade(again=False):
        graded(course, "--verdicts-only", *(["--force"] if again else []))

    yield grade


@contextmanager
def nbgrader_autograde(course):
    def grade(again=False):
        nbgrader(["autograde", EXERCISE, "--force"], course.root, command_environment())

    yield grade


@contextmanager
def formgrader_button(course):
    with jupyter_server(course.root) as (address, token, _):

        def grade(again=False):
            for student in WITHOUT:
                request = urllib.request.Request(
                    f"{address}formgrader/api/submission/{EXERCISE}/{student}/autograde",
                    method="POST",
                    headers={"Authorization": f"token {token}"},
                )
                with urllib.request.urlopen(request) as answer:
                    told = json.load(answer)
                assert told["success"], told

        yield grade


@contextmanager
def course_serve(course):
    """It grades whoever has handed in something new: here what is worse, and later."""
    times = iter([LATE + timedelta(hours=hours) for hours in range(1, 9)])

    def grade(again=False):
        time = next(times)
        for student in WITHOUT:
            receive(course, student, "untouched", time)
        with Serving(course, "--jobs", 1, "--verdicts-only") as serving:
            until(lambda: all_recorded(course))
            assert serving.told("health").json["faults"] == []

    yield grade


@pytest.mark.parametrize(
    "grader", [course_grade, nbgrader_autograde, formgrader_button, course_serve]
)
def test_an_extension_counts_for_all_that_has_come_in_until_it_is_withdrawn(
    handed_in, grader, tmp_path
):
    course = copy_of(handed_in.root, tmp_path / "course")

    extra = rules.extension_until(course.exercise, "2199-12-31 23:59")
    extensions = Extensions(gradebook(course), course.id, EXERCISE)

    def totals():
        return {student: grades.total for student, grades in read_grades(course).items()}

    with grader(course) as grade:
        grade()
        assert totals() == WITHOUT
        for student in WITHOUT:
            extensions.grant(student, extra, "ill")
        grade()
        assert totals() == WITH
        grade(again=True)
        assert totals() == WITH, "and still so"
        for student in WITHOUT:
            extensions.withdraw(student)
        grade()
        assert totals() == WITHOUT
    extensions.close()
