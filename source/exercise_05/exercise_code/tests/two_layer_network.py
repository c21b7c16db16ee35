"""The two-layer network as the checks see it: cases, right answers, and mistakes to suspect."""

from dataclasses import replace
from functools import cache, partial
from itertools import product

import numpy as np

from exercise_code.tests.affine_layer import OUTER, bias_suspects, sample_suspects
from exercise_code.tests.cases import (
    FIXED,
    INTEGERS,
    LayerCase,
    NetCase,
    draw,
    second_witness,
    sizes,
)
from exercise_code.tests.compare import DRAWN_RTOL, Expected, Suspect, listed, once_per_case
from exercise_code.tests.expected import (
    affine,
    complex_step,
    logistic,
    logistic_slope,
    two_layers,
)
from exercise_code.tests.sigmoid_layer import OTHERS, WRONG_BRACKETS

NAMES = ("W1", "b1", "W2", "b2")


def cases(rng):
    """The common case first, then every shape that is a trap."""
    batch, hidden = sizes(rng)
    features = 6
    square = int(rng.integers(3, 6))
    shapes = [
        (
            (batch, features),
            hidden,
            f"For N = {batch}, D = {features}, H = {hidden}",
            "some_shapes",
        ),
        ((square, square), square, f"For N = D = H = {square}", "some_shapes"),
        ((1, features), hidden, f"For a batch of one, N = 1, D = {features}", "batch_of_one"),
        ((batch, 1), hidden, "For a single feature, D = 1", "one_feature"),
        ((batch, features), 1, "For a single hidden unit, H = 1", "one_output"),
        ((1, 1), 1, "For N = D = H = 1", "one_of_all"),
    ]
    drawn = [
        _case(rng, draw(rng, shape), h, label=label, cause=cause, rtol=DRAWN_RTOL)
        for shape, h, label, cause in shapes
    ]
    whole = rng.integers(1, 4, (4, 3)) * rng.choice([-1, 1], (4, 3))
    integers = _case(rng, whole, 2, label="For integers in X", unasked=INTEGERS)
    return [_common(), *drawn, integers]


@once_per_case
def another_batch(case):
    """The same net with another batch of the same shape."""
    return replace(case, X=case.X[::-1] * 2 + 1)


@once_per_case
def another_gradient(case):
    """The same batch with another gradient coming in."""
    return replace(case, dy=case.dy[::-1] * 1.25)


@once_per_case
def large_batches(case):
    """The same net with numbers for which exp overflows, also below a mean of either sign."""
    words = {"label": "For large X, up to 3400", "cause": "overflow"}
    return [replace(case, X=case.X * times, **words) for times in (-2000, 2000)]


@once_per_case
def large_gradient(case):
    """The same batch with a large gradient coming in."""
    return replace(case, dy=case.dy * 1000, label="For dy up to 1700", cause="large_input")


@once_per_case
def large_params(case):
    """Parameters that a clip would show in, and an X so small that the sigmoid is not flat."""
    times = {"W1": 1000, "b1": 20, "W2": 1000, "b2": 1000}
    params = {name: times[name] * value for name, value in case.params.items()}
    small = {"params": params, "X": case.X / 1000}
    return replace(case, **small, label="For large parameters, up to 1700", cause="large_input")


@once_per_case
def small_params(case):
    """A first layer that leads into the sigmoid near 0, closer with each unit, and then at 0."""
    times = np.append(10.0 ** -np.arange(2.0, 3 * len(case.params["b1"]) - 1, 3), 0)
    params = {**case.params, "W1": times * case.params["W1"], "b1": times * case.params["b1"]}
    return replace(case, params=params, label="For W1 and b1 near 0", cause="near_zero")


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
        yield Suspect("activation_on_output", "[lacks|lack] b1 and b2, and [ends|end] in a sigmoid",
                      lambda: logistic(without("b1", "b2")))
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
        yield Suspect("brackets", "[has|have] 1 + exp(-z) in place of the sigmoid",
                      lambda: two_layers(params, X, lambda z: 1 + np.exp(-z)))
        yield Suspect("applied_twice", "[has|have] the sigmoid twice in a row",
                      lambda: two_layers(params, X, lambda z: logistic(logistic(z))))
        for name, other in OTHERS.items():
            yield Suspect("other_activation", f"[has|have] {name} in place of the sigmoid",
                          lambda other=other: two_layers(params, X, other))
            yield Suspect("activation_on_output", f"[is|are] put through {name} at the end",
                          lambda other=other: other(right))
        yield from _of_other_nets(
            lambda without, between, end: end(
                two_layers({**params, **{name: 0 * params[name] for name in without}}, X, between)
            )
        )
        # fmt: on

    # The sigmoid is at most 1, so this bounds the sum of the absolute values of all summands.
    terms = np.abs(params["W2"]).sum() + np.abs(params["b2"]).sum()
    return Expected("y_hat", right, float(terms), case.rtol, suspects=suspects)


