"""The checks of the four layer functions."""

import contextlib
from dataclasses import dataclass
from functools import partial
from itertools import permutations

import numpy as np

from exercise_code.tests.calling import StudentError
from exercise_code.tests.compare import (
    Case,
    Expected,
    Suspect,
    Wrong,
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
)
from exercise_code.tests.gradients import numeric_gradient

# Errors that say nothing about the values: they are told as they are.
NO_ANSWER = {
    "NotImplementedError",
    "TimeLimit",
    "MissingFile",
    "MissingFunction",
    "SyntaxError",
    "IndentationError",
    "TabError",
    "ImportFailure",
    "WrongPackage",
    "WrongParams",
    "NoAnswer",
}


@dataclass(frozen=True, kw_only=True)
class LayerCase(Case):
    """Inputs of one forward and one backward call; w and b are None for the sigmoid."""

    x: np.ndarray
    w: np.ndarray | None = None
    b: np.ndarray | None = None
    dout: np.ndarray

    @property
    def inputs(self):
        """What the forward function gets, by name."""
        named = {"x": self.x, "w": self.w, "b": self.b}
        return {name: array for name, array in named.items() if array is not None}


def draw(rng, shape):
    """Numbers of the size of 1 with both signs, and none so small that a mistake could hide."""
    return rng.uniform(0.3, 1.7, shape) * rng.choice([-1.0, 1.0], shape)


def affine_cases(rng):
    """Cases for the affine layer: a common one first, then every shape that is a trap."""
    batch, outputs = int(rng.choice([5, 7, 8])), int(rng.choice([3, 4]))
    sides = [(2, 3), (3, 2), (2, 5)][rng.integers(3)]
    features = int(np.prod(sides))
    square = int(rng.integers(3, 6))
    shapes = [
        ((batch, features), outputs, "", None),
        ((batch, *sides), outputs, f"For x of shape {(batch, *sides)}", "not_flattened"),
        ((square, square), square, f"For N = D = M = {square}", "some_shapes"),
        ((1, features), outputs, f"For a batch of one, x of shape {(1, features)}", "batch_of_one"),
        ((batch, features), 1, "For a single output, M = 1", "one_output"),
        ((batch, 1), outputs, f"For a single feature, x of shape {(batch, 1)}", "one_feature"),
        ((1, 1), 1, "For N = D = M = 1", "one_of_all"),
        ((3, 2, 2, 2), 5, "For x of shape (3, 2, 2, 2)", "not_flattened"),
    ]
    cases = [
        LayerCase(
            label=label,
            cause=cause,
            batch=shape[0],
            x=draw(rng, shape),
            w=draw(rng, (int(np.prod(shape[1:])), outputs)),
            b=draw(rng, outputs),
            dout=draw(rng, (shape[0], outputs)),
        )
        for shape, outputs, label, cause in shapes
    ]
    whole = rng.integers(1, 6, (4, 3)) * rng.choice([-1, 1], (4, 3))
    cases.append(
        LayerCase(
            label="For integers in x",
            cause="integer_input",
            batch=4,
            x=whole,
            w=draw(rng, (3, 2)),
            b=draw(rng, 2),
            dout=draw(rng, (4, 2)),
        )
    )
    return cases


def sigmoid_cases(rng):
    """Cases for the sigmoid: a common one first, then other shapes, integers and large numbers."""
    batch, width = int(rng.choice([5, 7, 8])), int(rng.choice([3, 4]))
    sizes = np.array([1000.0, 800.0, 45.0, 2.0])
    large = rng.permutation(np.concatenate([sizes, -sizes])).reshape(2, 4)
    wide = rng.uniform(3.0, 12.0, (4, 5)) * rng.choice([-1.0, 1.0], (4, 5))
    square = int(rng.integers(3, 6))
    return [
        _sigmoid_case(rng, draw(rng, (batch, width))),
        _sigmoid_case(
            rng, draw(rng, (square, square)), f"For x of shape {(square, square)}", "some_shapes"
        ),
        _sigmoid_case(rng, draw(rng, 6), "For x of shape (6,)", "some_shapes"),
        _sigmoid_case(rng, draw(rng, (3, 2, 4)), "For x of shape (3, 2, 4)", "some_shapes"),
        _sigmoid_case(
            rng, draw(rng, (1, 4)), "For a batch of one, x of shape (1, 4)", "batch_of_one"
        ),
        _sigmoid_case(rng, draw(rng, (1, 1)), "For x of shape (1, 1)", "one_of_all"),
        _sigmoid_case(rng, wide, "For x up to 12", "large_input"),
        _sigmoid_case(rng, large, "For large x, up to 1000", "overflow"),
        _sigmoid_case(rng, rng.integers(-4, 5, (4, 3)), "For integers in x", "integer_input"),
    ]


