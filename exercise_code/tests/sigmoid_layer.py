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
from exercise_code.tests.compare import DRAWN_RTOL, Expected, once_per_case
from exercise_code.tests.expected import logistic, logistic_slope
from exercise_code.tests.formulas import Formula, Mistake, Suspect

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

        def out(sign=_itself, argument=_itself, function=logistic):
            return function(argument(sign(x)))

        def suspects():
            for bound in range(1, 21):
                yield Suspect(
                    "clipped",
                    f"[is|are] cut off for |x| above {bound}",
                    lambda bound=bound: logistic(np.clip(x, -bound, bound)),
                    special=True,
                    rtol=_EXACTLY,
                )

        def formula():
            return Formula(out, {"sign": _SIGNS, "argument": _ARGUMENTS, "function": _FUNCTIONS})

        return Expected("out", right, 1.0, case.rtol, None, suspects, formula)

    @staticmethod
    @once_per_case
    def expected_gradients(case):
        """The expected dx."""
        x, dout = case.x.astype(np.float64), case.dout

        def dx(incoming=np.asarray, at=logistic, form=slope_of_output, joined=np.multiply):
            return joined(incoming(dout), form(at(x)))

        # σ' is a difference of numbers of the size of 1/4, also where it is nearly 0.
        terms = float(np.abs(dout).max()) / 4
        central = second_witness(logistic, x, dout, case)
        right = dout * logistic_slope(x)
        # fmt: off
        return [Expected("dx", right, terms, case.rtol, central, formula=lambda: Formula(dx, {
            "incoming": [
                *incoming_mistakes("dout", "derivative_of_dout"),
                Mistake("derivative_of_dout", "[has|have] σ(x) where dout belongs",
                        lambda dout: logistic(x)),
            ],
            "form": [
                Mistake("gradient_not_passed",
                        "[is|are] dout as it came, without the sigmoid's derivative", np.ones_like),
                *FORMS,
                Mistake("other_activation", "[uses|use] the derivative of ReLU",
                        lambda out: x > 0),
            ],
            "at": [
                *at("x"),
                Mistake("derivative_of_dout", "[has|have] dout in the formula for σ(x)",
                        lambda x: dout),
            ],
            "joined": JOINED,
        }), suspects=lambda: [
            Suspect("brackets", "[is|are] dout times σ(x), minus σ(x): 1 - σ(x) needs brackets",
                    lambda: dout * logistic(x) - logistic(x)),
            Suspect("brackets", "[is|are] dout times σ(x), minus σ(x)²: dout belongs to both terms",
                    lambda: logistic(x) * (dout - logistic(x))),
            Suspect("derivative_of_dout", "[is|are] σ(x) (1 - dout), for dout σ(x) (1 - σ(x))",
                    lambda: logistic(x) * (1 - dout)),
            Suspect("derivative_of_dout",
                    "[is|are] (1 - σ(x)) (1 - dout), for dout σ(x) (1 - σ(x))",
                    lambda: logistic(-x) * (1 - dout)),
            Suspect("derivative_of_dout", "[is|are] dout (1 - dout)", lambda: dout * (1 - dout)),
            Suspect("derivative_of_dout", "[is|are] the derivative of the sigmoid at dout",
                    lambda: logistic_slope(dout)),
            Suspect("derivative_of_dout", "[is|are] the sigmoid of 1 - σ(dout)",
                    lambda: logistic(logistic(-dout))),
            Suspect("other_activation", "[uses|use] softmax's derivative, which adds up over a row",
                    lambda: logistic(x) * (dout - (dout * logistic(x)).sum(-1, keepdims=True))),
        ], own=x)]
        # fmt: on


def _itself(x):
    return x


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
    "softmax over the batch": lambda x: _softmax(x, 0),
    "swish": lambda x: x * logistic(x),
    "the sigmoid stretched to run from -1 to 1": lambda x: np.tanh(x / 2),
    "the hard sigmoid": lambda x: np.clip(0.2 * x + 0.5, 0, 1),
    "leaky ReLU": lambda x: np.where(x > 0, x, 0.01 * x),
    "a step from 0 to 1": lambda x: np.heaviside(x, 0.5),
    "the input itself": _itself,
}

