"""Two or three mistakes in one array are told together, and nothing is explained by chance."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.in_process import EXPECTED
from exercise_code.tests import CHECKS
from exercise_code.tests.compare import Wrong, require_right
from exercise_code.tests.formulas import Explanation, explanation

CASES = {task: check.draw(rounds=1)[0] for task, check in CHECKS.items()}
each_task = pytest.mark.parametrize("task", CHECKS)


def witnesses(task):
    """The arrays of the common case of a task that have enough entries to tell two mistakes."""
    common = CASES[task][0]
    return [one for one in EXPECTED[task](common) if one.value.size > 2], common


@each_task
def test_a_formula_without_a_mistake_gives_what_is_right(task):
    for case in CASES[task]:
        for expected in EXPECTED[task](case):
            assert np.allclose(expected.places.array(), expected.value, rtol=1e-9, atol=1e-12)


@each_task
def test_two_mistakes_in_one_array_are_both_told(task):
    told = 0
    arrays, common = witnesses(task)
    for expected in arrays:
        made = []
        for mistakes, array in list(expected.places.several())[::9]:
            try:
                with np.errstate(all="ignore"):
                    made.append((mistakes, np.asarray(array())))
            except ValueError:
                continue
        for mistakes, got in made:
            found = explanation(got, expected, common)
            if found is None:
                assert len(np.unique(got)) < 3 or not np.isfinite(got).all()
                continue
            both = {cause for cause, _ in mistakes}
            told += set(found.causes) == both
            assert len(found.causes) <= expected.places.at_once, found
        assert told >= 0.6 * len(made)


@each_task
def test_nothing_is_explained_by_chance(task):
    rng = np.random.default_rng(3)
    arrays, common = witnesses(task)
    for expected in arrays:
        right = expected.value
        strange = [rng.uniform(-2, 2, right.shape) for _ in range(20)]
        almost = right.copy()
        almost.flat[1] += 1e-5
        for got in (*strange, almost, np.full(right.shape, 0.5)):
            assert explanation(got, expected, common) is None


@pytest.mark.parametrize("later", [1.0, 1.001])
def test_what_does_not_hold_for_other_numbers_is_not_told(later):
    (_, dw, _), common = EXPECTED["affine_backward"](CASES["affine_backward"][0]), None
    common = CASES["affine_backward"][0]
    other = EXPECTED["affine_backward"](CASES["affine_backward"][3])[1]
    got = dw.value.T / common.batch
    told = explanation(got, dw, common)
    assert told == Explanation(
        ("transposed", "divided_by_n"),
        "[is|are] transposed, and [is|are] averaged over the batch",
        source=0,
        mistakes=2,
    )

    def again():
        return [later * other.value.T / common.batch], [other]

    with pytest.raises(Wrong) as wrong:
        require_right([got], [dw], common, again)
    assert wrong.value.cause == ("transposed" if later == 1 else "wrong_shape")
