"""What must hold for all shapes and numbers: no false alarm, and no error that is let through."""

from __future__ import annotations

import dataclasses
import random

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from support.student_code import submission

from benchmarks.in_process import EXPECTED, changed, one_entry_changed
from exercise_code.tests import CHECKS, numeric_gradient
from exercise_code.tests import two_layer_network as network
from exercise_code.tests.affine_layer import AffineLayer
from exercise_code.tests.calling import Calls
from exercise_code.tests.cases import LayerCase, NetCase
from exercise_code.tests.compare import CENTRAL_RTOL, DRAWN_RTOL, RTOL, Wrong
from exercise_code.tests.expected import affine, complex_step, logistic, two_layers

REFERENCE = submission()
SEEDS = st.integers(0, 2**63)


@given(SEEDS)
@settings(max_examples=200, deadline=None)
def test_reference_passes_whatever_is_drawn(seed):
    for check in CHECKS.values():
        verdict = check.run(REFERENCE, np.random.default_rng(seed), rounds=1)
        assert verdict.passed, str(verdict)


ODD = [
    *(None, True, 1, 1.5, 1j, "1", b"1", object(), print, np.float64(1), range(3)),
    *([], (), {}, [1, (2, 3)], ([1.0], [1.0, 2.0]), [[1.0, 2.0]], {"dx": 1.0}, [None], [[[]]]),
    *(np.array("1"), np.array([None]), np.empty(0), np.ones((1,) * 9), np.ones(3, int)),
    *(np.full(3, np.nan), np.full((2, 3), np.inf), np.ones((3, 2), complex), np.ma.ones(3)),
]


@pytest.mark.parametrize("task", CHECKS)
def test_whatever_is_returned_gets_a_verdict(task):
    for odd in ODD:
        for only_first in (True, False):

            def change(arrays, odd=odd, only_first=only_first):
                return [odd, *arrays[1:]] if only_first else [odd] * len(arrays)

            verdict = CHECKS[task].run(changed(REFERENCE, task, change), rounds=1)
            assert not verdict.passed and verdict.says, odd


@pytest.mark.parametrize("task", CHECKS)
@given(seed=SEEDS, pick=st.randoms(use_true_random=False), sign=st.sampled_from([-1, 1]))
@settings(max_examples=25, deadline=None)
def test_one_entry_off_by_ten_tolerances_fails(task, seed, pick, sign):
    case = pick.choice(CHECKS[task].cases(np.random.default_rng(seed)))
    arrays = EXPECTED[task](case)
    place, entry = pick.randrange(len(arrays)), pick.randrange(1000)
    wrong = one_entry_changed(REFERENCE, task, place, entry, sign * 10 * arrays[place].tolerance)
    with pytest.raises(Wrong) as caught, np.errstate(all="ignore"), Calls() as calls:
        CHECKS[task].judge(wrong.guarded(calls), [case])
    assert arrays[place].name in caught.value.says or caught.value.cause == "layer_wrong"


@pytest.mark.parametrize("task", CHECKS)
@given(seed=SEEDS, pick=st.randoms(use_true_random=False))
@settings(max_examples=15, deadline=None)
def test_one_entry_off_by_a_hundredth_of_a_tolerance_passes(task, seed, pick):
    case = pick.choice(CHECKS[task].cases(np.random.default_rng(seed)))
    arrays = EXPECTED[task](case)
    place, entry = pick.randrange(len(arrays)), pick.randrange(1000)
    asked = [case]
    if task.startswith("network"):  # with two more batches or parameters, each with its tolerance
        asked += [network.another_batch(case), network.other_params(case)]
    tolerance = min(EXPECTED[task](one)[place].tolerance for one in asked)
    nearly = one_entry_changed(REFERENCE, task, place, entry, 0.01 * tolerance)
    CHECKS[task].judge(nearly, [case])


@st.composite
def arrays(draw, shape, largest=3):
    """Arrays of the shape, of any size between 0.001 and 10**largest, or whole numbers."""
    rng = np.random.default_rng(draw(SEEDS))
    if draw(st.booleans()):
        return rng.integers(-9, 10, shape)
    return 10.0 ** draw(st.integers(-3, largest)) * rng.standard_normal(shape)


@st.composite
def affine_cases(draw):
    batch, *sides = draw(st.lists(st.integers(1, 4), min_size=2, max_size=5))
    outputs = draw(st.integers(1, 5))
    x = draw(arrays((batch, *sides)))
    w, b = (draw(arrays(shape)) * 1.0 for shape in ((int(np.prod(sides)), outputs), outputs))
    dout = draw(arrays((batch, outputs))) * 1.0
    return LayerCase(label="Drawn", batch=batch, x=x, w=w, b=b, dout=dout)


@st.composite
def sigmoid_cases(draw):
    shape = tuple(draw(st.lists(st.integers(1, 4), min_size=1, max_size=4)))
    dout = draw(arrays(shape)) * 1.0
    return LayerCase(label="Drawn", batch=shape[0], x=draw(arrays(shape)), dout=dout)


