"""The affine layer as the checks see it: cases, right answers, and mistakes to suspect."""

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
from exercise_code.tests.expected import affine, complex_step, logistic, logistic_slope
from exercise_code.tests.sigmoid_layer import OTHERS


class AffineLayer:
    """What the judges of layers need to know about this one."""

    forward, backward = "affine_forward", "affine_backward"
    gradients = ("dx", "dw", "db")

    @staticmethod
    def cases(rng):
        """The common case first, then every shape that is a trap."""
        batch, outputs = sizes(rng)
        sides = [(2, 3), (3, 2), (2, 5)][rng.integers(3)]
        features = int(np.prod(sides))
        square = int(rng.integers(3, 6))
        shapes = [
            ((batch, *sides), outputs, f"For x of shape {(batch, *sides)}", "not_flattened"),
            ((square, square), square, f"For N = D = M = {square}", "some_shapes"),
            ((1, features), outputs, f"For a batch of one, N = 1, D = {features}", "batch_of_one"),
            ((batch, features), 1, "For a single output, M = 1", "one_output"),
            ((batch, 1), outputs, "For a single feature, D = 1", "one_feature"),
            ((1, 1), 1, "For N = D = M = 1", "one_of_all"),
            ((4, 3, 1, 2), 5, "For x of shape (4, 3, 1, 2)", "not_flattened"),
        ]
        drawn = [
            _case(rng, draw(rng, shape), m, label=label, cause=cause, rtol=DRAWN_RTOL)
            for shape, m, label, cause in shapes
        ]
        whole = rng.integers(1, 6, (4, 3)) * rng.choice([-1, 1], (4, 3))
        integers = _case(rng, whole, 2, label="For integers in x", unasked=INTEGERS)
        return [*_always_the_same(), *drawn, integers]

    @staticmethod
    def sheet_cache(case):
        """The cache as the docstring of affine_forward describes it."""
        return case.x.copy(), case.w.copy(), case.b.copy()

    @staticmethod
    @once_per_case
    def out(case):
        """The expected output."""
        x, w, b = case.x, case.w, case.b
        right, no_bias = affine(x, w, b), affine(x, w, np.zeros_like(b))

        def of_features(kept):
            only = np.zeros_like(w)
            only[kept] = w[kept]
            return affine(x, only, b)

        # fmt: off
        suspects = [
            Suspect("bias_forgotten", "[lacks|lack] the bias", lambda: no_bias),
            Suspect("bias_forgotten", "[has|have] the bias in the last row alone",
                    lambda: no_bias + np.eye(len(x))[:, -1:] * b),
            Suspect("bias_subtracted", "[has|have] the bias subtracted, not added",
                    lambda: 2 * no_bias - right),
            Suspect("bias_wrong_axis", "[has|have] the bias of output n in row n",
                    lambda: no_bias + b[:, None], special=True),
            Suspect("not_transposed", "[is|are] computed with the transpose of w",
                    lambda: affine(x, w.T, b), special=True),
            Suspect("activation_in_affine", "[is|are] put through the sigmoid already",
                    lambda: logistic(right)),
            Suspect("activation_in_affine",
                    "[is|are] put through 1 + exp(-z) already, a sigmoid without its brackets",
                    lambda: 1 + np.exp(-right)),
            *(Suspect("activation_in_affine", f"[is|are] put through {name} already",
                      lambda other=other: other(right)) for name, other in OTHERS.items()),
            Suspect("factor", "[has|have] x·w divided by the number of features",
                    lambda: no_bias / len(w) + b),
            Suspect("off_by_one", "[lacks|lack] the last feature", lambda: of_features(slice(-1))),
            Suspect("not_accumulated", "[holds|hold] the last feature alone",
                    lambda: of_features(slice(-1, None))),
            *_wrong_flattenings(x, lambda mixed: affine(mixed, w, b)),
        ]
        # fmt: on
        terms = affine(np.abs(x), np.abs(w), np.abs(b))
        return Expected("out", right, float(terms.max()), case.rtol, suspects=lambda: suspects)

    @staticmethod
    @once_per_case
    def expected_gradients(case):
        """The expected dx, dw and db."""
        x, w, dout = case.x, case.w, case.dout
        out = affine(x, w, case.b)
        slopes = {"a sigmoid": logistic_slope(out), "tanh": 1 - np.tanh(out) ** 2, "ReLU": out > 0}

        def gradient(name, upstream=dout, **others):
            given = {**case.inputs, **others}
            return complex_step(
                lambda value: affine(**{**given, name: value}), given[name], upstream
            )

        def expectation(name, suspects):
            value, terms = gradient(name)
            central = second_witness(
                lambda array: affine(**{**case.inputs, name: array}), case.inputs[name], dout, case
            )
            # fmt: off
            suspects = [
                *suspects,
                Suspect("dout_forgotten", "[does|do] not depend on dout: it is not used",
                        lambda: gradient(name, np.ones_like(dout))[0]),
                *(Suspect("activation_in_affine", f"[belongs|belong] to a layer with {other} in it",
                          lambda slope=slope: gradient(name, dout * slope)[0])
                  for other, slope in slopes.items()),
                *sample_suspects(dout, lambda only: gradient(name, only)[0]),
            ]
            # fmt: on
            return Expected(
                f"d{name}", value, float(terms.max()), case.rtol, central, lambda: suspects
            )

        # fmt: off
        return [
            expectation("x", [
                Suspect("not_reshaped", "[is|are] left flat",
                        lambda: gradient("x")[0].reshape(len(x), -1), special=True),
                Suspect("gradient_not_passed", "[is|are] dout as it came: w is not used",
                        lambda: dout),
                Suspect("not_transposed", "[is|are] computed with w where its transpose belongs",
                        lambda: gradient("x", w=w.T)[0], special=True),
                Suspect("flattened_wrongly", "[has|have] the entries of each sample mixed up",
                        lambda: gradient("x")[0].reshape(len(x), -1).reshape(x.shape, order="F"),
                        special=True),
            ]),
            expectation("w", [
                *_wrong_flattenings(x, lambda mixed: gradient("w", x=mixed)[0]),
                Suspect("not_accumulated", OUTER, lambda: np.outer(x, dout)),
                Suspect("wrong_layer_input", "[uses|use] dx where x belongs",
                        lambda: gradient("w", x=gradient("x")[0])[0]),
                Suspect("wrong_layer_input",
                        "[uses|use] dx where x belongs, and [is|are] transposed",
                        lambda: gradient("w", x=gradient("x")[0])[0].T),
            ]),
            expectation("b", bias_suspects(dout, lambda: gradient("w")[0])),
        ]
        # fmt: on