def _sigmoid_case(rng, x, label="", cause=None):
    return LayerCase(label=label, cause=cause, batch=len(x), x=x, dout=draw(rng, x.shape))


class AffineLayer:
    """What the generic judges need to know about the affine layer."""

    forward, backward = "affine_forward", "affine_backward"
    gradients = ("dx", "dw", "db")

    @staticmethod
    def sheet_cache(case):
        return case.x.copy(), case.w.copy(), case.b.copy()

    @staticmethod
    def out(case):
        x, w, b = case.x, case.w, case.b
        right = affine(x, w, b)
        no_bias = affine(x, w, np.zeros_like(b))
        return Expected(
            "out",
            right,
            terms=float(affine(np.abs(x), np.abs(w), np.abs(b)).max()),
            suspects=[
                Suspect(
                    "bias_forgotten",
                    "[is|are] right but for the bias, which is missing",
                    lambda: no_bias,
                ),
                Suspect(
                    "bias_subtracted",
                    "[has|have] the bias subtracted, not added",
                    lambda: 2 * no_bias - right,
                ),
                Suspect(
                    "bias_wrong_axis",
                    "[has|have] the bias of output n in row n",
                    lambda: no_bias + b[:, None],
                ),
                *_wrong_flattenings(x, lambda mixed: affine(mixed, w, b)),
                Suspect(
                    "not_transposed",
                    "[is|are] computed with the transpose of w",
                    lambda: affine(x, w.T, b),
                ),
                Suspect(
                    "activation_in_affine",
                    "[is|are] put through a sigmoid already",
                    lambda: logistic(right),
                ),
                Suspect(
                    "activation_in_affine",
                    "[is|are] put through a ReLU already",
                    lambda: np.maximum(right, 0),
                ),
            ],
        )

    @staticmethod
    def expected_gradients(case):
        x, w, b, dout = case.x, case.w, case.b, case.dout
        ones = np.ones_like(dout)

        def gradient(name, upstream=dout, x=x, w=w):
            given = {"x": x, "w": w, "b": b}
            return complex_step(
                lambda value: affine(**{**given, name: value}), given[name], upstream
            )

        def of_one(sample):
            only = np.zeros_like(dout)
            only[sample] = dout[sample]
            return only

        def expectation(name, suspects):
            value, terms = gradient(name)
            central = second_witness(
                lambda array: affine(**{**case.inputs, name: array}), case.inputs[name], dout, case
            )
            return Expected(f"d{name}", value, float(terms.max()), central, suspects)

        forgotten = "[is|are] the layer's own derivative: dout is not used"
        one_sample = "[holds|hold] the last sample of the batch alone"
        first_sample = "[holds|hold] the first sample of the batch alone"

        def for_parameters(name):
            return [
                Suspect("dout_forgotten", forgotten, lambda: gradient(name, ones)[0]),
                Suspect("not_accumulated", one_sample, lambda: gradient(name, of_one(-1))[0]),
                Suspect("not_accumulated", first_sample, lambda: gradient(name, of_one(0))[0]),
            ]

        def dx():
            return gradient("x")[0]

        return [
            expectation(
                "x",
                [
                    Suspect("not_reshaped", "[is|are] left flat", lambda: dx().reshape(len(x), -1)),
                    Suspect(
                        "gradient_not_passed",
                        "[is|are] dout as it came: w is not used",
                        lambda: dout,
                    ),
                    Suspect("dout_forgotten", forgotten, lambda: gradient("x", ones)[0]),
                    Suspect(
                        "not_transposed",
                        "[is|are] computed with w where its transpose belongs",
                        lambda: gradient("x", w=w.T)[0],
                    ),
                    Suspect(
                        "flattened_wrongly",
                        "[has|have] the entries of each sample mixed up",
                        lambda: dx().reshape(len(x), -1).reshape(x.shape, order="F"),
                    ),
                ],
            ),
            expectation(
                "w",
                [
                    *for_parameters("w"),
                    *_wrong_flattenings(x, lambda mixed: gradient("w", x=mixed)[0]),
                ],
            ),
            expectation(
                "b",
                [
                    Suspect(
                        "bias_shape",
                        "[is|are] kept as a table with one row",
                        lambda: gradient("b")[0][None, :],
                    ),
                    Suspect(
                        "bias_shape",
                        "[is|are] kept as a table with one column",
                        lambda: gradient("b")[0][:, None],
                    ),
                    *bias_suspects(dout),
                    *for_parameters("b"),
                ],
            ),
        ]


