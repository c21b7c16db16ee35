"""The checks of the four layer functions."""

import contextlib
from dataclasses import replace
from functools import partial
from itertools import permutations
from operator import eq

import numpy as np

from exercise_code.tests.affine_layer import AffineLayer
from exercise_code.tests.calling import NO_ANSWER, StudentError
from exercise_code.tests.cases import changed, other_numbers
from exercise_code.tests.compare import (
    Wrong,
    in_case,
    is_right,
    listed,
    require_right,
    same,
    shape_of,
)
from exercise_code.tests.raised import of_the_cache
from exercise_code.tests.sigmoid_layer import SigmoidLayer

# Problems of a backward function that the choice of the cache does not explain better.
_SAYS_ENOUGH = {"changed_input", "changed_cache", "derivative_of_input"}


def judge_forward(layer, student, cases):
    """Judge a forward function: its values, and what it must leave alone."""
    kept = []
    for case in [cases[0], other_numbers(cases[0]), *cases[1:]]:
        with telling(case):
            out, _ = _forward(layer, student, case)
            kept.append((out, out.copy(), case))
    for out, copy, case in kept:
        if not same(out, copy):
            raise in_case(
                Wrong("overwritten_result", "a later call overwrites the out of an earlier one"),
                case,
            )


def judge_backward(layer, student, cases):
    """Judge a backward function, with the caches of the student's own forward where that is right.

    All forward calls come before all backward calls, so a backward that looks anywhere but into
    its cache is found out. Returns a remark if it needs another cache than the docstring's.
    """
    cases = [cases[0], other_numbers(cases[0]), *cases[1:]]
    own = _own_caches(layer, student, cases)
    sheet = [layer.sheet_cache(case) for case in cases]
    if own is not None:
        try:
            _all_backward(layer, student, cases, own)
        except (Wrong, StudentError) as problem:
            _say_if_cache_is_to_blame(layer, student, cases, sheet, problem)
            raise
        return _remark_on_cache(layer, student, cases[:1], sheet[:1])
    try:
        _all_backward(layer, student, cases, sheet)
    except (Wrong, StudentError) as problem:
        if isinstance(problem, StudentError) and problem.kind in NO_ANSWER:
            raise
        # A forward with wrong values may still pack a cache of its own, for this backward.
        loose = _own_caches(layer, student, cases, right=False)
        if loose is None or not _passes(layer, student, cases, loose):
            if isinstance(problem, Wrong) and problem.cause == "wrong_values":
                _say_if_known(layer, student, cases[:1])
            if not _passes(layer, student, cases[:1], sheet[:1]):
                _say_if_forward_is_to_blame(layer, student, cases, problem)
            raise
    return None


def _say_if_known(layer, student, cases):
    """Whether the cache of a forward that is not right shows a mistake that is known."""
    caches = _own_caches(layer, student, cases, right=False)
    try:
        if caches is not None:
            _all_backward(layer, student, cases, caches)
    except Wrong as problem:
        if problem.cause not in ("wrong_values", "wrong_shape"):
            raise problem from None
    except StudentError:
        pass


def _remark_on_cache(layer, student, cases, sheet):
    """The remark, where the cache is one array; that tuples hold what it takes is expected."""
    if not isinstance(sheet[0], np.ndarray) or _passes(layer, student, cases, sheet):
        return None
    return (
        f"Your {layer.forward} keeps another cache than the docstring's, and {layer.backward} "
        "needs that one. The two fit together, so nothing has to change."
    )


def _say_if_cache_is_to_blame(layer, student, cases, sheet, problem):
    if isinstance(problem, StudentError) and problem.kind in NO_ANSWER:
        return
    if isinstance(problem, Wrong) and problem.cause in _SAYS_ENOUGH:
        return
    if _passes_at_once(layer, student, cases):
        raise Wrong(
            "stale_cache",
            f"{layer.backward} is right only for the latest call of {layer.forward}, "
            "whichever cache it is given",
        ) from None
    if _passes(layer, student, cases, sheet):
        raise Wrong(
            "cache_mismatch",
            f"{layer.backward} is right with the cache that the docstring describes, "
            f"but not with the one that your own {layer.forward} returns",
        ) from None
    _say_if_unpacked_in_another_order(layer, student, cases[:1], sheet[0])


def _say_if_unpacked_in_another_order(layer, student, cases, cache):
    names = list(cases[0].inputs)
    if not isinstance(cache, tuple):
        return
    for order in list(permutations(range(len(cache))))[1:]:
        if _passes(layer, student, cases, [tuple(cache[i] for i in order)]):
            raise Wrong(
                "cache_mismatch",
                f"{layer.backward} is right with the cache ({', '.join(names[i] for i in order)}), "
                f"and the docstring's is ({', '.join(names)})",
            ) from None


