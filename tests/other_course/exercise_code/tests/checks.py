"""The two checks."""

from dataclasses import dataclass

import numpy as np

from exercise_code.tests.checking import Check
from exercise_code.tests.compare import Case, Expected, require_right


@dataclass(frozen=True, kw_only=True)
class SignalCase(Case):
    """A signal x (N,), and the weights (K,) of a filter."""

    x: np.ndarray
    weights: np.ndarray


def cases(rng):
    return [
        SignalCase(x=rng.uniform(1.0, 2.0, 9), weights=rng.uniform(1.0, 2.0, 3)),
        SignalCase(label="for one weight", x=rng.uniform(1.0, 2.0, 4), weights=np.array([2.0])),
    ]


def filtered(x, weights):
    """Another formula for the same: one weight at a time."""
    length = len(x) - len(weights) + 1
    parts = [weight * x[start : start + length] for start, weight in enumerate(weights)]
    return Expected("out", np.sum(parts, axis=0))


def judge_average(student, cases):
    for case in cases:
        width = len(case.weights)
        out = student.moving_average(case.x.copy(), width)
        require_right([out], [filtered(case.x, np.full(width, 1 / width))], case)


def judge_kernel(student, cases):
    for case in cases:
        kernel = student.Kernel({"weights": case.weights})
        require_right([kernel.apply(case.x.copy())], [filtered(case.x, case.weights)], case)
        kernel.params["weights"] *= 3.0
        require_right([kernel.apply(case.x.copy())], [filtered(case.x, 3 * case.weights)], case)


_CHECKS = (
    Check(
        "smooth",
        points=40,
        function="moving_average",
        judge=judge_average,
        cases=cases,
        says="All averages are right",
        hint="The first of them is x[:width].mean().",
    ),
    Check(
        "filter_with_weights",
        points=60,
        function="Kernel.apply",
        judge=judge_kernel,
        cases=cases,
        says="The filter is right",
        hint="The weights may change between two calls.",
    ),
)
CHECKS = {check.name: check for check in _CHECKS}