# What else a net may have between its layers, and at its end. All of them take complex numbers.
_BETWEEN = {
    "": logistic,
    "tanh": np.tanh,
    "ReLU": lambda z: np.where(z.real > 0, z, 0),
}
_AT_THE_END = {
    "": lambda y_hat: y_hat,
    "a sigmoid": logistic,
    "tanh": np.tanh,
    "ReLU": _BETWEEN["ReLU"],
    "softmax over all entries": OTHERS["softmax over all entries"],
}


def _of_other_nets(array):
    """Suspects for nets that differ from the right one in two or three ways.

    ``array(without, between, end)`` is what such a net gives: without those biases, with that
    function between the layers, and with that one behind them.
    """
    for without, between, end in product(((), ("b1", "b2")), _BETWEEN, _AT_THE_END):
        ways = {
            "activation_on_output": f"{end} at the end" if end else "",
            "other_activation": f"{between} in place of the sigmoid" if between else "",
            "bias_forgotten": "no biases" if without else "",
        }
        told = {cause: words for cause, words in ways.items() if words}
        if len(told) > 1:
            yield Suspect(
                next(iter(told)),
                f"[belongs|belong] to a net with {listed(told.values())}",
                partial(array, without, _BETWEEN[between], _AT_THE_END[end]),
            )


class _OtherNet:
    """The exact gradient of one parameter, of a net that may differ from the right one.

    To be called with what is other: the gradient ``dy`` that comes in, the function ``between`` the
    layers, or the ``slope`` that stands for its derivative, a function at the ``end`` of the net,
    and parameters by their names. A number stands for an array full of it.
    """

    def __init__(self, case, name):
        self.case = case
        self.name = name

    def __call__(self, *, dy=None, between=logistic, slope=None, end=None, **others):
        case, name = self.case, self.name
        params = dict(case.params)
        for other, number in others.items():
            params[other] = np.full_like(params[other], number)
        dy = case.dy if dy is None else np.broadcast_to(dy, case.dy.shape)
        if slope is not None:
            at = slope(affine(case.X, params["W1"], params["b1"]))

            def between(z):
                return z * at

        def predict(value):
            y_hat = two_layers({**params, name: value}, case.X, between)
            return y_hat if end is None else end(y_hat)

        return complex_step(predict, params[name], dy)[0]

    def of_input(self, array):
        """The gradient of a weight, were ``array`` what its layer had been given."""
        return np.tensordot(array, self._dout(), axes=(0, 0))

    def outer(self, array):
        """All products of an entry of ``array`` with one that comes into the weight's layer."""
        return np.outer(array, self._dout())

    def of_product(self, factor):
        """The gradient in the first layer, were the sigmoid's derivative a ``factor`` of dh."""
        (first, second), (between,) = layer_cases(self.case)
        dz = between.dout @ factor(second.x)
        return dz.sum(axis=0) if self.name == "b1" else self.case.X.T @ dz

    def _dout(self):
        return _OtherNet(self.case, "b" + self.name[1]).of_each_sample()

    def of_each_sample(self):
        """The gradient for each sample alone, (N, size of the parameter)."""
        dy = self.case.dy
        return np.stack([self(dy=one) for one in np.eye(len(dy))[:, :, None] * dy])


def _linear(z):
    return z


def _hidden(case):
    return logistic(affine(case.X, case.params["W1"], case.params["b1"]))


def _slope_of_the_end(case):
    y_hat = predictions(case).value
    return y_hat * (1 - y_hat)


