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
from exercise_code.tests.compare import DRAWN_RTOL, Expected, once_per_case
from exercise_code.tests.expected import affine, complex_step, logistic, logistic_slope
from exercise_code.tests.formulas import Formula, Mistake, Suspect
from exercise_code.tests.sigmoid_layer import OTHERS, incoming_mistakes


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

        def out(samples=x, weights=w, product=1.0, bias=b, then=np.asarray):
            return then(product * affine(samples, weights, 0 * b) + bias)

        def of_features(kept):
            only = np.zeros_like(w)
            only[kept] = w[kept]
            return only

        terms = affine(np.abs(x), np.abs(w), np.abs(b))
        right = affine(x, w, b)
        # fmt: off
        return Expected("out", right, float(terms.max()), case.rtol, formula=lambda: Formula(out, {
            "bias": [
                Mistake("bias_forgotten", "[lacks|lack] the bias", 0.0),
                Mistake("bias_forgotten", "[has|have] the bias in the last row alone",
                        np.eye(len(x))[:, -1:] * b),
                Mistake("bias_subtracted", "[has|have] the bias subtracted, not added", -b),
                Mistake("bias_wrong_axis", "[has|have] the bias of output n in row n",
                        b[:, None], special=True),
                Mistake("bias_wrong_axis", "[has|have] the sum of all biases added", b.sum()),
                Mistake("bias_wrong_axis", "[has|have] the mean of all biases added", b.mean()),
                *(Mistake("factor", f"[has|have] the bias added once for every {what}", times * b)
                  for what, times in (("feature", len(w)), ("sample", len(x)))),
            ],
            "product": [Mistake("factor", f"[has|have] x·w divided by the number of {what}", 1 / n)
                        for what, n in (("features", len(w)), ("samples", len(x)))],
            "weights": [
                Mistake("not_transposed", "[is|are] computed with the transpose of w", w.T,
                        special=True),
                Mistake("off_by_one", "[lacks|lack] the last feature", of_features(slice(-1))),
                Mistake("not_accumulated", "[holds|hold] the last feature alone",
                        of_features(slice(-1, None))),
            ],
            "samples": _wrong_flattenings(x),
            "then": [
                Mistake("activation_in_affine", "[is|are] put through the sigmoid already",
                        logistic),
                Mistake("activation_in_affine",
                        "[is|are] put through 1 + exp(-z) already, a sigmoid without its brackets",
                        lambda z: 1 + np.exp(-z)),
                *(Mistake("activation_in_affine", f"[is|are] put through {name} already", other)
                  for name, other in OTHERS.items() if name != "the input itself"),
            ],
        }))
        # fmt: on

    @staticmethod
    @once_per_case
    def expected_gradients(case):
        """The expected dx, dw and db."""
        x, w, dout = case.x, case.w, case.dout

        # fmt: off
        @cache
        def upstream():
            out = affine(x, w, case.b)
            slopes = {"a sigmoid": logistic_slope(out), "tanh": 1 - np.tanh(out) ** 2,
                      "ReLU": out > 0}
            return {
                "rows": [*incoming_mistakes("dout", "activation_in_affine"), *row_mistakes()],
                "slope": [
                    Mistake("activation_in_affine",
                            f"[belongs|belong] to a layer with {other} in it", slope)
                    for other, slope in slopes.items()
                ],
            }

        def dx(rows=np.asarray, slope=1.0, weights=w.T, after=1.0):
            return after * np.reshape((rows(dout) * slope) @ weights, x.shape)

        def dw(rows=np.asarray, slope=1.0, samples=x):
            return of_samples(samples, rows(dout) * slope)

        def db(rows=np.asarray, slope=1.0, added=add_rows):
            return added(rows(dout) * slope)

        formulas = {
            "x": lambda: Formula(dx, {**upstream(), "weights": [
                Mistake("not_transposed", "[is|are] computed with w where its transpose belongs", w,
                        special=True),
            ], "after": [
                Mistake("activation_in_affine",
                        f"[has|have] a factor {slope}, the derivative of a layer before this one",
                        factor)
                for slope, factor in {"x (1 - x)": x * (1 - x), "σ'(x)": logistic_slope(x),
                                      "1 - x²": 1 - x**2, "x > 0": x > 0}.items()
            ]}),
            "w": lambda: Formula(dw, {**upstream(), "samples": [
                *_wrong_flattenings(x),
                Mistake("wrong_layer_input", "[uses|use] dx where x belongs", dx()),
                Mistake("wrong_layer_input", "[uses|use] w itself where x belongs",
                        lambda dout: w * add_rows(dout)),
            ]}),
            "b": lambda: Formula(db, {**upstream(), "added": BIAS_MISTAKES}),
        }
        suspects = {
            "x": [
                Suspect("not_reshaped", "[is|are] left flat", lambda: dx().reshape(len(x), -1),
                        special=True),
                Suspect("gradient_not_passed", "[is|are] dout as it came: w is not used",
                        lambda: dout),
                *_local("w", w),
                Suspect("flattened_wrongly", "[has|have] the entries of each sample mixed up",
                        lambda: dx().reshape(len(x), -1).reshape(x.shape, order="F"),
                        special=True),
            ],
            "w": [
                Suspect("not_accumulated", OUTER, lambda: np.outer(x, dout)),
                *_local("x", x.reshape(len(x), -1)),
            ],
            "b": [Suspect("bias_with_input", OF_WEIGHTS, lambda: dw().sum(axis=0))],
        }
        # fmt: on

        def expectation(name):
            def of(value):
                return affine(**{**case.inputs, name: value})

            own = case.inputs[name]
            value, terms = complex_step(of, own, dout)
            central = second_witness(of, own, dout, case)
            return Expected(
                f"d{name}",
                value,
                float(terms.max()),
                case.rtol,
                central,
                lambda: suspects[name],
                formulas[name],
                own,
            )

        return [expectation(name) for name in case.inputs]


