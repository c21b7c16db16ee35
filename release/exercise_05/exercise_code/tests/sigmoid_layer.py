"""The sigmoid as the checks see it: cases, right answers, and mistakes to suspect."""

from functools import cache

import numpy as np

from exercise_code.tests.cases import (
    FIXED,
    INTEGERS,
    LayerCase,
    draw,
    second_witness,
    sizes,
)
from exercise_code.tests.compare import DRAWN_RTOL, Expected, Suspect, once_per_case
from exercise_code.tests.expected import logistic, logistic_slope

# A cut at 20 changes the sigmoid by 2e-9, and leaves no other trace.
_EXACTLY = 1e-12


class SigmoidLayer:
    """What the judges of layers need to know about this one."""

    forward, backward = "sigmoid_forward", "sigmoid_backward"
    gradients = ("dx",)

    @staticmethod
    def cases(rng):
        """The common case first, then large numbers and other shapes."""
        square = int(rng.integers(3, 6))
        shapes = [
            (sizes(rng), "For x of shape {}", "some_shapes"),
            ((square, square), "For x of shape {}", "some_shapes"),
            ((6,), "For x of shape {}", "some_shapes"),
            ((3, 2, 4), "For x of shape {}", "some_shapes"),
            ((1, 4), "For a batch of one, x of shape {}", "batch_of_one"),
            ((1, 1), "For x of shape {}", "one_of_all"),
        ]
        drawn = [
            _case(rng, draw(rng, shape), label=label.format(shape), cause=cause, rtol=DRAWN_RTOL)
            for shape, label, cause in shapes
        ]
        whole = rng.integers(-4, 5, (4, 3))
        integers = _case(rng, whole, label="For integers in x", unasked=INTEGERS)
        return [*_always_the_same(), *drawn, integers]

    @staticmethod
    def sheet_cache(case):
        """The cache as the docstring of sigmoid_forward describes it."""
        return logistic(case.x)

    @staticmethod
    @once_per_case
    def out(case):
        """The expected output."""
        x = case.x.astype(np.float64)
        right = logistic(x)
        # fmt: off
        suspects = [
            Suspect("exp_sign", "[falls|fall] where [it|they] should rise: exp has the wrong sign",
                    lambda: 1 - right),
            Suspect("exp_sign", "[is|are] at least 1/2 everywhere: the sign of x is lost",
                    lambda: logistic(np.abs(x))),
            Suspect("one_plus_forgotten", "[is|are] 1/exp(-x): the 1 + is missing",
                    lambda: np.exp(x)),
            Suspect("one_plus_forgotten", "[is|are] exp(-x) alone", lambda: np.exp(-x)),
            Suspect("brackets", "[is|are] 1 + exp(-x): 1 divided by all of it is wanted",
                    lambda: 1 / right),
            Suspect("brackets", "[is|are] 1 + exp(-x) squared: 1 divided by all of it is wanted",
                    lambda: 1 + np.exp(-2 * x)),
            Suspect("sign", "[has|have] 1 - exp(-x) below the line, not 1 + exp(-x)",
                    lambda: -1 / np.expm1(-x)),
            Suspect("derivative_returned", "[is|are] the derivative of the sigmoid",
                    lambda: logistic_slope(x)),
            Suspect("applied_twice", "[is|are] the sigmoid of the sigmoid",
                    lambda: logistic(right)),
            Suspect("factor", "[has|have] exp(-2x) where exp(-x) belongs",
                    lambda: logistic(2 * x)),
            Suspect("wrong_base", "[is|are] built on powers of 2, not of e",
                    lambda: logistic(x * np.log(2))),
            Suspect("wrong_base", "[is|are] built on powers of 10, not of e",
                    lambda: logistic(x * np.log(10))),
            *(Suspect("other_activation", f"[is|are] {name}, not the sigmoid",
                      lambda other=other: other(x)) for name, other in OTHERS.items()),
            *(Suspect("clipped", f"[is|are] cut off for |x| above {bound}",
                      lambda bound=bound: logistic(np.clip(x, -bound, bound)), special=True,
                      rtol=_EXACTLY)
              for bound in range(1, 21)),
        ]
        # fmt: on
        return Expected("out", right, 1.0, case.rtol, suspects=lambda: suspects)

    @staticmethod
    @once_per_case
    def expected_gradients(case):
        """The expected dx."""
        x, dout = case.x.astype(np.float64), case.dout
        right, slope = logistic(x), logistic_slope(x)
        # fmt: off
        suspects = [
            Suspect("dout_forgotten", "[does|do] not depend on dout: it is not used",
                    lambda: slope),
            Suspect("dout_forgotten", "[does|do] not depend on dout, and [belongs|belong] to σ(x)",
                    lambda: logistic_slope(right)),
            Suspect("gradient_not_passed",
                    "[is|are] dout as it came, without the sigmoid's derivative", lambda: dout),
            Suspect("derivative_of_output", "[takes|take] the derivative at σ(x), not at x",
                    lambda: dout * logistic_slope(right)),
            Suspect("derivative_of_input", "[feeds|feed] the input into the formula for the output",
                    lambda: dout * (0.25 - (x - 0.5) ** 2)),
            Suspect("derivative_incomplete", "[is|are] dout times σ(x) alone",
                    lambda: dout * right),
            Suspect("derivative_incomplete", "[is|are] dout times 1 - σ(x) alone",
                    lambda: dout * logistic(-x)),
            Suspect("derivative_incomplete", "[is|are] dout times σ(x) squared",
                    lambda: dout * right**2),
            Suspect("derivative_incomplete", "[is|are] dout times 1 - σ(x), squared",
                    lambda: dout * logistic(-x) ** 2),
            Suspect("brackets", "[is|are] dout times σ(x), minus σ(x): 1 - σ(x) needs brackets",
                    lambda: dout * right - right),
            *(Suspect("brackets",
                      f"[has|have] {formula}, with z = {where}: brackets are missing",
                      lambda of=of, at=at: dout * of(at))
              for formula, of in WRONG_BRACKETS.items()
              for where, at in (("x", x), ("σ(x)", right))),
            *(Suspect("dout_forgotten",
                      f"[does|do] not depend on dout, and [has|have] {formula}, without brackets",
                      lambda of=of: of(x))
              for formula, of in WRONG_BRACKETS.items()),
            Suspect("derivative_of_dout", "[is|are] dout (1 - dout)", lambda: dout * (1 - dout)),
            Suspect("derivative_of_dout", "[is|are] the derivative of the sigmoid at dout",
                    lambda: logistic_slope(dout)),
            Suspect("derivative_of_dout", "[is|are] the sigmoid of 1 - σ(dout)",
                    lambda: logistic(logistic(-dout))),
            Suspect("sign", "[has|have] a plus where the derivative has a minus",
                    lambda: dout * (right + right**2)),
            Suspect("tanh_derivative", "[uses|use] tanh's formula for the output",
                    lambda: dout * (1 - right**2)),
            Suspect("tanh_derivative", "[uses|use] tanh's formula with the input in it",
                    lambda: dout * (1 - x**2)),
            Suspect("tanh_derivative", "[uses|use] the derivative of tanh",
                    lambda: dout * (1 - np.tanh(x) ** 2)),
            Suspect("added_not_multiplied", "[is|are] dout plus the derivative",
                    lambda: dout + slope),
            Suspect("added_not_multiplied", "[is|are] dout divided by the derivative",
                    lambda: dout / slope),
            Suspect("added_not_multiplied",
                    "[has|have] σ(x) minus 1 - σ(x), where the two are multiplied",
                    lambda: dout * (2 * right - 1)),
            Suspect("matrix_product", "[is|are] a matrix product", lambda: dout @ slope,
                    special=True),
            Suspect("other_activation", "[uses|use] the derivative of ReLU",
                    lambda: dout * (x > 0)),
        ]
        # fmt: on
        # σ' is a difference of numbers of the size of 1/4, also where it is nearly 0.
        terms = float(np.abs(dout).max()) / 4
        central = second_witness(logistic, x, dout, case)
        return [Expected("dx", dout * slope, terms, case.rtol, central, lambda: suspects)]