class SigmoidLayer:
    """What the generic judges need to know about the sigmoid."""

    forward, backward = "sigmoid_forward", "sigmoid_backward"
    gradients = ("dx",)

    @staticmethod
    def sheet_cache(case):
        return logistic(case.x)

    @staticmethod
    def out(case):
        x = case.x.astype(np.float64)
        right = logistic(x)

        def plain(cause, predicate, array):
            return Suspect(cause, predicate, array)

        return Expected(
            "out",
            right,
            terms=1.0,
            suspects=[
                plain(
                    "exp_sign",
                    "[falls|fall] where [it|they] should rise: exp has the wrong sign",
                    lambda: 1 - right,
                ),
                plain(
                    "one_plus_forgotten",
                    "[is|are] 1/exp(-x): the 1 + is missing",
                    lambda: np.exp(x),
                ),
                plain("one_plus_forgotten", "[is|are] exp(-x) alone", lambda: np.exp(-x)),
                plain(
                    "one_plus_forgotten",
                    "[is|are] 1 + exp(-x): 1 divided by it is wanted",
                    lambda: 1 / right,
                ),
                plain(
                    "sign",
                    "[has|have] 1 - exp(-x) below the line, not 1 + exp(-x)",
                    lambda: -1 / np.expm1(-x),
                ),
                plain(
                    "derivative_returned",
                    "[is|are] the derivative of the sigmoid",
                    lambda: logistic_slope(x),
                ),
                plain(
                    "applied_twice", "[is|are] the sigmoid of the sigmoid", lambda: logistic(right)
                ),
                *_activations(x),
                plain(
                    "wrong_base",
                    "[is|are] built on powers of 2, not of e",
                    lambda: logistic(x * np.log(2)),
                ),
                plain(
                    "wrong_base",
                    "[is|are] built on powers of 10, not of e",
                    lambda: logistic(x * np.log(10)),
                ),
                *(
                    plain(
                        "clipped",
                        f"[is|are] cut off for |x| above {bound}",
                        lambda bound=bound: logistic(np.clip(x, -bound, bound)),
                    )
                    for bound in range(1, 12)
                ),
                plain("integer_input", "[is|are] cut to whole numbers", lambda: np.trunc(right)),
            ],
        )

    @staticmethod
    def expected_gradients(case):
        x, dout = case.x.astype(np.float64), case.dout
        right, slope = logistic(x), logistic_slope(x)
        central = second_witness(logistic, x, dout, case)

        def of_output(cause, predicate, array):
            return Suspect(cause, predicate, array)

        return [
            Expected(
                "dx",
                dout * slope,
                # σ' is a difference of numbers of the size of 1/4, also where it is nearly 0.
                terms=float(np.abs(dout).max()) / 4,
                central=central,
                suspects=[
                    of_output(
                        "dout_forgotten",
                        "[is|are] the derivative alone: dout is not used",
                        lambda: slope,
                    ),
                    of_output(
                        "gradient_not_passed",
                        "[is|are] dout as it came, without the sigmoid's derivative",
                        lambda: dout,
                    ),
                    of_output(
                        "derivative_of_output",
                        "[takes|take] the derivative at σ(x), not at x",
                        lambda: dout * logistic_slope(right),
                    ),
                    of_output(
                        "derivative_of_input",
                        "[feeds|feed] the input into the formula for the output",
                        lambda: dout * (0.25 - (x - 0.5) ** 2),
                    ),
                    of_output(
                        "derivative_incomplete",
                        "[is|are] dout times σ(x) alone",
                        lambda: dout * right,
                    ),
                    of_output(
                        "derivative_incomplete",
                        "[is|are] dout times σ(-x) alone",
                        lambda: dout * logistic(-x),
                    ),
                    of_output(
                        "derivative_incomplete",
                        "[is|are] dout times σ(x) squared",
                        lambda: dout * right**2,
                    ),
                    of_output(
                        "sign",
                        "[has|have] a plus where σ' has a minus",
                        lambda: dout * (right + right**2),
                    ),
                    of_output(
                        "tanh_derivative",
                        "[uses|use] the derivative of tanh, for the output",
                        lambda: dout * (1 - right**2),
                    ),
                    of_output(
                        "tanh_derivative",
                        "[is|are] dout times the derivative of tanh",
                        lambda: dout * (1 - np.tanh(x) ** 2),
                    ),
                    of_output(
                        "added_not_multiplied",
                        "[is|are] dout plus the derivative",
                        lambda: dout + slope,
                    ),
                    of_output(
                        "factor", "[is|are] dout divided by the derivative", lambda: dout / slope
                    ),
                    of_output("matrix_product", "[is|are] a matrix product", lambda: dout @ slope),
                    of_output(
                        "other_activation",
                        "[uses|use] the derivative of ReLU",
                        lambda: dout * (x > 0),
                    ),
                    of_output(
                        "factor",
                        "[is|are] dout times the sigmoid's derivative, squared",
                        lambda: dout * slope**2,
                    ),
                ],
            )
        ]


