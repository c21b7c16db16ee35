"""What the worker tells of results that a student's code changes after it has returned them."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from exercise_code.tests.kinds import Function
from i2dl_course.inside import wire
from i2dl_course.inside.worker import Worker

FUNCTION = Function("function", "file.py")


class Student:
    """Returns what it is told to, and changes afterwards what it is told to."""

    def __init__(self):
        self.buffer = np.zeros(4)
        self.own = np.zeros(2)
        self.steps = [
            lambda: self.buffer[:3],  # a view that nobody holds, of memory that it holds
            lambda: self.own,
            lambda: np.zeros(2),
            self.change,
        ]

    def change(self):
        self.buffer += 1
        self.own += 1
        return np.zeros(1)

    def function(self):
        return self.steps.pop(0)()


@pytest.fixture
def worker():
    with warnings.catch_warnings(), np.errstate():
        yield Worker(None, wire, np, [FUNCTION], Student())


def test_whatever_a_student_can_still_change_is_told_when_it_is_changed(worker):
    told = []
    for _ in range(4):
        out = None  # as in a worker, whose answer has been sent
        header, out = worker.answer({"op": "call", "name": "function", "args": []}, [])
        told.append([number for number, _ in header["overwritten"]])
    assert told == [[], [], [], [0, 1]]
    assert [array.tolist() for array in out] == [[0.0], [1.0, 1.0, 1.0], [1.0, 1.0]]
