"""The checks of the two-layer network, as a whole and with its own layers."""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from exercise_code.tests.calling import StudentError
from exercise_code.tests.compare import (
    Case,
    Expected,
    Suspect,
    Wrong,
    close,
    find,
    in_case,
    listed,
    require_right,
    same,
)
from exercise_code.tests.expected import (
    affine,
    complex_step,
    logistic,
    logistic_slope,
    two_layers,
)
from exercise_code.tests.layer_checks import (
    NO_ANSWER,
    affine_cases,
    bias_suspects,
    draw,
    judge_affine_backward,
    judge_affine_forward,
    judge_sigmoid_backward,
    judge_sigmoid_forward,
    require_unchanged,
    second_witness,
    sigmoid_cases,
    telling,
)

NAMES = ("W1", "b1", "W2", "b2")

# Mistakes of the net itself, whatever its layers do.
_OF_THE_NET = {
    "returned_none",
    "returned_pair",
    "wrong_return",
    "wrong_type",
    "missing_keys",
    "extra_keys",
    "pair_not_unpacked",
    "stale_params",
    "changed_params",
    "accumulated",
    "constant_output",
    "activation_forgotten",
    "activation_on_output",
    "hidden_returned",
}


@dataclass(frozen=True, kw_only=True)
class NetCase(Case):
    """A net's parameters, a batch X (N, D) and the gradient dy (N, 1) of its predictions."""

    params: dict
    X: np.ndarray
    dy: np.ndarray


def network_cases(rng):
    """Cases for the net: a common one first, then every shape that is a trap."""
    batch, features, hidden = int(rng.choice([5, 7, 8])), int(rng.choice([3, 6])), 4
    square = int(rng.integers(3, 6))
    shapes = [
        ((batch, features, hidden), "", None),
        ((square, square, square), f"For N = D = H = {square}", "some_shapes"),
        ((1, features, hidden), f"For a batch of one, X of shape {(1, features)}", "batch_of_one"),
        ((batch, 1, hidden), f"For a single feature, X of shape {(batch, 1)}", "one_feature"),
        ((batch, features, 1), "For a single hidden unit, H = 1", "one_output"),
        ((1, 1, 1), "For N = D = H = 1", "one_of_all"),
    ]
    cases = [_case(rng, draw(rng, (n, d)), h, label, cause) for (n, d, h), label, cause in shapes]
    whole = rng.integers(1, 4, (4, 3)) * rng.choice([-1, 1], (4, 3))
    return [*cases, _case(rng, whole, 2, "For integers in X", "integer_input")]


def _case(rng, X, hidden, label, cause):
    params = {
        "W1": draw(rng, (X.shape[1], hidden)),
        "b1": draw(rng, hidden),
        "W2": draw(rng, (hidden, 1)),
        "b2": draw(rng, 1),
    }
    return NetCase(
        label=label, cause=cause, batch=len(X), params=params, X=X, dy=draw(rng, (len(X), 1))
    )


def judge_network_forward(student, cases):
    """Judge the predictions, also after a change of the parameters and for large X."""
    try:
        for case in cases:
            with telling(case):
                _judge_predictions(student, case)
        with telling(large := _large(cases[0])):
            _require_predictions(student.two_layer_net(_copies(large.params)), large)
    except (Wrong, StudentError) as problem:
        _say_if_layer_is_to_blame(student, problem, _FORWARD)
        raise


def judge_network_backward(student, cases):
    """Judge the gradients of all parameters, for any gradient dy that comes in."""
    try:
        for case in cases:
            with telling(case):
                _judge_gradients(student, case)
    except (Wrong, StudentError) as problem:
        _say_if_layer_is_to_blame(student, problem, _FORWARD + _BACKWARD)
        raise