@st.composite
def network_cases(draw):
    batch, features, hidden = (draw(st.integers(1, 5)) for _ in range(3))
    shapes = {"W1": (features, hidden), "b1": hidden, "W2": (hidden, 1), "b2": 1}
    params = {name: draw(arrays(shape, largest=1)) * 1.0 for name, shape in shapes.items()}
    X, dy = draw(arrays((batch, features), largest=1)), draw(arrays((batch, 1))) * 1.0
    return NetCase(label="Drawn", batch=batch, params=params, X=X, dy=dy)


ANY_CASE = {"affine": affine_cases(), "sigmoid": sigmoid_cases(), "network": network_cases()}


@pytest.mark.parametrize("task", CHECKS)
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_reference_passes_for_any_shape_scale_and_dtype(task, data):
    case = data.draw(ANY_CASE[task.partition("_")[0]])
    with np.errstate(all="ignore"):
        CHECKS[task].judge(REFERENCE, [case])


@pytest.mark.parametrize("task", CHECKS)
@given(data=st.data(), pick=st.randoms(use_true_random=False), sign=st.sampled_from([-1, 1]))
@settings(max_examples=40, deadline=None)
def test_one_entry_off_fails_for_any_shape_scale_and_dtype(task, data, pick, sign):
    case = data.draw(ANY_CASE[task.partition("_")[0]])
    right = EXPECTED[task](case)
    place, entry = pick.randrange(len(right)), pick.randrange(1000)
    assume(right[place].tolerance > 0)  # where dout and x are zeros there is nothing to scale by
    wrong = one_entry_changed(REFERENCE, task, place, entry, sign * 10 * right[place].tolerance)
    with pytest.raises(Wrong), np.errstate(all="ignore"), Calls() as calls:
        CHECKS[task].judge(wrong.guarded(calls), [case])


@pytest.mark.parametrize("task", CHECKS)
@pytest.mark.parametrize(
    "reshape",
    [
        lambda a: a[None],
        lambda a: a[..., None],
        lambda a: a.ravel() if a.ndim > 1 else a[:, None],
        lambda a: np.broadcast_to(a, (2, *a.shape)).copy(),
        lambda a: a.sum(),
        lambda a: a[:0],
        lambda a: np.concatenate([a, a]),
    ],
    ids=["axis before", "axis behind", "flat", "stacked", "number", "empty", "longer"],
)
def test_no_wrong_shape_is_saved_by_broadcasting(task, reshape):
    place = 0

    def change(answer):
        if isinstance(answer, dict):
            return {name: reshape(array) for name, array in answer.items()}
        if isinstance(answer, tuple):
            return (reshape(answer[place]), *answer[1:])
        return reshape(answer)

    if task.startswith("network"):
        method = task.removeprefix("network_")

        def make(params):
            net = REFERENCE.TwoLayerNet(params)
            right = getattr(net, method)
            setattr(net, method, lambda array: change(right(array)))
            return net

        wrong = dataclasses.replace(REFERENCE, TwoLayerNet=make)
    else:
        right = getattr(REFERENCE, task)
        wrong = dataclasses.replace(REFERENCE, **{task: lambda *a: change(right(*a))})
    assert not CHECKS[task].run(wrong).passed


@given(SEEDS)
@settings(max_examples=10, deadline=None)
def test_the_two_witnesses_agree(seed):
    """Complex steps and central differences, on formulas that have no backward pass."""
    rng = np.random.default_rng(seed)
    for case in AffineLayer.cases(rng):
        if case.cause == "large_input":  # differences of such sums are too rough
            continue
        for name in ("x", "w", "b"):

            def f(array, case=case, name=name):
                return affine(**{**case.inputs, name: array})

            exact, terms = complex_step(f, case.inputs[name], case.dout)
            central = numeric_gradient(f, case.inputs[name], case.dout)
            assert np.abs(exact - central).max() <= CENTRAL_RTOL * terms.max()
    for case in network.cases(rng):
        for name in network.NAMES:

            def f(array, case=case, name=name):
                return two_layers({**case.params, name: array}, case.X)

            exact, terms = complex_step(f, case.params[name], case.dy)
            central = numeric_gradient(f, case.params[name], case.dy)
            assert np.abs(exact - central).max() <= CENTRAL_RTOL * max(terms.max(), 1)


@given(st.floats(-40, 40))
@settings(deadline=None)
def test_expected_sigmoid_agrees_with_the_formula_of_the_sheet(x):
    assert logistic(np.array(x)) == pytest.approx(1 / (1 + np.exp(-x)), abs=RTOL / 1000)


@given(seed=SEEDS, degree=st.integers(0, 2))
@settings(max_examples=30, deadline=None)
def test_numeric_gradient_of_a_parabola_is_exact(seed, degree):
    rng = np.random.default_rng(seed)
    x, dout = rng.standard_normal((3, 2)), rng.standard_normal((3, 2))
    before = x.copy()
    got = numeric_gradient(lambda x: x**degree, x, dout)
    want = dout * degree * x ** max(degree - 1, 0)
    assert np.abs(got - want).max() < 1e-9
    assert np.array_equal(x, before)