def _softmax(x, axis):
    powers = np.exp(x - x.max())
    return powers / powers.sum(axis=axis, keepdims=True)


# Formulas that are taken for the sigmoid's derivative, for want of brackets.
WRONG_BRACKETS = {
    "exp(-z) / (1 + exp(-z)²) for the derivative": lambda z: np.exp(-z) / (1 + np.exp(-2 * z)),
    "1 + exp(-z) for σ(z)": lambda z: -np.exp(-z) * (1 + np.exp(-z)),
}

# Functions that are taken for the sigmoid.
OTHERS = {
    "tanh": np.tanh,
    "ReLU": lambda x: np.maximum(x, 0),
    "softplus": lambda x: np.logaddexp(0, x),
    "the logarithm of the sigmoid": lambda x: -np.logaddexp(0, -x),
    "softsign": lambda x: x / (1 + np.abs(x)),
    "softmax": lambda x: _softmax(x, -1),
    "softmax over all entries": lambda x: _softmax(x, None),
    "swish": lambda x: x * logistic(x),
    "the sigmoid stretched to run from -1 to 1": lambda x: np.tanh(x / 2),
    "the hard sigmoid": lambda x: np.clip(0.2 * x + 0.5, 0, 1),
    "leaky ReLU": lambda x: np.where(x > 0, x, 0.01 * x),
    "a step from 0 to 1": lambda x: np.heaviside(x, 0.5),
    "the input itself": lambda x: x,
}


@cache
def _always_the_same():
    rng = np.random.default_rng(FIXED)
    wide = np.linspace(2.6, 18.6, 30)  # where the sigmoid still differs from 0 and 1
    large = np.array([1000.0, 800.0, 45.0, 2.0])
    wide, large = (rng.permutation(np.concatenate([x, -x])).reshape(4, -1) for x in (wide, large))
    large[large == 1000] = 9000  # so that exp overflows for a number below their mean as well
    small = np.array([0.0, 1e-9, 1e-6, 1e-4, 0.01, 0.05, 0.1, 0.2])
    small = np.stack([small, -small])
    small[0, -1] = -1.5  # so that the mean is not 0, and some lie between the two
    return (
        _case(rng, draw(rng, (8, 4))),
        _case(rng, wide, label="For x up to 20", cause="large_input"),
        _case(rng, large, label="For x up to 9000", cause="overflow"),
        _case(rng, draw(rng, (3, 4)), 1000, label="For dout up to 1700", cause="large_input"),
        _case(rng, small, label="For x = 0 and near it", cause="near_zero"),
        _case(rng, -large, label="For x down to -9000", cause="overflow"),
    )


def _case(rng, x, size=1, **others):
    return LayerCase(batch=len(x), x=x, dout=size * draw(rng, x.shape), **others)