def _judge_predictions(student, case):
    net = student.two_layer_net(_copies(case.params))
    y_hat = _require_predictions(net, case)
    kept = y_hat.copy()
    _require_predictions(net, _other_batch(case))
    if not same(y_hat, kept):
        raise in_case(
            Wrong(
                "overwritten_result",
                "a later call of forward overwrites the y_hat of an earlier one",
            ),
            case,
        )
    changed = replace(case, params={name: 0.7 * value for name, value in case.params.items()})
    _update(net, changed.params)
    try:
        _require_predictions(net, changed)
    except Wrong:
        raise in_case(_stale("forward"), case) from None


def _require_predictions(net, case):
    given = {"X": case.X.copy()}
    y_hat = net.forward(given["X"])
    if isinstance(y_hat, (tuple, list)) and len(y_hat) == 2 and type(y_hat[0]) is np.ndarray:
        raise Wrong(
            "returned_pair", "forward returned a pair; the prediction y_hat alone is wanted"
        )
    if y_hat is None:
        raise Wrong("returned_none", "TwoLayerNet.forward returned nothing")
    try:
        require_right([y_hat], [_predictions(case)], case)
    except Wrong as problem:
        if problem.cause in ("wrong_values", case.cause):
            again = net.forward(case.X + 1)
            if type(again) is type(y_hat) is np.ndarray and same(again, y_hat):
                raise Wrong("constant_output", "y_hat is the same for two different X") from None
        raise
    require_unchanged(given, {"X": case.X}, case)
    _require_params(net, case, "forward")
    return y_hat


def _judge_gradients(student, case):
    net = student.two_layer_net(_copies(case.params))
    given = {"X": case.X.copy()}
    _run_forward(net, given["X"], case)
    first = _require_gradients(net, case)
    require_unchanged(given, {"X": case.X}, case)
    arrays = [first[name] for name in NAMES]
    kept = [array.copy() for array in arrays]

    # A second call for the same forward pass, with another gradient coming in.
    again = replace(case, dy=case.dy[::-1] * 1.25)
    _require_repeated(net, case, again, kept)
    if not all(map(same, arrays, kept)):
        raise in_case(
            Wrong(
                "overwritten_result",
                "a later call of backward overwrites the gradients of an earlier one",
            ),
            case,
        )

    # Two forward passes before one backward pass: it belongs to the latest.
    latest = _other_batch(case)
    _run_forward(net, case.X.copy(), case)
    _run_forward(net, latest.X.copy(), case)
    _require_latest(net, case, latest)

    changed = replace(case, params={name: 0.7 * value for name, value in case.params.items()})
    _update(net, changed.params)
    _run_forward(net, case.X.copy(), case)
    try:
        _require_gradients(net, changed)
    except Wrong:
        raise in_case(_stale("backward"), case) from None


def _require_gradients(net, case):
    given = {"dy": case.dy.copy()}
    grads = net.backward(given["dy"])
    if grads is None:
        raise Wrong(
            "returned_none", "TwoLayerNet.backward returned nothing; the dictionary is wanted"
        )
    if not isinstance(grads, dict):
        raise Wrong("wrong_return", "TwoLayerNet.backward did not return a dictionary of gradients")
    missing = [name for name in NAMES if name not in grads]
    extra = sorted(str(key)[:20] for key in grads if key not in NAMES)
    if missing:
        besides = f"; it has {listed(extra)} instead" if extra else ""
        raise Wrong("missing_keys", f"the gradients of {listed(missing)} are missing{besides}")
    if extra:
        raise Wrong("extra_keys", f"the dictionary holds {listed(extra)}, no parameter of the net")
    require_right([grads[name] for name in NAMES], _gradients(case), case)
    require_unchanged(given, {"dy": case.dy}, case)
    _require_params(net, case, "backward")
    return dict(grads)


def _require_repeated(net, case, again, first):
    try:
        _require_gradients(net, again)
    except Wrong as problem:
        grads = net.backward(again.dy.copy())
        arrays = [grads.get(name) for name in NAMES] if isinstance(grads, dict) else []
        sums = [one + 2 * right.value for one, right in zip(first, _gradients(again), strict=True)]
        if arrays and all(_near(array, total) for array, total in zip(arrays, sums, strict=True)):
            raise in_case(
                Wrong("accumulated", "the gradients of an earlier call of backward are added in"),
                case,
            ) from None
        if problem.cause in ("changed_input", "changed_params"):
            raise
        raise in_case(
            Wrong(
                "changed_cache",
                "a second call of backward after the same forward is wrong: the first one changes "
                "what the net has kept",
            ),
            case,
        ) from None


