"""A process of ours killed at any moment: no acknowledged hand-in lost, and none judged twice."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from contextlib import suppress
from functools import partial
from http.client import HTTPException

import pytest
import sqlalchemy as sa
from support.class_courses import graded, points, prepared
from support.patience import PATIENCE, until
from support.postgresql_server import move_gradebook, postgresql
from support.serving import Serving, family, hand_in, open_course, packed

from i2dl_course.records.settings import Settings

STUDENTS = [f"student_{number}" for number in range(4)]
SCORES = {"perfect": 100.0, "transposed": 60.0, "forward_only": 45.0}


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def course(request, tmp_path_factory, tmp_path):
    """A course with its gradebook in each of the two."""
    course = open_course(prepared(tmp_path_factory), tmp_path / "course")
    if request.param == "SQLite":
        yield course
    else:
        with postgresql() as url:
            move_gradebook(course, url)
            yield course


def send_until_answered(link, data, once, is_up):
    """What a student does whose browser has lost the connection: send the same form again."""
    given_up = time.monotonic() + PATIENCE
    while is_up.wait() and time.monotonic() < given_up:
        with suppress(OSError, HTTPException):
            answer = hand_in(link, data, once)
            if answer.status == 200:
                return answer.json
            assert answer.status == 202, answer.text
    raise TimeoutError(f"{once} was never judged")


def test_none_is_lost_and_none_is_judged_twice_whatever_is_killed(course):
    """Three hand-ins each by four students, while the server or one of its processes is killed."""
    draw = random.Random(5)
    answers, kills, is_up = {}, 4, threading.Event()
    serving = Serving(course, "--jobs", 2)
    links, port = serving.links(*STUDENTS), serving.port
    data = {persona: packed(persona) for persona in SCORES}

    def student(name):
        for persona in draw.sample(sorted(SCORES), len(SCORES)):
            once = f"{name}-{persona.replace('_', '-')}"
            answers[once] = persona, send_until_answered(links[name], data[persona], once, is_up)

    threads = [threading.Thread(target=student, args=(name,)) for name in STUDENTS]

    def enough(count):
        return len(answers) >= count or not any(thread.is_alive() for thread in threads)

    for thread in threads:
        thread.start()
    is_up.set()
    for kill in range(kills):
        until(partial(enough, 2 * kill))
        # Every other time the service itself: whoever runs it starts it again, as systemd does.
        victim = serving.process.pid if kill % 2 else draw.choice(family(serving.process.pid))
        with suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)
        if victim == serving.process.pid:
            is_up.clear()
            serving.process.communicate()
            serving = Serving(course, "--jobs", 2, port=port)
            is_up.set()
    for thread in threads:
        thread.join()
    with serving:
        assert len(answers) == len(STUDENTS) * len(SCORES)
        assert {once: found["verdict"]["score"] for once, (_, found) in answers.items()} == {
            once: SCORES[persona] for once, (persona, _) in answers.items()
        }
        numbers = [found["number"] for _, found in answers.values()]
        assert sorted(numbers) == list(range(1, len(answers) + 1)), "each once, and no other"
        while serving.told("health").json["unrecorded"]:
            pass
        for _, found in answers.values():
            assert found["receipt"] in ledger(course), "what was acknowledged is in the ledger"
        code, said = serving.stop()
    assert (code, said.splitlines()[-1]) == (0, "Ending: what has begun is finished first.")
    book = Settings(course).db_url
    assert points(book) == dict.fromkeys(STUDENTS, 100.0)
    rows = judged(book)
    assert len(rows) == len(answers) and all(row.judged and row.recorded for row in rows)
    assert graded(course)["unchanged"] == len(STUDENTS)


def ledger(course):
    folder = course.root / "received" / course.exercise.name
    return (folder / "ledger.jsonl").read_text(encoding="ascii").splitlines()


def judged(book):
    engine = sa.create_engine(book)
    with engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT * FROM course_queue")).all()
    engine.dispose()
    return rows
