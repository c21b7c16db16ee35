"""Does the draw of the cases decide a verdict?

    .venv/bin/python -m benchmarks.draws [--seeds 40] [--first 0] [--jobs 2]

A hand-in that is nearly right is judged on the cases of so many seeds, as the referee draws them.
Every two seeds are a pair; it differs when the hand-in gets other points, or is told another cause.
The hand-ins are the reference with one piece replaced (FAMILIES), each in many degrees: numbers cut
off at a bound, digits lost, small constants added, a gradient measured with some step.

Exit code 1 when any pair differs.
"""

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from math import comb

from benchmarks import in_process
from benchmarks.verdicts import COURSE, cases
from exercise_code.tests import CHECKS
from i2dl_course.samples import variants

OUT = "out = samples @ w + b"
SIGMOID = "out = 1.0 / (1.0 + np.exp(-x))"
SLOPE = "dx = dout * cache * (1.0 - cache)"
DX, DW, DB = "dx = (dout @ w.T).reshape(x.shape)", "dw = samples.T @ dout", "db = dout.sum(axis=0)"
Y_HAT = 'y_hat, cache_affine2 = affine_forward(h, self.params["W2"], self.params["b2"])'
GRADS = 'grads = {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}'
# Where a result may be spoilt: the line that makes it, and its name.
RESULTS = {OUT: "out", SIGMOID: "out", DX: "dx", DW: "dw", DB: "db", SLOPE: "dx", Y_HAT: "y_hat"}

BOUNDS = (3, 5, 8, 10, 12, *range(14, 26), 30, 37, 50, 100, 500, 700)
SIZES = (0.1, 0.5, 1, 2, 3, 5, 8, 10, 15, 20, 30, 50, 100, 200, 500, 1000)
NEAR_ZERO = (0.5, 0.3, 0.25, 0.1, 0.03, *(10.0**-power for power in range(2, 12)))
SMALL = tuple(10.0**-power for power in range(5, 14))
STEPS = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8)
DIGITS = range(4, 13)

DEGREE = "DEGREE"  # stands for each of the degrees of a family
# The words for a family, its degrees, and what a line of the reference becomes.
FAMILIES = (
    ("sigmoid of x clipped to ±DEGREE", BOUNDS, {
        SIGMOID: "out = 1 / (1 + np.exp(-np.clip(x, -DEGREE, DEGREE)))"}),
    ("sigmoid of x cut off above DEGREE", BOUNDS, {
        SIGMOID: "out = 1 / (1 + np.exp(-np.minimum(x, DEGREE)))"}),
    ("sigmoid of x cut off below -DEGREE", BOUNDS, {
        SIGMOID: "out = 1 / (1 + np.exp(-np.maximum(x, -DEGREE)))"}),
    ("sigmoid 0 or 1 beyond ±DEGREE", BOUNDS, {
        SIGMOID: f"{SIGMOID}\nout = np.where(x > DEGREE, 1.0, np.where(x < -DEGREE, 0.0, out))"}),
    ("sigmoid of numbers below DEGREE taken for 0", NEAR_ZERO, {
        SIGMOID: "out = 1 / (1 + np.exp(-np.where(np.abs(x) < DEGREE, 0, x)))"}),
    ("sigmoid of numbers below DEGREE left 0", NEAR_ZERO, {
        SIGMOID: f"{SIGMOID}\nout = np.where(np.abs(x) < DEGREE, 0, out)"}),
    ("sigmoid with DEGREE below the line", SMALL, {SIGMOID: "out = 1 / (1 + np.exp(-x) + DEGREE)"}),
    ("sigmoid kept DEGREE away from 0 and 1", SMALL, {
        SIGMOID: "out = np.clip(1 / (1 + np.exp(-x)), DEGREE, 1 - DEGREE)"}),
    ("slope of a cache kept DEGREE away from 0 and 1", SMALL, {
        SLOPE: "out = np.clip(cache, DEGREE, 1 - DEGREE)\ndx = dout * out * (1 - out)"}),
    ("slope plus DEGREE", SMALL, {SLOPE: "dx = dout * (cache * (1 - cache) + DEGREE)"}),
    ("exp(-x) as (1 - x/n)^n, n = 2^DEGREE", range(8, 53, 4), {
        SIGMOID: "out = 1 / (1 + np.maximum(1 - x / 2.0**DEGREE, 0) ** 2.0**DEGREE)"}),
    ("dw with a weight decay of DEGREE", SMALL, {DW: f"{DW} + DEGREE * w"}),
    ("db as a mean times N, over N + DEGREE", SMALL, {
        DB: "db = dout.sum(axis=0) / (len(dout) + DEGREE) * len(dout)"}),
    ("gradients of the net measured with a step of DEGREE", STEPS, {GRADS: """
grads = {}
X = self.cache["affine1"][0]
for name, array in self.params.items():
    grads[name] = np.zeros_like(array)
    for index in np.ndindex(array.shape):
        here, moved = array[index], []
        for step in (DEGREE, -DEGREE):
            array[index] = here + step
            h = sigmoid_forward(affine_forward(X, self.params["W1"], self.params["b1"])[0])[0]
            moved.append(affine_forward(h, self.params["W2"], self.params["b2"])[0])
        array[index] = here
        grads[name][index] = np.sum(dy * (moved[0] - moved[1])) / (2 * DEGREE)
"""}),
    ("gradients of the net clipped to ±DEGREE", SIZES, {
        GRADS: f"{GRADS}\ngrads = {{k: np.clip(v, -DEGREE, DEGREE) for k, v in grads.items()}}"}),
    ("gradients of the net no longer than DEGREE", SIZES, {
        GRADS: f"{GRADS}\nfor v in grads.values(): v *= min(1, DEGREE / np.linalg.norm(v))"}),
    *((f"{name} clipped to ±DEGREE ({line})", SIZES, {
        line: f"{line}\n{name} = np.clip({name}, -DEGREE, DEGREE)"})
      for line, name in RESULTS.items()),
    *((f"{name} rounded to DEGREE digits ({line})", DIGITS, {
        line: f"{line}\n{name} = np.round({name}, DEGREE)"}) for line, name in RESULTS.items()),
    *((f"{name} plus DEGREE ({line})", SMALL, {line: f"{line}\n{name} = {name} + DEGREE"})
      for line, name in RESULTS.items()),
    *((f"{name} times 1 + DEGREE ({line})", SMALL, {
        line: f"{line}\n{name} = {name} * (1 + DEGREE)"})
      for line, name in RESULTS.items()),
    *((f"{name} through DEGREE ({line})", ("np.float32", "np.float16", "np.longdouble"), {
        line: f"{line}\n{name} = {name}.astype(DEGREE).astype(float)"})
      for line, name in RESULTS.items()),
    ("product in DEGREE", ("np.float32", "np.longdouble"), {
        OUT: "out = (samples.astype(DEGREE) @ w.astype(DEGREE) + b).astype(float)"}),
    ("product of slope in DEGREE", ("np.float32", "np.longdouble"), {
        SLOPE: "dx = (dout * (cache * (1 - cache)).astype(DEGREE)).astype(float)"}),
    ("db added up in DEGREE", ("np.float32", "np.longdouble"), {
        DB: "db = dout.sum(axis=0, dtype=DEGREE).astype(float)"}),
    ("exp in DEGREE", ("np.float32", "np.longdouble"), {
        SIGMOID: "out = 1 / (1 + np.exp(-x.astype(DEGREE)).astype(float))"}),
)  # fmt: skip


