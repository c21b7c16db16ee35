"""What is right halfway: the arrays that a right answer may compute on its way, and their names."""

from typing import NamedTuple

import numpy as np

from exercise_code.tests.expected import affine, logistic, logistic_slope
from exercise_code.tests.tracing import WORDS
from exercise_code.tests.two_layer_network import layer_cases


class Halfway(NamedTuple):
    """One array on the way.

    Attributes
    ----------
    words : str
        What it is.
    hint : str
        How to get it, or to check it.
    value : array
    """

    words: str
    hint: str
    value: np.ndarray


_OF_THE_SLOPE = (
    "The slope of a sigmoid is written with its output alone. Where the output is 0.5 it is 1/4, "
    "and near 0 and 1 it goes to 0: try these."
)


def of_affine_forward(case):
    """The samples as rows, and the weighted sums without the bias."""
    sums = affine(case.x, case.w, 0 * case.b)
    return [
        *of_affine_backward(case),
        Halfway("the weighted sums x·w", "Compute out[0, 0] by hand, before b is added.", sums),
    ]


def of_affine_backward(case):
    """The samples as rows."""
    rows = np.reshape(case.x, (len(case.x), -1))
    return [Halfway("x with one row for each sample", WORDS["flattened"][1], rows)]


def of_sigmoid_forward(case):
    """What is divided by."""
    power = np.exp(-case.x)
    hint = "At x = 0 it is {}, and at x = 1 it is {}: print both."
    return [
        Halfway("exp(-x)", hint.format("1", "0.368"), power),
        Halfway("1 + exp(-x)", hint.format("2", "1.368"), 1 + power),
    ]


def of_sigmoid_backward(case):
    """The output, and the slope."""
    out = logistic(case.x)
    return [
        Halfway("σ(x)", "The cache is σ(x) already, as sigmoid_forward has returned it.", out),
        Halfway("1 - σ(x)", "Where σ(x) is 0.2 it is 0.8: print both.", 1 - out),
        Halfway("the sigmoid's slope", _OF_THE_SLOPE, logistic_slope(case.x)),
    ]


def of_network_forward(case):
    """What goes into the sigmoid, and what comes out."""
    z = affine(case.X, case.params["W1"], case.params["b1"])
    return [
        Halfway(
            "what goes into the sigmoid",
            "The first affine layer gives it, from X, W1 and b1, and nothing stands between.",
            z,
        ),
        Halfway(
            "the sigmoid's output",
            "It is the sigmoid of what the first affine layer gives, with nothing before or after.",
            logistic(z),
        ),
    ]


def of_network_backward(case):
    """The same, and the gradients with respect to them."""
    (first, _), (between,) = layer_cases(case)
    return [
        *of_network_forward(case),
        Halfway("1 minus the sigmoid's output", "Print both.", 1 - logistic(between.x)),
        Halfway("the sigmoid's slope", _OF_THE_SLOPE, logistic_slope(between.x)),
        Halfway(
            "what the second layer passes on, ∂L/∂h",
            "It is the dx of the second affine layer, for dy and that layer's cache. Its shape is "
            "that of the hidden layer.",
            between.dout,
        ),
        Halfway(
            "the gradient of what goes into the sigmoid, ∂L/∂z",
            "It is what the second layer passes on, times the sigmoid's slope, entry by entry.",
            first.dout,
        ),
    ]
