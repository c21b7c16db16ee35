"""The checks of the two-layer network, as a whole and with its own layers."""

import contextlib
from dataclasses import replace
from functools import partial
from itertools import permutations

import numpy as np

from exercise_code.tests import two_layer_network as network
from exercise_code.tests.calling import NO_ANSWER, UNWRITTEN, StudentError, one_line
from exercise_code.tests.cases import changed
from exercise_code.tests.causes import CAUSES
from exercise_code.tests.compare import (
    Wrong,
    close,
    in_case,
    is_right,
    listed,
    require_right,
    same,
)
from exercise_code.tests.layer_checks import (
    judge_affine_backward,
    judge_affine_forward,
    judge_sigmoid_backward,
    judge_sigmoid_forward,
    require_unchanged,
    telling,
)
from exercise_code.tests.two_layer_network import (
    NAMES,
    another_batch,
    another_gradient,
    gradients,
    other_params,
)

_KEYS_SHOWN = 6
_SAME = "stays the same when the parameters are changed in place, as an optimizer changes them"

# Mistakes of the net itself, whatever its layers do, unless a layer makes one of those beside it.
_OF_THE_NET = {
    "accumulated": (),
    "activation_forgotten": ("other_activation",),
    "activation_on_output": ("activation_in_affine",),
    "changed_params": ("changed_input", "changed_cache"),
    "constant_output": ("constant_output", "all_zero"),
    "extra_keys": (),
    "forward_first": ("returned_none", "wrong_return"),
    "hidden_returned": (),
    "layers_out_of_order": (),
    "missing_keys": (),
    "pair_not_unpacked": (),
    "returned_none": ("returned_none",),
    "returned_pair": (),
    "stale_params": (),
    "weight_decay": ("weight_decay",),
    "wrong_order": ("wrong_order",),
    "wrong_return": (),
    "wrong_type": ("wrong_type",),
}

_FORWARD = (("affine_forward", judge_affine_forward), ("sigmoid_forward", judge_sigmoid_forward))
_BACKWARD = (
    ("affine_backward", judge_affine_backward),
    ("sigmoid_backward", judge_sigmoid_backward),
)


def judge_network_forward(student, cases):
    """Judge the predictions, also after a change of the parameters and for other sizes."""
    common, *others = cases
    sized = [
        *network.large_batches(common),
        network.large_params(common),
        network.small_params(common),
    ]
    _judge_each(_judge_predictions, student, [common], _FORWARD)
    _judge_each(_judge_prediction, student, sized, _FORWARD)
    _judge_each(_judge_predictions, student, others, _FORWARD)


def judge_network_backward(student, cases):
    """Judge the gradients of all parameters, for any dy and for numbers of other sizes."""
    common, *others = cases
    sized = [
        *network.large_batches(common),
        network.large_params(common),
        network.large_gradient(common),
        network.small_params(common),
    ]
    _judge_each(_judge_gradients, student, [common], _FORWARD + _BACKWARD)
    _judge_each(_judge_gradient, student, sized, _FORWARD + _BACKWARD)
    _judge_each(_judge_gradients, student, others, _FORWARD + _BACKWARD)


def _judge_each(judge, student, cases, layers):
    for case in cases:
        with telling(case), _blaming(student, layers, case):
            judge(student, case)


def _judge_prediction(student, case):
    _require_predictions(student, student.TwoLayerNet(_copies(case.params)), case)


def _judge_predictions(student, case):
    net = student.TwoLayerNet(_copies(case.params))
    y_hat = _require_predictions(student, net, case)
    kept = y_hat.copy()
    _require_predictions(student, net, another_batch(case))
    if not same(y_hat, kept):
        raise in_case(
            Wrong("overwritten_result", "a later forward overwrites the y_hat of an earlier one"),
            case,
        )
    changed = other_params(case)
    _update(net, changed.params)
    try:
        _require_predictions(student, net, changed)
    except Wrong:
        raise in_case(_stale("forward"), case) from None