# Mistakes in the gradient of a parameter: cause, predicate, and the array, from its _OtherNet.
# fmt: off
_OF_FIRST_LAYER = (
    ("derivative_forgotten", "[lacks|lack] the derivative of the sigmoid",
     lambda of: of(between=_linear)),
    ("derivative_of_output", "[takes|take] the sigmoid's derivative at σ(z), not at z",
     lambda of: of(slope=lambda z: logistic_slope(logistic(z)))),
    ("derivative_of_input", "[feeds|feed] z into the formula that is made for σ(z)",
     lambda of: of(slope=lambda z: 0.25 - (z - 0.5) ** 2)),
    ("derivative_incomplete", "[has|have] σ(z) alone in place of the sigmoid's derivative",
     lambda of: of(slope=logistic)),
    ("derivative_incomplete", "[has|have] 1 - σ(z) in place of the sigmoid's derivative",
     lambda of: of(slope=lambda z: logistic(-z))),
    ("tanh_derivative", "[uses|use] tanh's formula for the sigmoid's derivative",
     lambda of: of(slope=lambda z: 1 - logistic(z) ** 2)),
    ("tanh_derivative", "[uses|use] tanh's formula with z in it",
     lambda of: of(slope=lambda z: 1 - z**2)),
    *(("brackets", f"[has|have] {formula}: brackets are missing",
       lambda of, slope=slope: of(slope=slope))
      for formula, slope in WRONG_BRACKETS.items()),
    ("matrix_product", "[has|have] a matrix product where the sigmoid's derivative is multiplied",
     lambda of: of.of_product(lambda h: h.T @ (1 - h))),
    ("matrix_product", "[has|have] a matrix product where the sigmoid's derivative is multiplied",
     lambda of: of.of_product(lambda h: 1 - h.T @ h)),
    ("wrong_layer_input", "[uses|use] the gradient of W2 where W2 belongs",
     lambda of: of(W2=_OtherNet(of.case, "W2")())),
    ("gradient_not_passed", "[uses|use] dy itself, not what the second layer passes on",
     lambda of: of(W2=1)),
    ("gradient_not_passed", "[uses|use] dy itself, not what the two later layers pass on",
     lambda of: of(W2=1, between=_linear)),
    ("gradient_not_passed", "[uses|use] dy itself, not what the two later layers pass on",
     lambda of: of(W2=1, between=_linear)[..., :1]),
    ("gradient_not_passed", "[uses|use] neither dy nor W2", lambda of: of(dy=1, W2=1)),
)
_OF_W1 = (
    *_OF_FIRST_LAYER,
    ("wrong_layer_input", "[uses|use] the output of the sigmoid, not X",
     lambda of: of.of_input(_hidden(of.case))),
    ("not_accumulated", OUTER, lambda of: of.outer(of.case.X)),
)
_OF_W2 = (
    ("wrong_layer_input", "[uses|use] what stands before the sigmoid",
     lambda of: of(between=_linear)),
    ("wrong_layer_input", "[uses|use] X, the input of the first layer",
     lambda of: of.of_input(of.case.X)),
    ("wrong_layer_input", "[uses|use] y_hat, which comes out of its layer",
     lambda of: of.of_input(predictions(of.case).value)),
    ("not_accumulated", OUTER, lambda of: of.outer(_hidden(of.case))),
)
_OF_ANY = (
    ("dout_forgotten", "[does|do] not depend on dy: it is not used", lambda of: of(dy=1)),
    ("activation_on_output", "[belongs|belong] to a net that ends with a sigmoid",
     lambda of: of(end=logistic)),
    ("activation_on_output", "[has|have] a factor y_hat (1 - y_hat), a sigmoid's slope",
     lambda of: of(dy=of.case.dy * _slope_of_the_end(of.case))),
)
# fmt: on
_OF = {"W1": _OF_W1, "b1": _OF_FIRST_LAYER, "W2": _OF_W2, "b2": ()}