# fmt: off
# What goes into the sigmoid by mistake.
_SIGNS = [
    Mistake("exp_sign", "[falls|fall] where [it|they] should rise: exp has the wrong sign",
            np.negative),
    Mistake("exp_sign", "[is|are] at least 1/2 everywhere: the sign of x is lost", np.abs),
]
_ARGUMENTS = [
    Mistake("applied_twice", "[is|are] the sigmoid of the sigmoid", logistic),
    *(Mistake("factor", f"[has|have] exp(-{times:g}x) where exp(-x) belongs",
              lambda x, times=times: times * x) for times in (0.1, 0.5, 2, 3, 4, 5, 10)),
    Mistake("wrong_base", "[is|are] built on powers of 2, not of e", lambda x: x * np.log(2)),
    Mistake("wrong_base", "[is|are] built on powers of 10, not of e", lambda x: x * np.log(10)),
    Mistake("other_activation", "[has|have] the largest x subtracted first, as for softmax",
            lambda x: x - x.max()),
    Mistake("normalised", "[has|have] the mean of x subtracted first", lambda x: x - x.mean()),
]
# What is put in place of it.
_FUNCTIONS = [
    Mistake("one_plus_forgotten", "[is|are] 1/exp(-x): the 1 + is missing", np.exp),
    Mistake("one_plus_forgotten", "[is|are] exp(-x) alone", lambda x: np.exp(-x)),
    Mistake("brackets", "[is|are] 1 + exp(-x): 1 divided by all of it is wanted",
            lambda x: 1 + np.exp(-x)),
    Mistake("brackets", "[is|are] 1 + exp(-x) squared: 1 divided by all of it is wanted",
            lambda x: 1 + np.exp(-2 * x)),
    Mistake("sign", "[has|have] 1 - exp(-x) below the line, not 1 + exp(-x)",
            lambda x: -1 / np.expm1(-x)),
    Mistake("derivative_returned", "[is|are] the derivative of the sigmoid", logistic_slope),
    *(Mistake("other_activation", f"[is|are] {name}, not the sigmoid", other)
      for name, other in OTHERS.items()),
]


def slope_of_output(out):
    """The derivative of the sigmoid, from its output."""
    return 0.25 - (out - 0.5) ** 2


def _tanh_slope_of_output(out):
    tanh_of_half = 2 * out - 1
    return 1 - (2 * tanh_of_half / (1 + tanh_of_half**2)) ** 2


def _power(out):
    """exp(-z), where ``out`` is the sigmoid of z."""
    return (1 - out) / out


# Formulas that are taken for the derivative, as functions of the output of the sigmoid.
FORMS = [
    *(Mistake("derivative_incomplete", f"[has|have] {formula} alone in place of σ (1 - σ)", form)
      for formula, form in {
          "σ": lambda out: out,
          "1 - σ": lambda out: 1 - out,
          "σ²": lambda out: out**2,
          "(1 - σ)²": lambda out: (1 - out) ** 2,
      }.items()),
    Mistake("foreign_factor", "[has|have] a factor σ too many",
            lambda out: out * slope_of_output(out)),
    Mistake("foreign_factor", "[has|have] a factor 1 - σ too many",
            lambda out: (1 - out) * slope_of_output(out)),
    Mistake("foreign_factor", "[has|have] the sigmoid's derivative as a factor twice",
            lambda out: slope_of_output(out) ** 2),
    Mistake("sign", "[has|have] a plus where the derivative has a minus",
            lambda out: out + out**2),
    Mistake("tanh_derivative", "[uses|use] tanh's formula for the sigmoid's derivative",
            lambda out: 1 - out**2),
    Mistake("tanh_derivative", "[uses|use] the derivative of tanh", _tanh_slope_of_output),
    Mistake("tanh_derivative", "[has|have] 2 / (exp(z) + exp(-z)) for the derivative",
            lambda out: 2 * _power(out) / (1 + _power(out) ** 2)),
    Mistake("derivative_of_output", "[has|have] the sigmoid of σ in place of σ (1 - σ)", logistic),
    Mistake("brackets",
            "[has|have] exp(-z) / (1 + exp(-z)²) for the derivative: brackets are missing",
            lambda out: _power(out) / (1 + _power(out) ** 2)),
    Mistake("brackets", "[has|have] 1 + exp(-z) for σ(z): brackets are missing",
            lambda out: -_power(out) * (1 + _power(out))),
    Mistake("added_not_multiplied", "[has|have] σ minus 1 - σ, where the two are multiplied",
            lambda out: 2 * out - 1),
]


def incoming_mistakes(dout, of_itself):
    """What is made by mistake of the gradient that comes in, as functions of it.

    ``dout`` is what it is called, ``of_itself`` the cause where its own derivative is taken.
    """
    return [
        Mistake("dout_forgotten", f"[does|do] not depend on {dout}: it is not used", np.ones_like),
        Mistake(of_itself, f"[has|have] {dout} (1 - {dout}) where {dout} belongs",
                lambda dout: dout * (1 - dout)),
        Mistake("foreign_factor", f"[has|have] {dout} as a factor twice", np.square),
        Mistake("foreign_factor", f"[has|have] the mean of {dout} as a factor",
                lambda dout: dout.mean() * dout),
    ]


def at(z):
    """Where the derivative is taken by mistake, as functions of what is called ``z``."""
    return [
        Mistake("derivative_of_output", f"[takes|take] the sigmoid's derivative at σ({z}), not {z}",
                lambda z: logistic(logistic(z))),
        Mistake("derivative_of_input", f"[feeds|feed] {z} into the formula that is made for σ({z})",
                _itself),
    ]


# What is done with dout and the derivative by mistake.
JOINED = [
    Mistake("added_not_multiplied", "[is|are] dout plus the derivative", np.add),
    Mistake("added_not_multiplied", "[is|are] dout minus the derivative", np.subtract),
    Mistake("added_not_multiplied", "[is|are] dout divided by the derivative", np.divide),
    Mistake("matrix_product", "[is|are] a matrix product", np.matmul, special=True),
]
# fmt: on


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