def _require_latest(net, case, latest):
    try:
        _require_gradients(net, latest)
    except Wrong:
        grads = net.backward(latest.dy.copy())
        older = replace(latest, X=case.X)
        old = isinstance(grads, dict) and all(
            find(grads.get(right.name), right, case.batch) is None for right in _gradients(older)
        )
        which = "belongs to the first" if old else "does not belong to the second"
        raise in_case(
            Wrong("stale_cache", f"after two calls of forward, backward {which} of them"), case
        ) from None


def _run_forward(net, X, case):
    try:
        net.forward(X)
    except StudentError as error:
        if error.kind not in NO_ANSWER or error.kind == "NotImplementedError":
            _require_some_backward(net, case)
        if error.kind in NO_ANSWER - {"NotImplementedError"} or _in_layer(error):
            raise
        what = (
            "is not implemented yet" if error.kind == "NotImplementedError" else f"raises {error}"
        )
        raise Wrong(
            "forward_first",
            f"backward can be judged once forward runs, but TwoLayerNet.forward {what}",
        ) from None


def _require_some_backward(net, case):
    """Passes on that backward is not implemented: with forward not running, that comes first."""
    try:
        net.backward(case.dy.copy())
    except StudentError as error:
        if error.kind == "NotImplementedError" and not _in_layer(error):
            raise


def _require_params(net, case, method):
    params = net.params
    changed = [
        name
        for name in NAMES
        if not isinstance(params, dict)
        or type(params.get(name)) is not np.ndarray
        or not same(params[name], case.params[name])
    ]
    if changed:
        raise in_case(
            Wrong("changed_params", f"{method} changes the net's own {listed(changed)}"), case
        )


def _stale(method):
    return Wrong(
        "stale_params",
        f"{method} is right at first, and wrong after the parameters were changed in place, as an "
        "optimizer changes them",
    )


def _update(net, params):
    own = net.params
    for name, value in params.items():
        own[name][...] = value


def _copies(params):
    return {name: value.copy() for name, value in params.items()}


def _other_batch(case):
    """The same net with another batch of the same shape."""
    return replace(case, X=case.X[::-1] * 2 + 1)


def _large(case):
    return replace(case, X=case.X * 1000, label="For large X, up to 1700", cause="overflow")


def _predictions(case):
    params, X = case.params, case.X
    right = two_layers(params, X)
    before = affine(X, params["W1"], params["b1"])
    hidden = logistic(before)

    def without(**zeros):
        changed = {**params, **{name: np.zeros_like(params[name]) for name in zeros}}
        return two_layers(changed, X)

    def activated(function):
        return lambda: affine(function(before), params["W2"], params["b2"])

    others = {
        "tanh": np.tanh,
        "ReLU": lambda z: np.maximum(z, 0),
        "softplus": lambda z: np.logaddexp(0, z),
        "the derivative of the sigmoid": logistic_slope,
        "exp": np.exp,
        "the sigmoid of -z": lambda z: logistic(-z),
        "the sigmoid, twice": lambda z: logistic(logistic(z)),
    }
    return Expected(
        "y_hat",
        right,
        terms=float(np.abs(params["W2"]).sum() + np.abs(params["b2"]).sum()),
        suspects=[
            Suspect(
                "activation_forgotten",
                "[lacks|lack] the sigmoid between the two layers",
                activated(lambda z: z),
            ),
            Suspect(
                "activation_on_output",
                "[is|are] put through a sigmoid at the end",
                lambda: logistic(right),
            ),
            Suspect("bias_forgotten", "[lacks|lack] the bias b1", lambda: without(b1=0)),
            Suspect("bias_forgotten", "[lacks|lack] the bias b2", lambda: without(b2=0)),
            Suspect("bias_forgotten", "[lacks|lack] both biases", lambda: without(b1=0, b2=0)),
            Suspect("hidden_returned", "[is|are] the hidden layer", lambda: hidden),
            Suspect(
                "hidden_returned", "[is|are] the hidden layer before the sigmoid", lambda: before
            ),
            Suspect(
                "pair_not_unpacked",
                "[is|are] made from the pair (out, cache) of the sigmoid, not from its out",
                lambda: np.stack([right, right]),
            ),
            Suspect(
                "layers_out_of_order",
                "[has|have] the sigmoid before the first affine layer",
                lambda: affine(
                    affine(logistic(X), params["W1"], params["b1"]), params["W2"], params["b2"]
                ),
            ),
            *(
                Suspect(
                    "other_activation",
                    f"[has|have] {name} between the layers, not the sigmoid",
                    activated(function),
                )
                for name, function in others.items()
            ),
        ],
    )