def test_numeric_gradient_says_what_is_wrong_with_its_arguments():
    x = np.ones((2, 2))
    with pytest.raises(ValueError, match="pass dout"):
        numeric_gradient(np.sin, x)
    with pytest.raises(ValueError, match="dout has shape"):
        numeric_gradient(np.sin, x, np.ones(2))
    with pytest.raises(ValueError, match="positive step"):
        numeric_gradient(np.sin, x, x, h=0)
    with pytest.raises(ValueError, match="real numbers"):
        numeric_gradient(np.sin, np.array(["a"]))
    with pytest.raises(TypeError, match="affine_forward"):
        numeric_gradient(lambda x: (x, None), x)
    with pytest.raises(TypeError, match="real numbers"):
        numeric_gradient(lambda x: None, x)
    assert numeric_gradient(lambda x: np.sum(x**2), np.array([3, 1])).dtype == np.float64
    assert numeric_gradient(lambda x: float(x) ** 2, 3).shape == ()


def test_nobody_seeds_or_uses_the_global_generators():
    before, plain = np.random.get_state(), random.getstate()
    for check in CHECKS.values():
        check.run(REFERENCE)
    after = np.random.get_state()
    assert before[0] == after[0] and np.array_equal(before[1], after[1]) and before[2:] == after[2:]
    assert random.getstate() == plain


def test_verdicts_do_not_depend_on_the_order_of_the_checks():
    wrong = submission(("db = dout.sum(axis=0)", "db = dout.mean(axis=0)"))
    forth = {name: check.run(wrong, rounds=1) for name, check in CHECKS.items()}
    back = {name: CHECKS[name].run(wrong, rounds=1) for name in reversed(CHECKS)}
    assert forth == back


def test_the_same_generator_gives_the_same_verdict():
    wrong = submission(("db = dout.sum(axis=0)", "db = dout.mean(axis=0)"))
    one, two = (CHECKS["affine_backward"].run(wrong, np.random.default_rng(3)) for _ in range(2))
    assert one == two


def test_another_generator_draws_other_numbers_for_all_cases_but_the_fixed_ones():
    for task, check in CHECKS.items():
        one, other = (check.cases(np.random.default_rng(seed)) for seed in (3, 4))
        same = [case is twin for case, twin in zip(one, other, strict=True)]
        fixed = {"affine": 2, "sigmoid": 6, "network": 1}[task.partition("_")[0]]
        assert same == [True] * fixed + [False] * (len(one) - fixed)
        assert all(case.rtol == RTOL for case in one[:fixed])
        for case, twin in zip(one[fixed:-1], other[fixed:-1], strict=True):
            assert case.rtol == twin.rtol == DRAWN_RTOL
            arrays, twins = EXPECTED[task](case), EXPECTED[task](twin)
            assert not any(
                a.value.shape == b.value.shape and np.array_equal(a.value, b.value)
                for a, b in zip(arrays, twins, strict=True)
            )


@pytest.mark.parametrize("task", CHECKS)
def test_fixed_cases_reach_further_than_drawn_ones(task):
    """Or a bound at which numbers are cut off would be met by some draws and not by others."""
    asked = [CHECKS[task].cases(np.random.default_rng(seed)) for seed in range(50)]
    fixed = [case for case in asked[0] if case.rtol == RTOL and not case.unasked]
    if task.startswith("network"):
        fixed += [network.large_params(fixed[0]), network.large_gradient(fixed[0])]
    drawn = [case for cases in asked for case in cases if case.rtol == DRAWN_RTOL]

    def sizes(case):
        variants = [case]
        if task.startswith("network"):
            variants += [network.another_batch(case), network.another_gradient(case)]
        every = [EXPECTED[task](one) for one in variants]
        return [max(np.abs(one.value).max() for one in same) for same in zip(*every, strict=True)]

    assert np.all(
        np.max([sizes(case) for case in fixed], axis=0)
        > np.max([sizes(case) for case in drawn], axis=0)
    )


def test_the_fixed_net_reaches_where_the_sigmoid_is_flat():
    """Further out no bound at which a sigmoid is cut off makes a difference in what is drawn."""
    case = network.another_batch(network.cases(np.random.default_rng(0))[0])
    z = affine(case.X, case.params["W1"], case.params["b1"])
    assert np.exp(-np.abs(z).max()) < DRAWN_RTOL / 100


def test_the_fixed_net_and_sigmoid_reach_0_and_what_is_too_near_to_be_seen_in_what_is_drawn():
    case = network.small_params(network.cases(np.random.default_rng(0))[0])
    z = affine(case.X, case.params["W1"], case.params["b1"])
    x = next(
        case.x
        for case in CHECKS["sigmoid_forward"].cases(np.random.default_rng(0))
        if case.cause == "near_zero"
    )
    for reached in (z, x):
        assert np.any(reached == 0)
        for side in (reached[reached > 0], -reached[reached < 0]):
            assert side.min() < DRAWN_RTOL