def second_witness(f, x, dout, case):
    """The gradient by central differences, in the common case only.

    The other cases have the same formula in another shape, and the differences take longer than
    everything else.
    """
    return None if case.label else numeric_gradient(f, x, dout)


def judge_forward(layer, student, cases):
    """Judge a forward function: its values, and what it must leave alone."""
    kept = []
    for case in cases:
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
    its cache is found out.
    """
    own = _own_caches(layer, student, cases)
    sheet = [layer.sheet_cache(case) for case in cases]
    if own is not None:
        try:
            _all_backward(layer, student, cases, own)
        except (Wrong, StudentError) as problem:
            _say_if_cache_is_to_blame(layer, student, cases, sheet, problem)
            raise
        return
    try:
        _all_backward(layer, student, cases, sheet)
    except (Wrong, StudentError) as problem:
        if isinstance(problem, StudentError) and problem.kind in NO_ANSWER:
            raise
        # A forward with wrong values may still pack a cache of its own, for this backward.
        loose = _own_caches(layer, student, cases, right=False)
        if loose is None or not _passes(layer, student, cases, loose):
            raise


def _say_if_cache_is_to_blame(layer, student, cases, sheet, problem):
    if isinstance(problem, StudentError) and problem.kind in NO_ANSWER:
        return
    if isinstance(problem, Wrong) and problem.cause in ("changed_input", "changed_cache"):
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
            require_right([out], [layer.out(case)], case)
        except Wrong as problem:
            if problem.cause == "wrong_values" or problem.cause == case.cause:
                _say_if_constant(function, given, out)
            raise
        require_unchanged(given, case.inputs, case)
    return out, cache


def _say_if_constant(function, given, out):
    others = {name: array + 1 for name, array in given.items()}
    answer = function(*others.values())
    again = answer[0] if isinstance(answer, tuple) and len(answer) == 2 else None
    if type(again) is np.ndarray and same(again, out):
        raise Wrong("constant_output", "out is the same for two different inputs") from None


def _pair(layer, answer, case):
    if answer is None:
        raise Wrong("returned_none", f"{layer.forward} returned nothing")
    if not isinstance(answer, (tuple, list)) or len(answer) != 2:
        kind = f"a tuple of {len(answer)}" if isinstance(answer, tuple) else "one thing"
        raise Wrong("wrong_return", f"{layer.forward} returned {kind}, not the pair (out, cache)")
    out, cache = answer
    if (
        type(out) is not np.ndarray
        and type(cache) is np.ndarray
        and find(cache, layer.out(case), case.batch) is None
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
        require_right(grads, expected, case)
    except Wrong:
        _say_if_permuted(layer, grads, expected, case)
        raise
    require_unchanged(given, {"dout": case.dout}, case)
    kept = [grad.copy() for grad in grads]
    try:
        require_right(_gradients(layer, function(case.dout.copy(), cache)), expected, case)
    except Wrong:
        raise in_case(
            Wrong(
                "changed_cache",
                f"{layer.backward} called twice with the same cache gives two different results: "
                "the first call changes the cache",
            ),
            case,
        ) from None
    for name, grad, copy in zip(layer.gradients, grads, kept, strict=True):
        if not same(grad, copy):
            raise Wrong(
                "overwritten_result", f"a later call overwrites the {name} of an earlier one"
            )


def _gradients(layer, answer):
    if len(layer.gradients) == 1:
        if answer is None:
            raise Wrong("returned_none", f"{layer.backward} returned nothing")
        return [answer]
    wanted = ", ".join(layer.gradients)
    if answer is None:
        raise Wrong("returned_none", f"{layer.backward} returned nothing")
    if not isinstance(answer, (tuple, list)) or len(answer) != len(layer.gradients):
        kind = f"{len(answer)} results" if isinstance(answer, (tuple, list)) else "one result"
        raise Wrong("wrong_return", f"{layer.backward} returned {kind}, wanted are {wanted}")
    return list(answer)


def _say_if_permuted(layer, grads, expected, case):
    for order in permutations(range(len(grads))):
        if list(order) != sorted(order) and all(
            find(grads[i], right, case.batch) is None
            for i, right in zip(order, expected, strict=True)
        ):
            names = dict(zip(order, layer.gradients, strict=True))
            got = ", ".join(names[i] for i in range(len(grads)))
            raise Wrong(
                "wrong_order",
                f"{layer.backward} returned {got}; the order wanted is {', '.join(layer.gradients)}",
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


def bias_suspects(dout):
    """What the gradient of a bias becomes when dout (N, M) is added up wrongly."""
    return [
        Suspect(
            "bias_wrong_axis",
            "[is|are] added up over the outputs, not over the batch",
            lambda: np.einsum("nm->n", dout),
        ),
        Suspect(
            "bias_wrong_axis",
            "[is|are] added up over the outputs, not over the batch",
            lambda: np.einsum("nm->n", dout)[:, None],
        ),
        Suspect(
            "bias_wrong_axis",
            "[is|are] averaged over the outputs, not added up over the batch",
            lambda: np.einsum("nm->n", dout) / dout.shape[1],
        ),
        Suspect("bias_not_summed", "[is|are] not added up over the batch", lambda: dout),
        Suspect(
            "bias_total",
            "[is|are] added up over batch and outputs",
            lambda: np.array(np.einsum("nm->", dout)),
        ),
        Suspect(
            "bias_total",
            "[is|are] added up over batch and outputs",
            lambda: np.full(dout.shape[1], np.einsum("nm->", dout)),
        ),
        Suspect(
            "bias_total",
            "[is|are] added up over batch and outputs",
            lambda: np.array([np.einsum("nm->", dout)]),
        ),
    ]


def _wrong_flattenings(x, result):
    n = len(x)
    mixed = "[mixes|mix] up the features of a sample when it is flattened"
    samples = "[mixes|mix] up features of different samples when they are flattened"
    return [
        Suspect("flattened_wrongly", mixed, lambda: result(x.reshape(n, -1, order="F"))),
        Suspect("flattened_wrongly", samples, lambda: result(x.reshape(-1, n).T)),
    ]


def _activations(x):
    """Other activation functions of x, as suspects."""
    others = {
        "tanh": lambda: np.tanh(x),
        "softplus, the logarithm of 1 + exp(x)": lambda: np.logaddexp(0, x),
        "the logarithm of the sigmoid": lambda: -np.logaddexp(0, -x),
        "ReLU": lambda: np.maximum(x, 0),
        "softsign, x/(1 + |x|)": lambda: x / (1 + np.abs(x)),
        "softmax": lambda: _softmax(x, -1),
        "softmax over all entries": lambda: _softmax(x, None),
        "swish, x times the sigmoid": lambda: x * logistic(x),
        "a step from 0 to 1": lambda: np.heaviside(x, 0.5),
        "the input itself": lambda: x,
    }
    return [
        Suspect("other_activation", f"[is|are] {name}, not the sigmoid", array)
        for name, array in others.items()
    ]


def _softmax(x, axis):
    powers = np.exp(x - x.max())
    return powers / powers.sum(axis=axis, keepdims=True)


judge_affine_forward = partial(judge_forward, AffineLayer)
judge_affine_backward = partial(judge_backward, AffineLayer)
judge_sigmoid_forward = partial(judge_forward, SigmoidLayer)
judge_sigmoid_backward = partial(judge_backward, SigmoidLayer)
