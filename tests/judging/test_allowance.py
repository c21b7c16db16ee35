"""What the verdicts on one hand-in may cost: seconds by a clock of the test's, and bytes."""

import json

import pytest
from support.handins import COURSE, reference

from i2dl_course import sandbox
from i2dl_course.judging import allowance, remote
from i2dl_course.judging.allowance import MAX_ANSWERS, Allowance
from i2dl_course.judging.referee import Referee


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def lasting(given, clock, seconds):
    """A task that takes `seconds`, or as long as it may."""
    given.begin()
    taken = min(seconds, max(0.0, given.left()))
    clock.now += taken
    said = given.time_is_up()
    given.stop()
    return taken, said


def test_a_task_has_its_seconds_and_all_together_have_theirs():
    clock = Clock()
    given = Allowance(8.0, 20.0, clock)
    assert [lasting(given, clock, 9.0)[0] for _ in range(4)] == [8.0, 8.0, 4.0, 0.0]
    assert "all tasks together have 20 seconds" in lasting(given, clock, 9.0)[1]
    assert lasting(Allowance(8.0, 20.0, clock), clock, 9.0)[1] == "no answer within 8 seconds"


def test_time_before_a_task_and_after_it_is_nobodys():
    clock = Clock()
    given = Allowance(8.0, 20.0, clock)
    for _ in range(10):
        clock.now += 1000
        assert lasting(given, clock, 1.0)[0] == 1.0
        given.stop()
    assert given.left() == 8.0


def test_the_clock_runs_while_nothing_is_asked():
    clock = Clock()
    given = Allowance(8.0, 48.0, clock)
    given.begin()
    clock.now += 5  # what came is copied and compared
    assert given.left() == 3.0


def test_bytes_are_counted_over_all_answers():
    given = Allowance(8.0, 48.0)
    assert given.take(MAX_ANSWERS - 1) and given.take(1) and not given.take(1)


def request_of(template):
    """The request in a frame whose id is still to come, behind four bytes for its length."""
    before, after = template
    return json.JSONDecoder().raw_decode((before[4:] + after).decode(errors="replace"))[0]


@pytest.fixture
def clock_of_the_line(monkeypatch):
    """A clock by which each question takes 7.7 s, or what there is; and by task what was asked."""
    clock, asked = Clock(), []
    send = remote.Line.send

    def slow(line, questions, seconds):
        questions = list(questions)
        for one in questions:
            if request_of(one)["op"] != "load":
                clock.now += min(7.7, max(0.0, seconds))
                asked.append(seconds)
        return send(line, questions, seconds)

    monkeypatch.setattr(remote.Line, "send", slow)
    return clock, asked


def test_a_second_worker_gets_no_time_of_its_own(clock_of_the_line):
    """A process that sleeps for 7.7 s and ends, in each task and each try: 92 s if it had."""
    clock, asked = clock_of_the_line
    ending = reference(layer=("import numpy as np\n", "import os\nos._exit(0)\n"))
    with (
        sandbox.launcher(warm=True) as launch,
        Referee(COURSE, launch, 8.0, clock) as referee,
    ):
        judgement = referee.judge(ending, seed=5)
    assert judgement.score == 0
    assert clock.now - 100.0 <= 8.0 * len(COURSE.tasks)
    assert "used up" in judgement.verdicts["network_backward"].says


def test_an_end_from_outside_costs_no_points_while_there_is_time(monkeypatch):
    """One worker is killed in the middle of a call, in each task."""
    send, killed = remote.Line.send, set()

    def once_killed(line, questions, seconds):
        questions = list(questions)
        request = request_of(questions[0])
        task = request.get("name")
        if request["op"] == "call" and task not in killed:
            killed.add(task)
            line._process.kill()
        return send(line, questions, seconds)

    monkeypatch.setattr(remote.Line, "send", once_killed)
    with sandbox.launcher(warm=True) as launch, Referee(COURSE, launch) as referee:
        assert referee.judge(reference(), seed=5).score == 100
    assert len(killed) == 4


def test_all_answers_together_have_a_size(monkeypatch):
    monkeypatch.setattr(allowance, "MAX_ANSWERS", 1000)
    with sandbox.launcher(warm=True) as launch, Referee(COURSE, launch) as referee:
        judgement = referee.judge(reference(), seed=5)
    assert judgement.score == 0
    assert "all answers together are larger" in judgement.verdicts["affine_forward"].says
