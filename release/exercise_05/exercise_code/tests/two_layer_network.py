"""The two-layer network as the checks see it: cases, right answers, and mistakes to suspect."""

from dataclasses import replace
from functools import cache

import numpy as np

from exercise_code.tests.affine_layer import (
    BIAS_MISTAKES,
    OF_WEIGHTS,
    OUTER,
    add_rows,
    of_samples,
    row_mistakes,
)
from exercise_code.tests.cases import (
    FIXED,
    INTEGERS,
    LayerCase,
    NetCase,
    draw,
    second_witness,
    sizes,
)
from exercise_code.tests.compare import DRAWN_RTOL, Expected, listed, once_per_case
from exercise_code.tests.expected import (
    affine,
    complex_step,
    logistic,
    logistic_slope,
    two_layers,
)
from exercise_code.tests.formulas import Formula, Mistake, Suspect
from exercise_code.tests.sigmoid_layer import (
    FORMS,
    JOINED,
    OTHERS,
    at,
    incoming_mistakes,
    slope_of_output,
)

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

    def y_hat(given=_itself, biases=(params["b1"], params["b2"]), between=logistic, end=_itself):
        hidden = between(affine(given(X), params["W1"], biases[0]))
        return end(affine(hidden, params["W2"], biases[1]))

    def before():
        return affine(X, params["W1"], params["b1"])

    right = two_layers(params, X)
    # The sigmoid is at most 1, so this bounds the sum of the absolute values of all summands.
    terms = float(np.abs(params["W2"]).sum() + np.abs(params["b2"]).sum())
    # fmt: off
    return Expected("y_hat", right, terms, case.rtol, formula=lambda: Formula(y_hat, {
        "end": [
            Mistake("activation_on_output", f"[is|are] put through {name} at the end", end)
            for name, end in {"a sigmoid": logistic, **OTHERS}.items() if name != "the input itself"
        ],
        "between": [
            Mistake("activation_forgotten", "[lacks|lack] the sigmoid between the two layers",
                    _itself),
            Mistake("exp_sign", "[has|have] exp(x) for exp(-x) in the sigmoid",
                    lambda z: logistic(-z)),
            Mistake("brackets", "[has|have] 1 + exp(-z) in place of the sigmoid",
                    lambda z: 1 + np.exp(-z)),
            Mistake("applied_twice", "[has|have] the sigmoid twice in a row",
                    lambda z: logistic(logistic(z))),
            *(Mistake("other_activation", f"[has|have] {name} in place of the sigmoid", other)
              for name, other in OTHERS.items()),
        ],
        "biases": [
            *(Mistake("bias_forgotten", f"[lacks|lack] {listed(names)}", _without(params, names))
              for names in (["b1"], ["b2"], ["b1", "b2"])),
            Mistake("other_parameter", "[has|have] b2 where b1 belongs",
                    (0 * params["b1"] + params["b2"], params["b2"])),
            Mistake("bias_subtracted", "[has|have] b1 and b2 subtracted, not added",
                    (-params["b1"], -params["b2"])),
        ],
        "given": [
            Mistake("normalised", "[is|are] computed from X less its mean, by its deviation",
                    lambda X: (X - X.mean(axis=0)) / X.std(axis=0)),
            Mistake("layers_out_of_order", "[has|have] a sigmoid before the first affine layer",
                    logistic),
        ],
    }, at_once=3), suspects=lambda: [
        Suspect("hidden_returned", "[is|are] the hidden layer", lambda: logistic(before())),
        Suspect("hidden_returned", "[is|are] the hidden layer before the sigmoid", before),
        Suspect("hidden_returned", "[is|are] the hidden layer, without b1",
                lambda: logistic(affine(X, params["W1"], 0 * params["b1"]))),
        Suspect("pair_not_unpacked",
                "[is|are] made of the pair (out, cache) of the sigmoid, not of its out",
                lambda: np.stack([right, right])),
        Suspect("layers_out_of_order", "[has|have] the sigmoid before the first affine layer",
                lambda: y_hat(given=logistic, between=_itself)),
    ])
    # fmt: on


def _itself(z):
    return z


def _without(params, names):
    """b1 and b2, with zeros for those of these names."""
    return tuple((name not in names) * params[name] for name in ("b1", "b2"))


def _softmax_slope(dy, y_hat):
    parts = OTHERS["softmax over all entries"](y_hat)
    return parts * (dy - np.sum(dy * parts))


# What a net may end with by mistake: how dy goes back through it, given y_hat.
_ENDS = {
    "a sigmoid": lambda dy, y_hat: dy * logistic_slope(y_hat),
    "a tanh": lambda dy, y_hat: dy * (1 - np.tanh(y_hat) ** 2),
    "a ReLU": lambda dy, y_hat: dy * (y_hat > 0),
    "softmax over all entries": _softmax_slope,
}
# What it may have between its layers: the function, and its derivative.
_BETWEEN = {
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
    "ReLU": (OTHERS["ReLU"], lambda z: z > 0),
}


