"""The judges, with graders and a queue of our own."""

from __future__ import annotations

import threading

from support.handins import COURSE
from support.patience import until

from i2dl_course.class_run.grading_process import JobResult
from i2dl_course.handins.opening import HandIn
from i2dl_course.judging.assessment import Assessment
from i2dl_course.records.handin_queue import Queued
from i2dl_course.service.judges import Judges
from i2dl_course.service.turns import Turns
from i2dl_course.verdicts import Judgement


class Grader:
    """Has a verdict at once."""

    def grade(self, job):
        judgement = Judgement({}, COURSE.exercise.pass_mark, "none", job.seed)
        return JobResult(job.student, Assessment(judgement, {}, {}, ()), "", 0.0)

    def close(self):
        pass


class SlowDisk:
    """A queue in which nothing is written down before it may."""

    def __init__(self, students):
        self._students = students
        self.coming, self.go_on = [], threading.Event()

    def get(self, number):
        return Queued(number, self._students[number], None, None, None)

    def judged(self, number, judgement, problem):
        self.coming.append(number)
        until(self.go_on.is_set)
        return True


def test_the_next_is_judged_while_a_verdict_is_written_down_but_not_the_same_students():
    queue, turns, told = SlowDisk({1: "anna", 2: "ben", 3: "anna"}), Turns(1, 0), []
    judges = Judges(
        COURSE,
        [Grader() for _ in range(4)],
        turns,
        queue,
        seed=lambda number: number,
        handin=lambda one: (HandIn({}), None),
        told=lambda one, pages: told.append(one.number),
        size=1,
    )
    try:
        turns.add("anna", 1)
        until(lambda: queue.coming == [1])
        turns.add("anna", 3)
        turns.add("ben", 2)
        until(lambda: queue.coming == [1, 2])
        assert told == [], "nobody is told what is not written down"
        assert turns.waiting == 3
        queue.go_on.set()
        until(lambda: turns.waiting == 0)
    finally:
        queue.go_on.set()
        judges.close()
    assert queue.coming == [1, 2, 3]
    assert sorted(told) == [1, 2, 3]