def _gradients(case):
    """The four expected gradients, each with its suspects."""
    params, X, dy = case.params, case.X, case.dy
    before = affine(X, params["W1"], params["b1"])

    def gradient(name, dy=dy, activation=logistic, end=None, **others):
        """The gradient of a net that may differ from the right one."""
        given = {**params, **others}

        def predict(value):
            y_hat = two_layers({**given, name: value}, X, activation)
            return y_hat if end is None else end(y_hat)

        return complex_step(predict, given[name], dy)

    def frozen(slope):
        """An activation with a wrong derivative."""
        return lambda z: z * slope

    def suspects(name):
        first = name in ("W1", "b1")
        ones = np.ones_like(params["W2"])
        yield Suspect(
            "dout_forgotten",
            "[does|do] not depend on dy: it is not used",
            lambda: gradient(name, dy=np.ones_like(dy))[0],
        )
        yield Suspect(
            "activation_on_output",
            "[belongs|belong] to a net that ends with a sigmoid",
            lambda: gradient(name, end=logistic)[0],
        )
        if first:
            yield Suspect(
                "derivative_forgotten",
                "[lacks|lack] the derivative of the sigmoid",
                lambda: gradient(name, activation=lambda z: z)[0],
            )
            yield Suspect(
                "derivative_of_output",
                "[takes|take] the sigmoid's derivative at σ(z), not at z",
                lambda: gradient(name, activation=frozen(logistic_slope(logistic(before))))[0],
            )
            yield Suspect(
                "derivative_of_input",
                "[feeds|feed] z into the formula that is made for σ(z)",
                lambda: gradient(name, activation=frozen(0.25 - (before - 0.5) ** 2))[0],
            )
            yield Suspect(
                "derivative_incomplete",
                "[has|have] σ(z) alone in place of the derivative",
                lambda: gradient(name, activation=frozen(logistic(before)))[0],
            )
            yield Suspect(
                "derivative_incomplete",
                "[has|have] 1 - σ(z) alone in place of the derivative",
                lambda: gradient(name, activation=frozen(logistic(-before)))[0],
            )
            yield Suspect(
                "gradient_not_passed",
                "[uses|use] dy itself, not the gradient that the second layer passes on",
                lambda: gradient(name, W2=ones)[0],
            )
            yield Suspect(
                "gradient_not_passed",
                "[uses|use] dy itself, not what the later layers pass on",
                lambda: gradient(name, W2=ones, activation=lambda z: z)[0],
            )
            yield Suspect(
                "gradient_not_passed",
                "[uses|use] dy itself, not what the later layers pass on",
                lambda: gradient(name, W2=ones, activation=lambda z: z)[0][..., :1],
            )
            yield Suspect(
                "gradient_not_passed",
                "[uses|use] the sigmoid's derivative alone: dy and W2 are not used",
                lambda: gradient(name, dy=np.ones_like(dy), W2=ones)[0],
            )
        if name == "W2":
            yield Suspect(
                "wrong_layer_input",
                "[uses|use] what stands before the sigmoid",
                lambda: gradient(name, activation=lambda z: z)[0],
            )
            yield Suspect(
                "wrong_layer_input",
                "[uses|use] X, the input of the first layer",
                lambda: np.tensordot(X, dy, axes=(0, 0)),
            )
            yield Suspect(
                "wrong_layer_input",
                "[uses|use] the derivative of the sigmoid",
                lambda: gradient(name, activation=logistic_slope_of)[0],
            )
        if name in ("b1", "b2"):
            yield Suspect(
                "bias_shape",
                "[is|are] kept as a table with one row",
                lambda: gradient(name)[0][None, :],
            )
            yield Suspect(
                "bias_shape",
                "[is|are] kept as a table with one column",
                lambda: gradient(name)[0][:, None],
            )
            yield Suspect(
                "wrong_shape",
                "[is|are] a number without axes",
                lambda: gradient(name)[0].reshape(()),
            )
            yield from bias_suspects(_per_sample(name))
        yield from one_sample(name)

    def logistic_slope_of(z):
        return logistic_slope(z.real).astype(z.dtype)

    def one_sample(name):
        for sample, word in ((-1, "last"), (0, "first")):
            only = np.zeros_like(dy)
            only[sample] = dy[sample]
            yield Suspect(
                "not_accumulated",
                f"[holds|hold] the {word} sample of the batch alone",
                lambda only=only: gradient(name, dy=only)[0],
            )

    def _per_sample(name):
        """The gradients of a bias for each sample, (N, size of the bias)."""
        if name == "b2":
            return dy
        return np.stack(
            [
                gradient("b1", dy=np.where(np.arange(len(dy))[:, None] == n, dy, 0.0))[0]
                for n in range(len(dy))
            ]
        )

    expected = []
    for name in NAMES:
        value, terms = gradient(name)
        central = second_witness(
            lambda array, name=name: two_layers({**params, name: array}, X), params[name], dy, case
        )
        expected.append(
            Expected(name, value, float(terms.max()), central, _Late(partial(suspects, name)))
        )
    return expected