def _formula(case, name):
    """The Formula for the gradient of a parameter."""
    params, X = case.params, case.X
    first, weight = name in ("W1", "b1"), name in ("W1", "W2")
    z = affine(X, params["W1"], params["b1"])
    h = logistic(z)
    dw2 = np.tensordot(h, case.dy, (0, 0))
    own_biases = params["b1"], params["b2"]

    def upstream(
        rows=np.asarray,
        end=None,
        between=None,
        biases=own_biases,
        passed=params["W2"].T,
        form=slope_of_output,
        at=None,
        joined=np.multiply,
    ):
        """What went into the parameter's layer, and the gradient of what came out of it."""
        before = z if biases is own_biases else affine(X, params["W1"], biases[0])
        out = between[0](before) if between else h if before is z else logistic(before)
        dy = rows(case.dy)
        if end:
            dy = end(dy, affine(out, params["W2"], biases[1]))
        if not first:
            return out, dy
        slope = between[1](before) if between else form(at(before) if at else out)
        return X, joined(dy @ passed, slope)

    def array(given=None, added=add_rows, **others):
        right, dout = upstream(**others)
        return of_samples(right if given is None else given, dout) if weight else added(dout)

    # fmt: off
    places = {}
    if first:
        places |= {
            "passed": [
                Mistake("wrong_layer_input", "[uses|use] the gradient of W2 where W2 belongs",
                        dw2.T),
                Mistake("gradient_not_passed",
                        "[uses|use] dy itself, not what the second layer passes on",
                        np.ones_like(dw2.T)),
            ],
            "form": [
                Mistake("derivative_forgotten", "[lacks|lack] the derivative of the sigmoid",
                        np.ones_like),
                *FORMS,
            ],
            "at": [
                *at("z"),
                *(Mistake("derivative_of_dout",
                          f"[has|have] {incoming} in the formula of the sigmoid's derivative",
                          lambda z, array=array: array)
                  for incoming, array in {"dy": case.dy, "what the second layer passes on":
                                          case.dy @ params["W2"].T}.items()),
            ],
            "joined": [
                *(Mistake("matrix_product",
                          "[has|have] a matrix product where entries are multiplied",
                          lambda dh, slope, factor=factor: dh @ factor)
                  for factor in (h.T @ (1 - h), 1 - h.T @ h)),
                Mistake("derivative_of_dout",
                        "[has|have] g (1 - g), where g is what the second layer passes on, in "
                        "place of g σ (1 - σ)",
                        lambda dh, slope: dh * (1 - dh)),
                *JOINED,
            ],
        }
    if not weight:
        places["added"] = BIAS_MISTAKES
    if name == "W1":
        places["given"] = [Mistake("wrong_layer_input",
                                   "[uses|use] the output of the sigmoid, not X", h)]
    if name == "W2":
        places["given"] = [
            Mistake("wrong_layer_input", "[uses|use] what stands before the sigmoid", z),
            Mistake("wrong_layer_input", "[uses|use] X, the input of the first layer", X),
            Mistake("wrong_layer_input", "[uses|use] y_hat, which comes out of its layer",
                    predictions(case).value),
            Mistake("wrong_layer_input",
                    "[holds|hold], for each hidden unit, its output times the gradient of what "
                    "goes into it, not times dy",
                    lambda dy: add_rows(h * (dy @ params["W2"].T) * slope_of_output(h))[:, None]),
        ]
    if weight:
        places["given"].append(
            Mistake("wrong_layer_input", f"[uses|use] {name} itself, not what went into its layer",
                    lambda dout: params[name] * add_rows(dout)))
    places |= {
        "rows": [*incoming_mistakes("dy", "activation_on_output"), *row_mistakes()],
        "end": [
            *(Mistake("activation_on_output", f"[belongs|belong] to a net that ends with {end}",
                      back) for end, back in _ENDS.items()),
            Mistake("dout_forgotten", "[uses|use] y_hat where dy belongs",
                    lambda dy, y_hat: y_hat),
            Mistake("activation_on_output",
                    "[has|have] a factor y_hat (1 - y_hat), a sigmoid's slope",
                    lambda dy, y_hat: dy * y_hat * (1 - y_hat)),
        ],
        "between": [
            Mistake("other_activation", f"[belongs|belong] to a net with {between} in it", both)
            for between, both in _BETWEEN.items()
        ],
        "biases": [
            Mistake("bias_forgotten", "[belongs|belong] to a net without biases",
                    _without(params, ("b1", "b2"))),
            Mistake("other_parameter", "[belongs|belong] to a net with b2 where b1 belongs",
                    (0 * params["b1"] + params["b2"], params["b2"])),
            Mistake("bias_subtracted", "[belongs|belong] to a net that subtracts its biases",
                    (-params["b1"], -params["b2"])),
        ],
    }
    # fmt: on
    return Formula(array, places)


def _suspects(case, name):
    """The Suspects for it that stand alone."""
    layer = layer_cases(case)[0][name in ("W2", "b2")]
    given, dout = layer.x, layer.dout
    dw = np.tensordot(given, dout, (0, 0))
    later = "[uses|use] dy itself, not what the two later layers pass on"
    # fmt: off
    if name == "W1":
        yield Suspect("gradient_not_passed", later, lambda: case.X.T @ case.dy)
    if name == "b1":
        yield Suspect("gradient_not_passed", later, lambda: add_rows(case.dy))
    if name in ("W1", "W2"):
        yield Suspect("not_accumulated", OUTER, lambda: np.outer(given, dout))
    else:
        yield Suspect("bias_with_input", OF_WEIGHTS, lambda: dw.sum(axis=0))
        yield Suspect("bias_with_input", f"{OF_WEIGHTS}, as a table with one row",
                      lambda: dw.sum(axis=0, keepdims=True))
        yield Suspect("wrong_order", f"[is|are] the gradient of W{name[1]}", lambda: dw)
    yield from _passed_on(case)
    for other, value in case.params.items():
        yield Suspect("wrong_values", f"[is|are] the parameter {other} itself, not a gradient",
                      lambda value=value: value)
    # fmt: on


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
        lambda: _formula(case, name),
        right,
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
