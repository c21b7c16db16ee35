"""Questions are sent ahead, and nothing else about a judgement is other than without that."""

from __future__ import annotations

import pytest
from support.handins import COURSE, reference

from i2dl_course import sandbox
from i2dl_course.judging.line import Line
from i2dl_course.judging.referee import Referee
from i2dl_course.samples import variants

SEED = 5
SIGMOID = "def sigmoid_forward(x):"
# What is done in some call of sigmoid_forward: the first is number 1.
COUNTED = """calls = 0


def sigmoid_forward(x):
    global calls
    calls += 1
    out, cache = right(x)
    {what}
    return out, cache


def right(x):"""
NUMBERED = """import gc

for one in gc.get_objects():
    if type(one).__name__ == "Worker":
        one._next += {number}


def sigmoid_forward(x):"""


@pytest.fixture(scope="module")
def launch():
    with sandbox.launcher(warm=True) as launch:
        yield launch


@pytest.fixture(scope="module")
def singly(launch):
    with Referee(COURSE, launch, seconds=3.0, look_ahead=False) as referee:
        yield lambda handin: referee.judge(handin, SEED)


@pytest.fixture
def ahead(launch):
    """A referee that knows what right hand-ins are asked."""
    with Referee(COURSE, launch, seconds=3.0) as referee:
        assert referee.judge(reference(), SEED).score == 100
        yield referee


@pytest.fixture
def sent(monkeypatch):
    """How many questions were sent together, each time."""
    sizes = []
    send = Line.send

    def counting(line, questions, seconds):
        questions = list(questions)
        sizes.append(len(questions))
        return send(line, questions, seconds)

    monkeypatch.setattr(Line, "send", counting)
    return sizes


def changed(what):
    return reference(layer=(SIGMOID, COUNTED.format(what=what)))


def test_the_second_of_a_class_is_asked_the_same_in_far_fewer_messages(ahead, singly, sent):
    judged = singly(reference())
    one_by_one, sent[:] = list(sent), []
    assert ahead.judge(reference(), SEED).verdicts == judged.verdicts
    assert set(one_by_one) == {1} and sum(sent) == len(one_by_one) > 20 * len(sent)


def test_whose_first_answer_of_a_kind_is_wrong_is_asked_nothing_in_vain(ahead, singly, sent):
    handin = reference(layer=("dx = (dout @ w.T)", "dx = -(dout @ w.T)"))
    judged = singly(handin)
    one_by_one, sent[:] = list(sent), []
    assert judged.score == 60 and ahead.judge(handin, SEED).verdicts == judged.verdicts
    assert sum(sent) == len(one_by_one) > 2 * len(sent)


@pytest.mark.parametrize(
    "what",
    [
        "out = out + (calls == 3)",
        "out = out + (calls == 3) if calls < 6 else exit()",
        "out = out + (calls == 3) if calls < 6 else __import__('os')._exit(0)",
        "while calls >= 6: pass\n    out = out + (calls == 3)",
        "out = out + (calls == 3) if calls < 6 else 1 / 0",
    ],
    ids=["wrong", "ends", "ends at once", "endless", "raises"],
)
def test_what_comes_after_a_wrong_answer_changes_nothing_of_what_is_said(ahead, singly, what):
    """By then later questions are answered, or end the worker, which singly are never asked."""
    handin = changed(what)
    judged = singly(handin)
    assert judged.verdicts["sigmoid_forward"].cause == "large_input"  # as the third case
    assert ahead.judge(handin, SEED).verdicts == judged.verdicts


def test_no_right_answer_makes_a_check_ask_anything_else(launch):
    """Else what is known would hold something of the student's that it was learnt from."""
    learnt = []
    for answer in variants.right_answers(COURSE)[::6]:
        with Referee(COURSE, launch) as referee:
            verdicts = referee.judge(answer.handin, SEED).verdicts
            if all(one.passed and "remark" not in one.says for one in verdicts.values()):
                learnt.append(referee._known)
    assert len(learnt) > 5 and set(learnt[0]) == set(COURSE.tasks_by_name)
    assert all(known == learnt[0] for known in learnt)


@pytest.mark.parametrize("number", [1, 2**40])
def test_a_number_that_a_hand_in_has_chosen_is_not_passed_on(launch, number):
    """As a letter to the next one: what is known of caches is counted by us."""
    with Referee(COURSE, launch) as referee:
        writer = reference(layer=(SIGMOID, NUMBERED.format(number=number)))
        assert referee.judge(writer, SEED).score == 100
        known = {str(one.request) for asked in referee._known.values() for one in asked}
        assert not any(str(number + 1) in one for one in known if number > 1)
        assert "affine_forward" not in referee._known


def test_an_array_that_a_hand_in_has_changed_is_not_passed_on(launch):
    in_place = reference(
        layer=(
            SIGMOID,
            f"{SIGMOID}\n    x += 1\n    x -= 1\n    return right(x)\n\n\ndef right(x):",
        )
    )
    with Referee(COURSE, launch) as referee:
        judged = referee.judge(in_place, SEED)
        assert set(referee._known) <= {
            name for name, verdict in judged.verdicts.items() if verdict.passed
        }
        assert "sigmoid_forward" not in referee._known