OUTER = "[holds|hold] each entry times each other one, as np.outer does for a single sample"


def bias_suspects(dout, weights):
    """What the gradient of a bias becomes when dout (N, M) is added up wrongly.

    ``weights()`` is the gradient of the weights beside it, (D, M).
    """
    right = np.einsum("nm->m", dout)
    each_sample, total = np.einsum("nm->n", dout), np.einsum("nm->", dout)
    outputs = "[is|are] added up over the outputs, not over the batch"
    mean = "[is|are] averaged over the outputs, not added up over the batch"
    everything = "[is|are] added up over batch and outputs"
    # fmt: off
    return [
        Suspect("bias_shape", "[is|are] kept as a table with one row", lambda: right[None, :]),
        Suspect("bias_shape", "[is|are] kept as a table with one column", lambda: right[:, None]),
        Suspect("bias_not_summed", "[is|are] not added up over the batch", lambda: dout),
        Suspect("bias_wrong_axis", outputs, lambda: each_sample),
        Suspect("bias_wrong_axis", outputs, lambda: each_sample[:, None]),
        Suspect("bias_wrong_axis", mean, lambda: each_sample / dout.shape[1]),
        Suspect("bias_total", everything, lambda: np.array(total)),
        Suspect("bias_total", everything, lambda: np.array([total])),
        Suspect("bias_total", everything, lambda: np.array([[total]])),
        Suspect("bias_total", everything, lambda: np.full(dout.shape[1], total)),
        Suspect("bias_with_input", "[is|are] the gradient of the weights, added up over the inputs",
                lambda: weights().sum(axis=0)),
        Suspect("bias_total", "[is|are] the mean over batch and outputs",
                lambda: np.array(total / dout.size)),
        Suspect("bias_total", f"{everything}, and divided by the batch",
                lambda: np.array(total / len(dout))),
    ]
    # fmt: on


def sample_suspects(dout, gradient):
    """What a gradient becomes when a loop over the batch overwrites, or ends too early."""

    def of_one(sample):
        only = np.zeros_like(dout)
        only[sample] = dout[sample]
        return gradient(only)

    def without_last():
        others = dout.copy()
        others[-1] = 0
        return gradient(others)

    # fmt: off
    return [
        Suspect("not_accumulated", "[holds|hold] the last sample of the batch alone",
                lambda: of_one(-1)),
        Suspect("not_accumulated", "[holds|hold] the first sample of the batch alone",
                lambda: of_one(0)),
        Suspect("off_by_one", "[lacks|lack] the last sample of the batch", without_last),
    ]
    # fmt: on


@cache
def _always_the_same():
    rng = np.random.default_rng(FIXED)
    return (
        _case(rng, draw(rng, (8, 6)), 3),
        _case(rng, draw(rng, (4, 3)), 2, 1000, label="For numbers up to 1700", cause="large_input"),
    )


def _case(rng, x, outputs, size=1, **others):
    return LayerCase(
        batch=len(x),
        x=size * x,
        w=size * draw(rng, (int(np.prod(x.shape[1:])), outputs)),
        b=size * draw(rng, outputs),
        dout=size * draw(rng, (len(x), outputs)),
        **others,
    )


def _wrong_flattenings(x, result):
    n = len(x)
    mixed = "[mixes|mix] up the features of a sample when it is flattened"
    samples = "[mixes|mix] up features of different samples when they are flattened"
    # fmt: off
    return [
        Suspect("flattened_wrongly", mixed, lambda: result(x.reshape(n, -1, order="F")),
                special=True),
        Suspect("flattened_wrongly", samples, lambda: result(x.reshape(-1, n).T), special=True),
    ]
    # fmt: on
