"""The two-layer network as the checks see it: cases, right answers, and mistakes to suspect."""

from dataclasses import replace

import numpy as np

from exercise_code.tests.affine_layer import bias_suspects, sample_suspects
from exercise_code.tests.cases import NetCase, draw, second_witness, sizes
from exercise_code.tests.compare import Expected, Suspect, once_per_case
from exercise_code.tests.expected import (
    affine,
    complex_step,
    logistic,
    logistic_slope,
    two_layers,
)
from exercise_code.tests.sigmoid_layer import OTHERS

NAMES = ("W1", "b1", "W2", "b2")


def cases(rng):
    """A common case first, then every shape that is a trap."""
    batch, hidden = sizes(rng)
    features = 6
    square = int(rng.integers(3, 6))
    shapes = [
        ((batch, features), hidden, "", None),
        ((square, square), square, f"For N = D = H = {square}", "some_shapes"),
        ((1, features), hidden, f"For a batch of one, N = 1, D = {features}", "batch_of_one"),
        ((batch, 1), hidden, "For a single feature, D = 1", "one_feature"),
        ((batch, features), 1, "For a single hidden unit, H = 1", "one_output"),
        ((1, 1), 1, "For N = D = H = 1", "one_of_all"),
    ]
    drawn = [_case(rng, draw(rng, shape), h, *words) for shape, h, *words in shapes]
    whole = rng.integers(1, 4, (4, 3)) * rng.choice([-1, 1], (4, 3))
    return [*drawn, _case(rng, whole, 2, "For integers in X", "integer_input")]


@once_per_case
def another_batch(case):
    """The same net with another batch of the same shape."""
    return replace(case, X=case.X[::-1] * 2 + 1)


@once_per_case
def another_gradient(case):
    """The same batch with another gradient coming in."""
    return replace(case, dy=case.dy[::-1] * 1.25)


@once_per_case
def large_batch(case):
    """The same net with numbers for which exp overflows."""
    return replace(case, X=case.X * 1000, label="For large X, up to 1700", cause="overflow")


@once_per_case
def other_params(case):
    """The same case after a change of all parameters."""
    return replace(case, params={name: 0.7 * value for name, value in case.params.items()})


@once_per_case
def predictions(case):
    """The expected y_hat."""
    params, X = case.params, case.X
    before = affine(X, params["W1"], params["b1"])
    right = two_layers(params, X)

    def suspects():
        def without(*names):
            return two_layers({**params, **{name: 0 * params[name] for name in names}}, X)

        # fmt: off
        yield Suspect("activation_forgotten", "[lacks|lack] the sigmoid between the two layers",
                      lambda: two_layers(params, X, lambda z: z))
        yield Suspect("activation_on_output", "[is|are] put through a sigmoid at the end",
                      lambda: logistic(right))
        for names in (["b1"], ["b2"], ["b1", "b2"]):
            yield Suspect("bias_forgotten", f"[lacks|lack] {' and '.join(names)}",
                          lambda names=names: without(*names))
        yield Suspect("hidden_returned", "[is|are] the hidden layer", lambda: logistic(before))
        yield Suspect("hidden_returned", "[is|are] the hidden layer before the sigmoid",
                      lambda: before)
        yield Suspect("pair_not_unpacked",
                      "[is|are] made of the pair (out, cache) of the sigmoid, not of its out",
                      lambda: np.stack([right, right]))
        yield Suspect("layers_out_of_order", "[has|have] the sigmoid before the first affine layer",
                      lambda: two_layers(params, logistic(X), lambda z: z))
        yield Suspect("exp_sign", "[has|have] exp(x) for exp(-x) in the sigmoid",
                      lambda: two_layers(params, X, lambda z: logistic(-z)))
        yield Suspect("applied_twice", "[has|have] the sigmoid twice in a row",
                      lambda: two_layers(params, X, lambda z: logistic(logistic(z))))
        for name, other in OTHERS.items():
            yield Suspect("other_activation", f"[has|have] {name} in place of the sigmoid",
                          lambda other=other: two_layers(params, X, other))
        # fmt: on

    # The sigmoid is at most 1, so this bounds the sum of the absolute values of all summands.
    terms = np.abs(params["W2"]).sum() + np.abs(params["b2"]).sum()
    return Expected("y_hat", right, float(terms), suspects=suspects)


