"""Whose turn it is: fair between students, newest first, and never two of one student at a time."""

from __future__ import annotations

import pytest

from i2dl_course.service.rate import Rate
from i2dl_course.service.turns import SECONDS_UNTIL_SLOW, Turns


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def test_who_floods_the_queue_delays_each_of_the_others_by_one_hand_in(clock):
    turns = Turns(1, 0, clock)
    for number in range(1000):
        turns.add("flood", number)
    turns.add("anna", 1000)
    turns.add("ben", 1001)
    order = []
    for _ in range(4):
        order.append(turns.take())
        turns.done(order[-1][0])
    assert order == [("flood", 999), ("anna", 1000), ("ben", 1001), ("flood", 998)]


def test_a_student_is_judged_one_at_a_time(clock):
    turns = Turns(2, 0, clock)
    turns.add("anna", 1)
    turns.add("anna", 2)
    turns.add("ben", 3)
    assert turns.take() == ("anna", 2)
    assert turns.take() == ("ben", 3)
    turns.done("anna")
    assert turns.take() == ("anna", 1)


def test_who_is_judged_leaves_the_place_while_the_verdict_is_written_down(clock):
    turns = Turns(1, 0, clock)
    for number, student in enumerate(("anna", "anna", "ben")):
        turns.add(student, number)
    assert turns.take() == ("anna", 1)
    turns.judged("anna")
    assert turns.waiting == 3, "what is not written down is waited for"
    assert turns.take() == ("ben", 2), "and not anna's other hand-in"
    turns.judged("ben")
    assert not turns._next()
    turns.done("anna")
    assert turns.take() == ("anna", 0)
    turns.done("ben")
    turns.done("anna")
    assert turns.waiting == 0


def test_a_slow_hand_in_gives_its_place_to_another(clock):
    turns = Turns(1, 1, clock)
    for number, student in enumerate(("endless", "anna", "ben")):
        turns.add(student, number)
    assert turns.take() == ("endless", 0)
    assert not turns._has_room()
    clock.now = SECONDS_UNTIL_SLOW
    assert turns.take() == ("anna", 1)
    clock.now += SECONDS_UNTIL_SLOW
    assert not turns._has_room(), "and no more of them than it was told"
    turns.done("endless")
    assert turns.take() == ("ben", 2)


def test_a_closed_queue_gives_nothing_out(clock):
    turns = Turns(1, 0, clock)
    turns.add("anna", 1)
    turns.close()
    assert turns.take() is None


def test_a_rate_holds_for_each_by_itself_and_comes_back_with_time(clock):
    rate = Rate(2, 0.5, clock)
    assert [rate.seconds_to_wait("anna") for _ in range(3)] == [0, 0, 2]
    assert rate.seconds_to_wait("ben") == 0
    clock.now = 2.0
    assert [rate.seconds_to_wait("anna") for _ in range(2)] == [0, 2]
