"""No right answer fails, whichever way it is written: instructor/right_answers/."""

from __future__ import annotations

import pytest
from support import student_code
from support.handins import COURSE
from support.student_code import SEED

from benchmarks import in_process
from exercise_code.tests import CHECKS
from i2dl_course.samples import variants

RIGHT_ANSWERS = [student_code.REFERENCE, *variants.right_answers(COURSE)]
each_right_answer = pytest.mark.parametrize("right", RIGHT_ANSWERS, ids=lambda right: right.name)


@pytest.fixture(scope="module")
def public():
    """The public cases of each task, drawn once."""
    return {task: check.draw() for task, check in CHECKS.items()}


@each_right_answer
def test_right_answer_passes_whichever_way_it_is_written(right, public, kernel):
    student = in_process.submission(right.files)
    verdicts = [check.run(student, drawn=public[task]) for task, check in CHECKS.items()]
    for verdict in [*verdicts, *kernel.verdicts(right.files).values()]:
        assert verdict.passed, str(verdict)
        assert float(verdict) == CHECKS[verdict.task].points


@each_right_answer
def test_referee_gives_a_right_answer_all_points(right, referee):
    judgement = referee.judge(right.handin, SEED)
    assert judgement.score == 100, judgement.verdicts


def test_there_are_many_ways_to_be_right():
    assert len(RIGHT_ANSWERS) > 40
    assert len({tuple(right.files.values()) for right in RIGHT_ANSWERS}) == len(RIGHT_ANSWERS)
