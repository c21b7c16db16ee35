"""SGD, momentum and Adam: against closed forms, and against a recomputation with plain floats."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.counted_numbers import counted, operations_of

from exercise_code.networks import SGD, Adam, Optimizer, SGDMomentum

RULES = (SGD, SGDMomentum, Adam)

# The same few operations in another order leave a few roundings, each about 1e-16.
RTOL = 1e-12

gradients = st.lists(
    st.floats(-1e3, 1e3).filter(lambda g: g == 0 or abs(g) > 1e-3), min_size=1, max_size=12
)
rates = st.floats(1e-4, 10)
shares = st.floats(0, 0.999)


def walk(optimizer_of, slopes, start=0.5):
    """Positions of one parameter after each step."""
    theta = np.array([start])
    optimizer = optimizer_of({"theta": theta})
    path = []
    for slope in slopes:
        optimizer.step({"theta": np.array([slope])})
        path.append(theta.item())
    return path


def sgd_by_hand(slopes, rate, theta=0.5):
    for slope in slopes:
        theta -= rate * slope
        yield theta


def momentum_by_hand(slopes, rate, momentum, theta=0.5):
    # The velocity written out: every gradient so far, the older the weaker.
    for t in range(len(slopes)):
        theta -= rate * math.fsum(momentum ** (t - s) * slopes[s] for s in range(t + 1))
        yield theta


def adam_by_hand(slopes, rate, beta1, beta2, eps, theta=0.5):
    # The averages written out as the weighted means that the bias correction makes of them.
    for t in range(len(slopes)):
        first = [beta1 ** (t - s) for s in range(t + 1)]
        second = [beta2 ** (t - s) for s in range(t + 1)]
        seen = slopes[: t + 1]
        m = math.fsum(w * g for w, g in zip(first, seen, strict=True)) / math.fsum(first)
        v = math.fsum(w * g * g for w, g in zip(second, seen, strict=True)) / math.fsum(second)
        theta -= rate * m / (math.sqrt(v) + eps)
        yield theta


def close(path, wanted):
    # The positions may pass 0, where a relative error means nothing: compare with the way walked.
    wanted = list(wanted)
    scale = 0.5 + sum(abs(b - a) for a, b in zip([0.5, *wanted], wanted, strict=False))
    return np.allclose(path, wanted, rtol=0, atol=1e3 * RTOL * scale)


@given(gradients, rates)
def test_sgd_steps_against_the_gradient(slopes, rate):
    assert close(walk(lambda p: SGD(p, rate), slopes), sgd_by_hand(slopes, rate))


@given(gradients, rates, shares)
def test_momentum_counts_every_gradient_so_far_once(slopes, rate, momentum):
    path = walk(lambda p: SGDMomentum(p, rate, momentum), slopes)
    assert close(path, momentum_by_hand(slopes, rate, momentum))


@given(gradients, rates, shares, shares, st.sampled_from([1e-8, 1e-3, 1.0]))
def test_adam_follows_its_definition(slopes, rate, beta1, beta2, eps):
    path = walk(lambda p: Adam(p, rate, beta1, beta2, eps), slopes)
    assert close(path, adam_by_hand(slopes, rate, beta1, beta2, eps))


class AdamWithoutCorrection(Adam):
    def update(self, name, gradient):
        super().update(name, gradient)
        return -self.learning_rate * self.m[name] / (np.sqrt(self.v[name]) + self.eps)


class AdamWithEpsUnderTheRoot(Adam):
    def update(self, name, gradient):
        super().update(name, gradient)
        m_hat = self.m[name] / (1 - self.beta1**self.steps)
        v_hat = self.v[name] / (1 - self.beta2**self.steps)
        return -self.learning_rate * m_hat / np.sqrt(v_hat + self.eps)


class AdamWithMinusSigns(Adam):
    def update(self, name, gradient):
        self.m[name] = self.beta1 * self.m[name] - (1 - self.beta1) * gradient
        return super().update(name, gradient)


@pytest.mark.parametrize(
    "wrong", [AdamWithoutCorrection, AdamWithEpsUnderTheRoot, AdamWithMinusSigns]
)
def test_the_wrong_adams_that_are_in_the_wild_fail(wrong):
    slopes = [1.0, 0.2, -0.5, 0.1]
    wanted = list(adam_by_hand(slopes, 0.1, 0.9, 0.999, 1e-3))
    assert close(walk(lambda p: Adam(p, 0.1, eps=1e-3), slopes), wanted)
    assert not close(walk(lambda p: wrong(p, 0.1, eps=1e-3), slopes), wanted)


@given(st.floats(0, 0.95), rates)
def test_momentum_on_a_constant_slope_reaches_its_closed_form(momentum, rate):
    path = walk(lambda p: SGDMomentum(p, rate, momentum), [1.0] * 1000)
    assert path[-2] - path[-1] == pytest.approx(rate / (1 - momentum), rel=1e-6)


@given(st.floats(1e-3, 1e6), st.sampled_from([-1.0, 1.0]), rates)
def test_adams_first_step_does_not_depend_on_the_size_of_the_gradient(size, sign, rate):
    (theta,) = walk(lambda p: Adam(p, rate), [sign * size], start=0.0)
    # eps = 1e-8 against a gradient of at least 1e-3 shortens the step by 1e-5 at most.
    assert theta == pytest.approx(-sign * rate, rel=2e-5)


@given(st.floats(1e-3, 1e3), shares, shares)
def test_adam_on_a_constant_slope_takes_steps_of_the_learning_rate(size, beta1, beta2):
    path = walk(lambda p: Adam(p, 0.1, beta1, beta2, eps=0.0), [size] * 20, start=0.0)
    assert np.diff([0.0, *path]) == pytest.approx(-0.1, rel=1e-9)


@pytest.mark.parametrize(
    ("rule", "setting"),
    [
        (SGD, {"learning_rate": 0.03}),
        (SGDMomentum, {"learning_rate": 0.03}),
        (SGDMomentum, {"momentum": 0.5}),
        (Adam, {"learning_rate": 0.03}),
        (Adam, {"beta1": 0.5}),
        (Adam, {"beta2": 0.5}),
        (Adam, {"eps": 0.5}),
    ],
)
def test_every_hyper_parameter_is_kept_and_makes_a_difference(rule, setting):
    slopes = [1.0, -0.3, 0.8]
    assert walk(lambda p: rule(p, **setting), slopes) != walk(rule, slopes)
    (name, value) = setting.popitem()
    assert getattr(rule({}, **{name: value}), name) == value


@pytest.mark.parametrize("rule", RULES)
def test_every_parameter_has_a_memory_of_its_own(rule):
    rng = np.random.default_rng(0)
    shapes = {"W": (3, 2), "b": (2,), "c": ()}
    steps = [{n: np.asarray(rng.normal(size=s)) for n, s in shapes.items()} for _ in range(4)]
    together = {name: np.zeros(shape) for name, shape in shapes.items()}
    optimizer = rule(together, 0.1)
    for grads in steps:
        optimizer.step(grads)
    for name, shape in shapes.items():
        alone = {name: np.zeros(shape)}
        optimizer = rule(alone, 0.1)
        for grads in steps:
            optimizer.step(grads)
        np.testing.assert_array_equal(alone[name], together[name])


@pytest.mark.parametrize("rule", RULES)
def test_a_step_changes_the_very_arrays_of_the_network(rule):
    params = {"W": np.ones((2, 2)), "b": np.ones(2)}
    arrays = dict(params)
    rule(params, 0.1).step({"W": np.ones((2, 2)), "b": np.ones(2)})
    for name, array in arrays.items():
        assert params[name] is array
        assert (array < 1).all()


@pytest.mark.parametrize("rule", RULES)
def test_a_gradient_that_is_overwritten_later_leaves_the_memory_alone(rule):
    kept, reused = {"x": np.zeros(2)}, {"x": np.zeros(2)}
    first, second = rule(kept, 0.1), rule(reused, 0.1)
    buffer = np.empty(2)
    for step in range(3):
        fresh = np.array([1.0 + step, -2.0])
        buffer[...] = fresh
        first.step({"x": fresh})
        second.step({"x": buffer})
        np.testing.assert_array_equal(buffer, fresh)
        buffer[...] = np.nan
    np.testing.assert_array_equal(kept["x"], reused["x"])


@pytest.mark.parametrize(
    ("make", "wrong"),
    [
        (lambda: SGD({}, 0), "learning_rate"),
        (lambda: SGD({}, -0.1), "learning_rate"),
        (lambda: Adam({}, float("nan")), "learning_rate"),
        (lambda: SGDMomentum({}, 0.1, momentum=1), "momentum"),
        (lambda: SGDMomentum({}, 0.1, momentum=-0.1), "momentum"),
        (lambda: Adam({}, 0.1, beta1=1.0), "beta1"),
        (lambda: Adam({}, 0.1, beta2=-0.5), "beta2"),
    ],
)
def test_a_setting_that_cannot_work_is_refused_by_its_name(make, wrong):
    with pytest.raises(ValueError, match=f"^{wrong} must be .*, not "):
        make()


def test_a_rule_of_ones_own_needs_one_method_only():
    class SignSGD(Optimizer):
        def update(self, name, gradient):
            return -self.learning_rate * np.sign(gradient)

    theta = np.array([1.0, -1.0])
    optimizer = SignSGD({"theta": theta}, 0.25)
    optimizer.step({"theta": np.array([100.0, -0.001])})
    assert theta.tolist() == [0.75, -0.75]
    assert optimizer.steps == 1


@pytest.mark.parametrize(("rule", "told"), [(SGD, 2), (SGDMomentum, 4), (Adam, 14)])
def test_operations_for_each_parameter_told_in_notebook_2b_are_those_of_the_code(rule, told):
    theta = counted(np.ones(5))
    optimizer = rule({"theta": theta}, 0.1)
    gradient = counted(np.ones(5))
    optimizer.step({"theta": gradient})  # its memory begins with plain zeros, which do not count
    assert operations_of(lambda: optimizer.step({"theta": gradient})) == 5 * told