def _suspects(case, name):
    of = _OtherNet(case, name)

    def suspects(mistakes):
        return (Suspect(cause, says, partial(array, of)) for cause, says, array in mistakes)

    yield from suspects(_OF[name])
    if name in ("b1", "b2"):
        weights = _OtherNet(case, "W" + name[1])
        yield from bias_suspects(of.of_each_sample(), weights)
        yield Suspect("wrong_order", f"[is|are] the gradient of W{name[1]}", weights)
    yield from suspects(_OF_ANY)
    yield from _passed_on(case)
    yield Suspect("activation_on_output", "[belongs|belong] to a net that ends with a tanh",
                  lambda: of(end=np.tanh))  # fmt: skip
    yield Suspect("activation_on_output", "[belongs|belong] to a net that ends with a ReLU",
                  lambda: of(end=_BETWEEN["ReLU"]))  # fmt: skip
    for between in ("tanh", "ReLU"):
        yield Suspect("other_activation", f"[belongs|belong] to a net with {between} in it",
                      lambda between=between: of(between=_BETWEEN[between]))  # fmt: skip
    yield from _of_other_nets(
        lambda without, between, end: of(between=between, end=end, **dict.fromkeys(without, 0))
    )
    for other, value in case.params.items():
        yield Suspect("wrong_values", f"[is|are] the parameter {other} itself, not a gradient",
                      lambda value=value: value)  # fmt: skip
    yield from sample_suspects(case.dy, lambda only: of(dy=only))


def _passed_on(case):
    """What travels back through the net, taken for the gradient of a parameter."""
    (first, second), (between,) = layer_cases(case)
    says = "[is|are] what {} gives as its dx"
    yield Suspect("wrong_order", says.format("affine_backward with the cache of affine2"),
                  lambda: between.dout)  # fmt: skip
    yield Suspect("wrong_order", says.format("sigmoid_backward"), lambda: first.dout)
    yield Suspect("wrong_order", says.format("affine_backward with the cache of affine1"),
                  lambda: first.dout @ first.w.T)  # fmt: skip


def _terms(case):
    """What is added up in each gradient, where the terms that are computed do not show it.

    σ and σ' come from sums of numbers of the size of 1/2 and 1/4, also where they are nearly 0.
    """
    passed_on = np.abs(case.dy) @ np.abs(case.params["W2"]).T / 4
    return {
        "W1": float((np.abs(case.X).T @ passed_on).max()),
        "b1": float(passed_on.sum(axis=0).max()),
        "W2": float(np.abs(case.dy).sum()) / 2,
        "b2": 0.0,
    }


@once_per_case
def gradients(case):
    """The four expected gradients, in the order of NAMES."""
    least = _terms(case)
    return [_expected(case, name, least[name]) for name in NAMES]


def _expected(case, name, least):
    def predict(array):
        return two_layers({**case.params, name: array}, case.X)

    right = case.params[name]
    value, terms = complex_step(predict, right, case.dy)
    return Expected(
        name,
        value,
        max(float(terms.max()), least),
        case.rtol,
        second_witness(predict, right, case.dy, case),
        lambda: _suspects(case, name),
    )


@cache
def _common():
    rng = np.random.default_rng(FIXED)
    return _case(rng, draw(rng, (8, 6)), 4)


@once_per_case
def layer_cases(case):
    """What a right net hands to its layers: two cases of the affine layer, and one of the sigmoid.

    Their ``dout`` is, as everything here, the exact gradient of what comes behind.
    """
    params, X, dy = case.params, case.X, case.dy
    shared = {"label": case.label, "cause": case.cause, "batch": case.batch, "rtol": case.rtol}
    z = affine(X, params["W1"], params["b1"])
    h = logistic(z)
    last = {"w": params["W2"], "b": params["b2"]}
    dz, _ = complex_step(lambda z: affine(logistic(z), **last), z, dy)
    dh, _ = complex_step(lambda h: affine(h, **last), h, dy)
    first = LayerCase(x=X, w=params["W1"], b=params["b1"], dout=dz, **shared)
    return [first, LayerCase(x=h, **last, dout=dy, **shared)], [LayerCase(x=z, dout=dh, **shared)]


def _case(rng, X, hidden, **others):
    params = {
        "W1": draw(rng, (X.shape[1], hidden)),
        "b1": draw(rng, hidden),
        "W2": draw(rng, (hidden, 1)),
        "b2": draw(rng, 1),
    }
    dy = draw(rng, (len(X), 1))
    return NetCase(batch=len(X), params=params, X=X, dy=dy, **others)