class _Late:
    """A sequence of suspects that is made only when somebody looks at it."""

    def __init__(self, make):
        self._make = make

    def __iter__(self):
        return iter(self._make())


def _near(array, want):
    return type(array) is np.ndarray and close(array, want, 1e-6 * float(np.abs(want).max()))


_FORWARD = (
    ("affine_forward", judge_affine_forward, affine_cases),
    ("sigmoid_forward", judge_sigmoid_forward, sigmoid_cases),
)
_BACKWARD = (
    ("affine_backward", judge_affine_backward, affine_cases),
    ("sigmoid_backward", judge_sigmoid_backward, sigmoid_cases),
)


def _in_layer(error):
    return (error.file or "").endswith("layer.py")


def _say_if_layer_is_to_blame(student, problem, layers):
    """A net can be no better than its layers: name the layer where that is what fails."""
    if isinstance(problem, StudentError):
        if problem.kind == "NotImplementedError" and _in_layer(problem):
            raise Wrong(
                "layer_missing",
                f"the net calls a layer that is not implemented yet ({problem.message})",
            ) from None
        if problem.kind in NO_ANSWER:
            return
    elif problem.cause in _OF_THE_NET:
        return
    for name, judge, cases in layers:
        try:
            judge(student, cases(np.random.default_rng(0)))
        except Wrong as fault:
            raise Wrong(
                "layer_wrong",
                f"{name} fails its own check, and the net builds on it: {fault.says}",
                wanted=problem.wanted if isinstance(problem, Wrong) else None,
                got=problem.got if isinstance(problem, Wrong) else None,
            ) from None
        except StudentError as fault:
            if fault.kind not in NO_ANSWER:
                raise Wrong(
                    "layer_wrong",
                    f"{name} fails its own check, and the net builds on it: it raises {fault}",
                ) from None