def _require_predictions(student, net, case):
    given = {"X": case.X.copy()}
    y_hat = net.forward(given["X"])
    if y_hat is None:
        raise Wrong("returned_none", "TwoLayerNet.forward returned None")
    if isinstance(y_hat, tuple) and len(y_hat) == 2:
        raise Wrong("returned_pair", "forward returned a pair; y_hat alone is wanted")
    try:
        require_right([y_hat], [network.predictions(case)], case, partial(_y_hat_again, net, case))
    except Wrong as problem:
        _require_params(net, case, "forward")
        if problem.cause == "wrong_shape" and _is_without_params(student, case, y_hat):
            says = f"{problem.says}; none of the parameters has a part in it"
            raise problem.told(says, "params_unused") from None
        if problem.cause == "wrong_values":
            again = net.forward(another_batch(case).X.copy())
            if type(again) is np.ndarray and same(again, y_hat):
                raise Wrong("constant_output", "y_hat is the same for two different X") from None
            _update(net, other_params(case).params)
            again = net.forward(case.X.copy())
            if type(again) is np.ndarray and same(again, y_hat):
                raise Wrong("stale_params", f"y_hat {_SAME}") from None
        raise
    require_unchanged(given, {"X": case.X}, case)
    _require_params(net, case, "forward")
    return y_hat


def _is_without_params(student, case, y_hat):
    """Whether a net with other parameters gives the same."""
    other = student.TwoLayerNet(_copies(other_params(case).params)).forward(case.X.copy())
    return type(other) is type(y_hat) is np.ndarray and same(other, y_hat)


def answers(student, case):
    """What the net answers in a case, both passes of it, and what is right."""
    net = student.TwoLayerNet(_copies(case.params))
    y_hat = net.forward(case.X.copy())
    grads = net.backward(case.dy.copy())
    kept = grads if isinstance(grads, dict) else {}
    return [y_hat, *map(kept.get, NAMES)], [network.predictions(case), *gradients(case)]


def prediction(student, case):
    """What the net predicts in a case, and what is right."""
    y_hat = student.TwoLayerNet(_copies(case.params)).forward(case.X.copy())
    return [y_hat], [network.predictions(case)]


def with_other_numbers(case):
    """The case of the same sizes with another X and dy."""
    return replace(another_batch(case), dy=changed(case.dy), label="For another X and dy")


def _y_hat_again(net, case):
    """The predictions for another X, and what they should be."""
    other = replace(another_batch(case), label="For another X")
    return [net.forward(other.X.copy())], [network.predictions(other)]


def _gradients_again(net, case):
    """The gradients for another X and dy, and what they should be. Ends as it began."""
    other = with_other_numbers(case)
    net.forward(other.X.copy())
    grads = net.backward(other.dy.copy())
    net.forward(case.X.copy())
    kept = grads if isinstance(grads, dict) else {}
    return [kept.get(name) for name in NAMES], gradients(other)


def _judge_gradients(student, case):
    net = student.TwoLayerNet(_copies(case.params))
    given = {"X": case.X.copy()}
    _run_forward(net, given["X"], case)
    try:
        first = _require_gradients(net, case)
    except Wrong as problem:
        if problem.cause in ("factor", "wrong_values"):
            _say_if_not_repeated(net, case, problem)
        if problem.cause == "wrong_values":
            _say_if_params_are_not_read(net, case)
        raise
    require_unchanged(given, {"X": case.X}, case)
    kept = [array.copy() for array in first]
    _require_repeated(net, another_gradient(case), kept)
    if not all(map(same, first, kept)):
        raise in_case(
            Wrong("overwritten_result", "a later backward overwrites the gradients of an earlier"),
            case,
        )
    _require_latest(net, case, another_batch(case))
    changed = other_params(case)
    _update(net, changed.params)
    _run_forward(net, case.X.copy(), case)
    try:
        _require_gradients(net, changed)
    except Wrong:
        raise in_case(_stale("backward"), case) from None


def _judge_gradient(student, case):
    net = student.TwoLayerNet(_copies(case.params))
    _run_forward(net, case.X.copy(), case)
    _require_gradients(net, case)