OUTER = "[holds|hold] each entry times each other one, as np.outer does for a single sample"


OF_WEIGHTS = "[is|are] the gradient of the weights, added up over the inputs"


def _local(name, array):
    """Suspects of one factor of a product alone, as the derivative of the product."""
    for says, factor in ((f"{name} itself", array), (f"the transpose of {name}", array.T)):
        yield Suspect("dout_forgotten", f"[is|are] {says}: dout is not used",
                      lambda factor=factor: factor)  # fmt: skip


def add_rows(dout):
    """The right gradient of a bias, (M,), from what comes in, (N, M)."""
    return np.einsum("nm->m", dout)


def _bias_mistakes():
    """What the gradient of a bias becomes when dout (N, M) is added up wrongly."""

    def of_total(shape, per=lambda dout: 1):
        return lambda dout: np.full(shape(dout), dout.sum() / per(dout))

    outputs = "[is|are] added up over the outputs, not over the batch"
    mean = "[is|are] averaged over the outputs, not added up over the batch"
    everything = "[is|are] added up over batch and outputs"
    # fmt: off
    return [
        Mistake("bias_shape", "[is|are] kept as a table with one row",
                lambda dout: add_rows(dout)[None, :]),
        Mistake("bias_shape", "[is|are] kept as a table with one column",
                lambda dout: add_rows(dout)[:, None]),
        Mistake("bias_not_summed", "[is|are] not added up over the batch", np.asarray),
        Mistake("bias_wrong_axis", outputs, lambda dout: dout.sum(axis=1)),
        Mistake("bias_wrong_axis", outputs, lambda dout: dout.sum(axis=1, keepdims=True)),
        Mistake("bias_wrong_axis", mean, lambda dout: dout.mean(axis=1)),
        Mistake("bias_total", everything, of_total(lambda dout: ())),
        Mistake("bias_total", everything, of_total(lambda dout: (1,))),
        Mistake("bias_total", everything, of_total(lambda dout: (1, 1))),
        Mistake("bias_total", everything, of_total(lambda dout: dout.shape[1])),
        Mistake("bias_total", "[is|are] the mean over batch and outputs",
                of_total(lambda dout: (), np.size)),
        Mistake("bias_total", f"{everything}, and divided by the batch",
                of_total(lambda dout: (), len)),
    ]
    # fmt: on


BIAS_MISTAKES = _bias_mistakes()


def of_samples(samples, dout):
    """The gradient of the weights, (D, M), from what went in, and the gradient of what came out.

    In place of the first, (N, ...), a mistake may have a function of the second, (N, M).
    """
    if callable(samples):
        return samples(dout)
    return np.reshape(samples, (len(dout), -1)).T @ dout


def row_mistakes():
    """What a loop over the batch makes of dout when it overwrites, or ends too early."""

    def only(kept):
        def rows(dout):
            out = np.zeros_like(dout)
            out[kept] = dout[kept]
            return out

        return rows

    # fmt: off
    return [
        Mistake("not_accumulated", "[holds|hold] the last sample of the batch alone",
                only(slice(-1, None))),
        Mistake("not_accumulated", "[holds|hold] the first sample of the batch alone",
                only(slice(1))),
        Mistake("off_by_one", "[lacks|lack] the last sample of the batch", only(slice(-1))),
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


def _wrong_flattenings(x):
    n = len(x)
    mixed = "[mixes|mix] up the features of a sample when it is flattened"
    samples = "[mixes|mix] up features of different samples when they are flattened"
    # fmt: off
    return [
        Mistake("flattened_wrongly", mixed, x.reshape(n, -1, order="F"), special=True),
        Mistake("flattened_wrongly", samples, x.reshape(-1, n).T, special=True),
    ]
    # fmt: on