@once_per_case
def gradients(case):
    """The four expected gradients, in the order of NAMES."""
    params, X, dy = case.params, case.X, case.dy
    before = affine(X, params["W1"], params["b1"])
    ones = np.ones_like(params["W2"])

    def gradient(name, dy=dy, activation=logistic, end=None, **others):
        """The exact gradient of a net that may differ from the right one."""
        given = {**params, **others}

        def predict(value):
            y_hat = two_layers({**given, name: value}, X, activation)
            return y_hat if end is None else end(y_hat)

        return complex_step(predict, given[name], dy)[0]

    def linear(z):
        return z

    def with_slope(slope):
        """A function between the layers whose derivative is ``slope`` where z is ``before``."""
        return lambda z: z * slope

    def of_any(name):
        # fmt: off
        yield Suspect("dout_forgotten", "[does|do] not depend on dy: it is not used",
                      lambda: gradient(name, dy=np.ones_like(dy)))
        yield Suspect("activation_on_output", "[belongs|belong] to a net that ends with a sigmoid",
                      lambda: gradient(name, end=logistic))
        yield from sample_suspects(dy, lambda only: gradient(name, dy=only))
        # fmt: on

    def of_first_layer(name):
        # fmt: off
        slopes = [
            ("derivative_of_output", "[takes|take] the sigmoid's derivative at σ(z), not at z",
             logistic_slope(logistic(before))),
            ("derivative_of_input", "[feeds|feed] z into the formula that is made for σ(z)",
             0.25 - (before - 0.5) ** 2),
            ("derivative_incomplete", "[has|have] σ(z) alone in place of the sigmoid's derivative",
             logistic(before)),
            ("derivative_incomplete", "[has|have] 1 - σ(z) in place of the sigmoid's derivative",
             logistic(-before)),
            ("tanh_derivative", "[uses|use] tanh's formula for the sigmoid's derivative",
             1 - logistic(before) ** 2),
        ]
        unused = "[uses|use] dy itself, not what the second layer passes on"
        alone = "[uses|use] dy itself, not what the two later layers pass on"
        yield Suspect("derivative_forgotten", "[lacks|lack] the derivative of the sigmoid",
                      lambda: gradient(name, activation=linear))
        for cause, predicate, slope in slopes:
            yield Suspect(cause, predicate,
                          lambda slope=slope: gradient(name, activation=with_slope(slope)))
        yield Suspect("gradient_not_passed", unused, lambda: gradient(name, W2=ones))
        yield Suspect("gradient_not_passed", alone,
                      lambda: gradient(name, W2=ones, activation=linear))
        yield Suspect("gradient_not_passed", alone,
                      lambda: gradient(name, W2=ones, activation=linear)[..., :1])
        yield Suspect("gradient_not_passed", "[uses|use] neither dy nor W2",
                      lambda: gradient(name, dy=np.ones_like(dy), W2=ones))
        # fmt: on

    def of_w2():
        # fmt: off
        yield Suspect("wrong_layer_input", "[uses|use] what stands before the sigmoid",
                      lambda: gradient("W2", activation=linear))
        yield Suspect("wrong_layer_input", "[uses|use] X, the input of the first layer",
                      lambda: np.tensordot(X, dy, axes=(0, 0)))
        # fmt: on

    def each_sample(name):
        """The gradient of a bias for each sample, (N, size of the bias)."""
        alone = np.eye(len(dy))[:, :, None] * dy
        return np.stack([gradient(name, dy=one) for one in alone])

    def suspects(name):
        if name in ("W1", "b1"):
            yield from of_first_layer(name)
        if name == "W2":
            yield from of_w2()
        if name in ("b1", "b2"):
            yield from bias_suspects(each_sample(name))
        yield from of_any(name)

    # σ and σ' come from sums of numbers of the size of 1/2 and 1/4, also where they are nearly 0.
    passed_on = np.abs(dy) @ np.abs(params["W2"]).T / 4
    sizes = {
        "W1": float((np.abs(X).T @ passed_on).max()),
        "b1": float(passed_on.sum(axis=0).max()),
        "W2": float(np.abs(dy).sum()) / 2,
    }

    expected = []
    for name in NAMES:
        value, terms = complex_step(
            lambda array, name=name: two_layers({**params, name: array}, X), params[name], dy
        )
        central = second_witness(
            lambda array, name=name: two_layers({**params, name: array}, X), params[name], dy, case
        )
        expected.append(
            Expected(
                name,
                value,
                max(float(terms.max()), sizes.get(name, 0.0)),
                central,
                lambda name=name: suspects(name),
            )
        )
    return expected


def _case(rng, X, hidden, label, cause):
    params = {
        "W1": draw(rng, (X.shape[1], hidden)),
        "b1": draw(rng, hidden),
        "W2": draw(rng, (hidden, 1)),
        "b2": draw(rng, 1),
    }
    dy = draw(rng, (len(X), 1))
    return NetCase(label=label, cause=cause, batch=len(X), params=params, X=X, dy=dy)
