"""The sigmoid as the checks see it: cases, right answers, and mistakes to suspect."""

import numpy as np

from exercise_code.tests.cases import LayerCase, draw, second_witness, sizes
from exercise_code.tests.compare import Expected, Suspect, once_per_case
from exercise_code.tests.expected import logistic, logistic_slope


class SigmoidLayer:
    """What the judges of layers need to know about this one."""

    forward, backward = "sigmoid_forward", "sigmoid_backward"
    gradients = ("dx",)

    @staticmethod
    def cases(rng):
        """A common case first, then other shapes, large numbers and integers."""
        square = int(rng.integers(3, 6))
        some = [(square, square), (6,), (3, 2, 4)]
        wide = np.linspace(3.0, 12.0, 10) - rng.uniform(0.0, 0.9, 10)  # none of the way left out
        wide = rng.permutation(np.concatenate([wide, -wide])).reshape(4, 5)
        large = np.array([1000.0, 800.0, 45.0, 2.0])
        large = rng.permutation(np.concatenate([large, -large])).reshape(2, 4)
        return [
            _case(rng, draw(rng, sizes(rng))),
            *(
                _case(rng, draw(rng, shape), f"For x of shape {shape}", "some_shapes")
                for shape in some
            ),
            _case(rng, draw(rng, (1, 4)), "For a batch of one, x of shape (1, 4)", "batch_of_one"),
            _case(rng, draw(rng, (1, 1)), "For x of shape (1, 1)", "one_of_all"),
            _case(rng, wide, "For x up to 12", "large_input"),
            _case(rng, large, "For x up to 1000", "overflow"),
            _case(rng, rng.integers(-4, 5, (4, 3)), "For integers in x", "integer_input"),
            _case(rng, draw(rng, (3, 4)), "For dout up to 1700", "large_input", 1000),
        ]

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
            Suspect("sign", "[has|have] 1 - exp(-x) below the line, not 1 + exp(-x)",
                    lambda: -1 / np.expm1(-x)),
            Suspect("derivative_returned", "[is|are] the derivative of the sigmoid",
                    lambda: logistic_slope(x)),
            Suspect("applied_twice", "[is|are] the sigmoid of the sigmoid",
                    lambda: logistic(right)),
            Suspect("wrong_base", "[is|are] built on powers of 2, not of e",
                    lambda: logistic(x * np.log(2))),
            Suspect("wrong_base", "[is|are] built on powers of 10, not of e",
                    lambda: logistic(x * np.log(10))),
            *(Suspect("other_activation", f"[is|are] {name}, not the sigmoid",
                      lambda other=other: other(x)) for name, other in OTHERS.items()),
            *(Suspect("clipped", f"[is|are] cut off for |x| above {bound}",
                      lambda bound=bound: logistic(np.clip(x, -bound, bound)), special=True)
              for bound in range(1, 12)),
        ]
        # fmt: on
        return Expected("out", right, 1.0, suspects=lambda: suspects)

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
            Suspect("sign", "[has|have] a plus where the derivative has a minus",
                    lambda: dout * (right + right**2)),
            Suspect("tanh_derivative", "[uses|use] tanh's formula for the output",
                    lambda: dout * (1 - right**2)),
            Suspect("tanh_derivative", "[uses|use] the derivative of tanh",
                    lambda: dout * (1 - np.tanh(x) ** 2)),
            Suspect("added_not_multiplied", "[is|are] dout plus the derivative",
                    lambda: dout + slope),
            Suspect("added_not_multiplied", "[is|are] dout divided by the derivative",
                    lambda: dout / slope),
            Suspect("matrix_product", "[is|are] a matrix product", lambda: dout @ slope,
                    special=True),
            Suspect("other_activation", "[uses|use] the derivative of ReLU",
                    lambda: dout * (x > 0)),
        ]
        # fmt: on
        # σ' is a difference of numbers of the size of 1/4, also where it is nearly 0.
        terms = float(np.abs(dout).max()) / 4
        central = second_witness(logistic, x, dout, case)
        return [Expected("dx", dout * slope, terms, central, lambda: suspects)]


def _softmax(x, axis):
    powers = np.exp(x - x.max())
    return powers / powers.sum(axis=axis, keepdims=True)


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


def _case(rng, x, label="", cause=None, size=1):
    dout = size * draw(rng, x.shape)
    return LayerCase(label=label, cause=cause, batch=len(x), x=x, dout=dout)