def _require_gradients(net, case):
    """The four gradients that backward returns, in the order of NAMES."""
    given = {"dy": case.dy.copy()}
    grads = net.backward(given["dy"])
    if grads is None:
        raise Wrong("returned_none", "TwoLayerNet.backward returned None")
    if not isinstance(grads, dict):
        raise Wrong("wrong_return", "TwoLayerNet.backward did not return a dictionary")
    missing = [name for name in NAMES if name not in grads]
    extra = sorted(one_line(str(key)[:20]) for key in grads if key not in NAMES)
    if len(extra) > _KEYS_SHOWN:
        extra = [*extra[:_KEYS_SHOWN], f"{len(extra) - _KEYS_SHOWN} more"]
    if missing:
        besides = f"; it has {listed(extra)} instead" if extra else ""
        raise Wrong("missing_keys", f"no gradient of {listed(missing)} was returned{besides}")
    if extra:
        raise Wrong("extra_keys", f"the dictionary holds {listed(extra)}, no parameter of the net")
    arrays = [grads[name] for name in NAMES]
    expected = gradients(case)
    try:
        require_right(arrays, expected, case, partial(_gradients_again, net, case))
    except Wrong as problem:
        _say_if_permuted(arrays, expected, case)
        if problem.cause == "wrong_values":
            _require_params(net, case, "backward")
            _say_where(problem, arrays, expected)
        raise
    require_unchanged(given, {"dy": case.dy}, case)
    _require_params(net, case, "backward")
    return arrays


def _say_if_permuted(arrays, expected, case):
    for order in permutations(range(len(NAMES))):
        if list(order) != sorted(order) and all(
            is_right(arrays[i], right) for i, right in zip(order, expected, strict=True)
        ):
            moved = [NAMES[i] for n, i in enumerate(order) if n != i]
            raise Wrong(
                "wrong_order", f"the gradients of {listed(moved)} stand under each other's names"
            ) from None


def _say_where(problem, arrays, expected):
    """Where the mistake must lie, seeing which gradients are right."""
    right = [
        name
        for name, array, want in zip(NAMES, arrays, expected, strict=True)
        if is_right(array, want)
    ]
    if right == ["W2", "b2"]:
        where = (
            "W2 and b2 are right, so it happens on the way from the second layer to the first: in "
            "the gradient that the second passes on, or in the sigmoid's derivative"
        )
    elif "W1" not in right and "b1" in right:
        where = "b1 is right, so what comes into the first layer is: what it is multiplied with?"
    else:
        return
    raise problem.told(f"{problem.says}; {where}", where=where) from None


def _say_if_not_repeated(net, case, problem):
    """Whether the same backward gives something else each time."""
    grads, again = (_copied(net.backward(case.dy.copy())) for _ in range(2))
    differ = [
        name
        for name in NAMES
        if name in grads and name in again and not same(grads[name], again[name])
    ]
    if differ:
        says = f"{problem.says}; each backward with the same dy gives another {listed(differ)}"
        raise problem.told(says, hint=CAUSES["accumulated"].hint) from None


def _copied(grads):
    """Copies of the arrays, for a net may fill one dictionary in every call."""
    held = grads.items() if isinstance(grads, dict) else ()
    return {name: np.array(array) for name, array in held if type(array) is np.ndarray}


def _say_if_params_are_not_read(net, case):
    """Whether the gradients stay what they are when all parameters change."""
    grads = _copied(net.backward(case.dy.copy()))
    _update(net, other_params(case).params)
    _run_forward(net, case.X.copy(), case)
    again = _copied(net.backward(case.dy.copy()))
    if all(name in grads and name in again and same(grads[name], again[name]) for name in NAMES):
        raise Wrong("stale_params", f"every gradient {_SAME}") from None


def _require_repeated(net, again, first):
    """A second backward for the same forward pass, with another gradient coming in."""
    try:
        _require_gradients(net, again)
    except StudentError as error:
        if error.kind in NO_ANSWER:
            raise
        raise in_case(
            Wrong(
                "emptied_cache",
                f"a second backward after the same forward raised {error}: the first empties what "
                "the net has kept",
            ),
            again,
        ) from None
    except Wrong as problem:
        if problem.cause in ("changed_input", "changed_params"):
            raise
        grads = net.backward(again.dy.copy())
        arrays = [grads.get(name) for name in NAMES] if isinstance(grads, dict) else []
        sums = [one + 2 * right.value for one, right in zip(first, gradients(again), strict=True)]
        if arrays and all(map(_near, arrays, first)):
            wrong = Wrong(
                "constant_output",
                "a second backward returns what the first one did, whatever dy is",
            )
        elif added := [
            name for name, *pair in zip(NAMES, arrays, sums, strict=False) if _near(*pair)
        ]:  # there may be no arrays at all
            which = "" if len(added) == len(NAMES) else f", to those of {listed(added)}"
            wrong = Wrong(
                "accumulated", f"the gradients of an earlier backward are added in{which}"
            )
        else:
            wrong = Wrong(
                "changed_cache",
                "a second backward after the same forward is wrong: the first changes what the "
                "net has kept",
            )
        raise in_case(wrong, again) from None