def _say_if_forward_is_to_blame(layer, student, cases, problem):
    """Whether backward needs a cache of the own forward, which is not always right."""
    unpacking = isinstance(problem, StudentError) and of_the_cache(problem)
    ran = []
    for case in cases:
        with contextlib.suppress(Wrong, StudentError):
            ran.append((case, _forward(layer, student, case, right=unpacking)[1]))
    common = ran and ran[0][0] is cases[0]
    if unpacking and common:  # what is wrong with its own cache says more
        _all_backward(layer, student, *zip(*ran, strict=True))
    if common and _passes(layer, student, *zip(*ran, strict=True)):
        raise Wrong(
            "forward_first",
            f"{layer.backward} is right wherever your own {layer.forward} returns a cache, but "
            f"{layer.forward} fails for other shapes of x",
        ) from None
    if unpacking:
        raise Wrong(
            "forward_first",
            f"{layer.forward} is not right yet, so {layer.backward} was given the docstring's "
            f"cache, and cannot take it apart ({problem.place})",
        ) from None


def _own_caches(layer, student, cases, right=True):
    """The caches of the student's own forward, or None if that fails in any case."""
    caches = []
    for case in cases:
        try:
            caches.append(_forward(layer, student, case, right)[1])
        except (Wrong, StudentError):
            return None
    return caches


def _passes(layer, student, cases, caches):
    try:
        _all_backward(layer, student, cases, caches)
    except (Wrong, StudentError):
        return False
    return True


def _passes_at_once(layer, student, cases):
    """Whether backward is right when it is called straight after its own forward."""
    try:
        for case in cases:
            _backward(layer, student, case, _forward(layer, student, case)[1])
    except (Wrong, StudentError):
        return False
    return True


def _forward(layer, student, case, right=True):
    function = getattr(student, layer.forward)
    given = {name: array.copy() for name, array in case.inputs.items()}
    answer = function(*given.values())
    out, cache = _pair(layer, answer, case)
    if right:
        try:
            require_right([out], [layer.out(case)], case, partial(_out_again, layer, student, case))
        except Wrong as problem:
            if problem.cause in ("wrong_values", "stale_cache"):
                _say_if_constant(function, given, out)
            if problem.cause in ("wrong_values", "wrong_shape"):
                _say_if_of_x_alone(function, given, out, problem)
            raise
        require_unchanged(given, case.inputs, case)
    return out, cache


def forward_answers(layer, student, case):
    """What the student's forward gives in a case, and what is right."""
    return [_forward(layer, student, case, right=False)[0]], [layer.out(case)]


def _out_again(layer, student, case):
    return forward_answers(layer, student, with_other_numbers(case))


def with_other_numbers(case):
    """The case of the same sizes with all numbers changed."""
    arrays = {name: changed(array) for name, array in {**case.inputs, "dout": case.dout}.items()}
    return replace(case, **arrays, label="For other numbers")


def in_another_shape(case):
    """The case with one more axis in each sample, or with no more than one."""
    samples = len(case.x)
    shape = (samples, 1, -1) if case.x.ndim == 2 else (samples, -1)
    arrays = {"x": case.x, **({"dout": case.dout} if case.w is None else {})}
    shaped = {name: array.reshape(shape) for name, array in arrays.items()}
    return replace(case, **shaped, label="For x of another shape")


def _say_if_constant(function, given, out):
    others = {name: 2 * array + 1 for name, array in given.items()}
    answer = function(*others.values())
    again = answer[0] if isinstance(answer, tuple) and len(answer) == 2 else None
    if type(again) is np.ndarray and same(again, out):
        raise Wrong(
            "constant_output", "out is the same for two different inputs of one shape"
        ) from None


def _say_if_of_x_alone(function, given, out, problem):
    """Whether the other arguments could be any: then a whole step is missing."""
    x, *others = given.values()
    answer = function(x.copy(), *(2 * array + 1 for array in others)) if others else None
    again = answer[0] if isinstance(answer, tuple) and len(answer) == 2 else None
    if _same_arrays(again, out):
        names = list(given)[1:]
        says = f"{problem.says}; neither {' nor '.join(names)} has a part in it"
        raise problem.told(says, "params_unused") from None


def _pair(layer, answer, case):
    if answer is None:
        raise Wrong("returned_none", f"{layer.forward} returned None")
    if not isinstance(answer, (tuple, list)) or len(answer) != 2:
        kind = f"a tuple of {len(answer)}" if isinstance(answer, tuple) else "one thing"
        raise Wrong("wrong_return", f"{layer.forward} returned {kind}, not the pair (out, cache)")
    out, cache = answer
    if (
        type(out) is not np.ndarray
        and type(cache) is np.ndarray
        and is_right(cache, layer.out(case))
    ):
        raise Wrong("wrong_order", f"{layer.forward} returned (cache, out), not (out, cache)")
    return out, cache


def _all_backward(layer, student, cases, caches):
    for case, cache in zip(cases, caches, strict=True):
        with telling(case):
            _backward(layer, student, case, cache)