@cache
def handins():
    """Name and Submission of every hand-in that is nearly right."""
    reference = variants.reference(COURSE).files
    found = {}
    for words, degrees, pieces in FAMILIES:
        for degree in degrees:
            changed = {old: new.replace(DEGREE, str(degree)) for old, new in pieces.items()}
            files = variants.replaced(reference, changed)
            found[words.replace(DEGREE, str(degree))] = in_process.submission(files)
    return found


def outcomes(seed: int) -> Iterator[tuple[str, tuple]]:
    """Each hand-in with what it gets: for each task the points and the cause."""
    drawn = cases(seed)
    for name, student in handins().items():
        verdicts = [check.run(student, drawn=drawn[task]) for task, check in CHECKS.items()]
        yield name, tuple((verdict.points, verdict.cause) for verdict in verdicts)


def judged(seed: int) -> dict[str, tuple]:
    return dict(outcomes(seed))


def differing(seen: list[tuple]) -> int:
    """How many pairs of these outcomes differ."""
    return comb(len(seen), 2) - sum(comb(count, 2) for count in Counter(seen).values())


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=40, help="how many seeds (40)")
    parser.add_argument("--first", type=int, default=0, help="the first of them (0)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes (all cores)")
    given = parser.parse_args(arguments)
    seeds = range(given.first, given.first + given.seeds)
    begun = time.perf_counter()
    with ProcessPoolExecutor(given.jobs) as pool:
        rounds = list(pool.map(judged, seeds))
    pairs, other_points, other_cause, spoilt = 0, 0, 0, []
    for name in rounds[0]:
        seen = [one[name] for one in rounds]
        points = [tuple(points for points, _ in outcome) for outcome in seen]
        pairs += comb(len(seen), 2)
        other_points += differing(points)
        if differing(seen):
            other_cause += differing(seen) - differing(points)
            spoilt.append((name, Counter(seen)))
    print(f"{len(rounds[0])} hand-ins, {len(seeds)} seeds from {given.first} on, "
          f"{time.perf_counter() - begun:.0f} s")  # fmt: skip
    print(f"pairs of seeds                {pairs:9,d}")
    print(f"pairs with other points       {other_points:9,d}")
    print(f"pairs with another cause only {other_cause:9,d}")
    for name, counts in spoilt:
        print(f"{name}:")
        for outcome, count in counts.most_common(4):
            told = ", ".join(
                f"{task} {cause}" for task, (_, cause) in zip(CHECKS, outcome, strict=True) if cause
            )
            print(f"  {count:4d} times {sum(points for points, _ in outcome):g}: {told}")
    return 1 if spoilt else 0


if __name__ == "__main__":
    sys.exit(main())