def _require_latest(net, case, latest):
    """Two forward passes before one backward pass: it belongs to the latest."""
    _run_forward(net, case.X.copy(), case)
    _run_forward(net, latest.X.copy(), case)
    try:
        _require_gradients(net, latest)
    except Wrong:
        grads = net.backward(latest.dy.copy())
        older = gradients(replace(latest, X=case.X))
        of_the_first = isinstance(grads, dict) and all(
            is_right(grads.get(right.name), right) for right in older
        )
        which = "belongs to the first" if of_the_first else "does not belong to the second"
        raise in_case(
            Wrong("stale_cache", f"after two calls of forward, backward {which} of them"), case
        ) from None


def _run_forward(net, X, case):
    """Forward for what it leaves behind; its values are the business of another check."""
    try:
        net.forward(X)
    except StudentError as error:
        stub = error.kind in UNWRITTEN
        if stub or error.kind not in NO_ANSWER:
            _require_some_backward(net, case)
        if _in_layer(error) or (error.kind in NO_ANSWER and not stub):
            raise
        what = "is not implemented yet" if stub else f"raised {error}"
        raise Wrong(
            "forward_first",
            f"backward can be judged once forward runs, but TwoLayerNet.forward {what}",
        ) from None


def _require_some_backward(net, case):
    """Passes on that backward is not implemented: while forward does not run, that comes first."""
    try:
        net.backward(case.dy.copy())
    except StudentError as error:
        if error.kind in UNWRITTEN and not _in_layer(error):
            raise


def _require_params(net, case, method):
    params = net.params
    changed = [
        name
        for name, value in case.params.items()
        if not isinstance(params, dict)
        or type(params.get(name)) is not np.ndarray
        or not same(params[name], value)
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
        try:
            own[name][...] = value
        except ValueError:
            raise StudentError("WrongParams", f"params[{name!r}] has become read-only") from None


def _copies(params):
    return {name: value.copy() for name, value in params.items()}


def _near(array, want):
    return type(array) is np.ndarray and close(array, want, 1e-6 * float(np.abs(want).max()))


def _in_layer(error):
    return (error.file or "").endswith("/layer.py") or error.file == "layer.py"


@contextlib.contextmanager
def _blaming(student, layers, case):
    """A net can be no better than its layers: names the layer where that is what fails.

    It is to blame only if it is wrong on the very arrays that a right net hands to it in this case.
    """
    try:
        yield
    except (Wrong, StudentError) as problem:
        _say_if_layer_is_to_blame(student, layers, case, problem)
        raise


def _say_if_layer_is_to_blame(student, layers, case, problem):
    arrays, only = {}, None
    if isinstance(problem, StudentError):
        if problem.kind in UNWRITTEN and _in_layer(problem):
            which = f" ({problem.message})" if problem.message else ""
            raise Wrong(
                "layer_missing", f"the net calls a layer that is not implemented yet{which}"
            ) from None
        if problem.kind in NO_ANSWER:
            return
    else:
        arrays = {"wanted": problem.wanted, "got": problem.got, "name": problem.name}
        only = _OF_THE_NET.get(problem.cause)
    # All that a net is asked in one case.
    asked = [case, another_batch(case), another_gradient(case), other_params(case)]
    handed = [network.layer_cases(one) for one in asked]
    affine = [one for pair, _ in handed for one in pair]
    sigmoid = [one for _, alone in handed for one in alone]
    for name, judge in layers:
        try:
            judge(student, affine if name.startswith("affine") else sigmoid)
        except Wrong as fault:
            if only is not None and fault.cause not in only:
                continue
            says = fault.says
        except StudentError as fault:
            if fault.kind in NO_ANSWER or only is not None:
                continue
            says = f"it raised {fault}"
        else:
            continue
        raise Wrong(
            "layer_wrong", f"{name} is wrong on what the net hands to it: {says}", **arrays
        ) from None