def _backward(layer, student, case, cache):
    function = getattr(student, layer.backward)
    given = {"dout": case.dout.copy()}
    grads = _gradients(layer, function(*given.values(), cache))
    expected = layer.expected_gradients(case)
    try:
        require_right(grads, expected, case, partial(_gradients_again, layer, student, case))
    except Wrong as problem:
        _say_if_permuted(layer, grads, expected, problem)
        if problem.cause == "wrong_values":
            _say_if_not_repeated(layer, grads, function(case.dout.copy(), cache))
        raise
    require_unchanged(given, {"dout": case.dout}, case)
    kept = [grad.copy() for grad in grads]
    again = _gradients(layer, function(-2 * case.dout, cache))
    try:
        require_right(again, [right.times(-2) for right in expected], case)
    except Wrong:
        if all(map(_same_arrays, again, kept)):
            raise Wrong(
                "constant_output",
                f"a second call of {layer.backward} returns what the first did, whatever dout is",
            ) from None
        if any(
            is_right(grad, right.times(-1)) for grad, right in zip(again, expected, strict=True)
        ):
            raise Wrong(
                "accumulated",
                f"a second call of {layer.backward} adds to the gradients of the first",
            ) from None
        raise in_case(
            Wrong(
                "changed_cache",
                f"a second call of {layer.backward} with the same cache is wrong: the first "
                "changes the cache",
            ),
            case,
        ) from None
    for name, grad, copy in zip(layer.gradients, grads, kept, strict=True):
        if not same(grad, copy):
            raise Wrong(
                "overwritten_result", f"a later call overwrites the {name} of an earlier one"
            )


def backward_answers(layer, student, case):
    """What the student's forward and backward give in a case, and what is right."""
    out, cache = _forward(layer, student, case, right=False)
    right = layer.out(case)
    if not is_right(out, right):
        cache = layer.sheet_cache(case)
    answer = getattr(student, layer.backward)(case.dout.copy(), cache)
    return [out, *_gradients(layer, answer)], [right, *layer.expected_gradients(case)]


def _gradients_again(layer, student, case):
    """The gradients for other numbers, and what they should be."""
    grads, expected = backward_answers(layer, student, with_other_numbers(case))
    return grads[1:], expected[1:]


def _say_if_not_repeated(layer, grads, again):
    """Whether a second call with the same arguments gives something else."""
    pairs = zip(layer.gradients, grads, _gradients(layer, again), strict=True)
    differ = [name for name, one, two in pairs if not _same_arrays(one, two)]
    if differ:
        raise Wrong(
            "changed_cache",
            f"a second call of {layer.backward} with the same dout and cache gives another "
            f"{listed(differ)}: {layer.backward} changes the cache while it computes",
        ) from None


def _same_arrays(one, other):
    return type(one) is type(other) is np.ndarray and same(one, other)


def _gradients(layer, answer):
    if len(layer.gradients) == 1:
        if answer is None:
            raise Wrong("returned_none", f"{layer.backward} returned None")
        return [answer]
    wanted = ", ".join(layer.gradients)
    if answer is None:
        raise Wrong("returned_none", f"{layer.backward} returned None")
    if not isinstance(answer, (tuple, list)) or len(answer) != len(layer.gradients):
        kind = f"{len(answer)} results" if isinstance(answer, (tuple, list)) else "one result"
        raise Wrong("wrong_return", f"{layer.backward} returned {kind}, wanted are {wanted}")
    return list(answer)


def _say_if_permuted(layer, grads, expected, problem):
    for order in permutations(range(len(grads))):
        if list(order) != sorted(order) and all(
            is_right(grads[i], right) for i, right in zip(order, expected, strict=True)
        ):
            _say_order(layer, order, "")
    shapes, wanted = [shape_of(grad) for grad in grads], [right.value.shape for right in expected]
    unexplained = problem.cause in ("wrong_shape", "wrong_type")
    if len(grads) > 2 and unexplained and not any(map(eq, shapes, wanted)):
        for order in permutations(range(len(grads))):
            if sum(shapes[i] == shape for i, shape in zip(order, wanted, strict=True)) > 1:
                _say_order(layer, order, ", by their shapes")


def _say_order(layer, order, by):
    names = dict(zip(order, layer.gradients, strict=True))
    got = ", ".join(names[i] for i in range(len(order)))
    raise Wrong(
        "wrong_order",
        f"{layer.backward} returned {got}{by}; the order is {', '.join(layer.gradients)}",
    ) from None


def require_unchanged(given, originals, case):
    """Raises Wrong if a call has changed the arrays that it was given."""
    changed = [name for name, array in given.items() if not same(array, originals[name])]
    if changed:
        words = "array" if len(changed) == 1 else "arrays"
        raise in_case(
            Wrong(
                "changed_input", f"the caller's {words} {listed(changed)} changed during the call"
            ),
            case,
        )


@contextlib.contextmanager
def telling(case):
    """Notes the case in a StudentError that passes through."""
    try:
        yield
    except StudentError as error:
        error.case = error.case or case
        raise


judge_affine_forward = partial(judge_forward, AffineLayer)
judge_affine_backward = partial(judge_backward, AffineLayer)
judge_sigmoid_forward = partial(judge_forward, SigmoidLayer)
judge_sigmoid_backward = partial(judge_backward, SigmoidLayer)
