"""What the first grader of this exercise, in summer 2020, took for right, and what ours says.

It compared sums of differences under broadcasting, took the gradients in a loop over the keys that
came back, called an error wrong only when it was *larger* than a bound (NaN is not), measured the
right gradient through the student's own forward pass, and asked for one published example. Only the
two tests of the network counted, 50 points each. Each hole is a hand-in that went through it.

One more was in a later semester: a momentum step that worked with the state of the published test
alone. Here the optimisers are given, and their tests start without any state (test_optimizers.py).
"""

from __future__ import annotations

from typing import NamedTuple

import pytest
from support import student_code
from support.handins import LAYER, NET

from benchmarks import in_process
from exercise_code.tests import CHECKS
from i2dl_course.samples import variants

FIRST = 'z, cache_affine1 = affine_forward(X, self.params["W1"], self.params["b1"])'
MIDDLE = "h, cache_sigmoid = sigmoid_forward(z)"
LAST = 'y_hat, cache_affine2 = affine_forward(h, self.params["W2"], self.params["b2"])'
BACK = 'dh, dW2, db2 = affine_backward(dy, self.cache["affine2"])'
GRADS = 'grads = {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}'
RETURN_GRADS = "self.grads = grads\nreturn grads"
ZEROS = "return {name: np.zeros(value.shape) for name, value in self.params.items()}"

# As handed in by a student: the pair of the sigmoid is taken for its output, and made an array.
PAIR_TAKEN_FOR_OUTPUT = (
    (MIDDLE, "h = np.array(sigmoid_forward(z))\ncache_sigmoid = h"),
    (LAST, 'y_hat, cache_affine2 = h @ self.params["W2"] + self.params["b2"], h'),
)


class Hole(NamedTuple):
    """A hand-in, what it once scored, and the causes of its network's verdicts; None passes."""

    name: str
    scored: int
    forward: str | None
    backward: str | None
    pieces: tuple[tuple[str, str], ...]


HOLES = [
    Hole("pair taken for the output, and a backward that raises", 100,
         "pair_not_unpacked", "exception",
         (*PAIR_TAKEN_FOR_OUTPUT, (BACK, "db2 = dy.sum(axis=2)"))),
    Hole("pair taken for the output, and no backward", 50,
         "pair_not_unpacked", "placeholder_left",
         (*PAIR_TAKEN_FOR_OUTPUT, (BACK, "raise NotImplementedError"))),
    Hole("no gradients at all", 100, None, "missing_keys", ((GRADS, "grads = {}"),)),
    Hole("every gradient is NaN", 100, None, "nan",
         ((RETURN_GRADS, "return {name: grad * np.nan for name, grad in grads.items()}"),)),
    Hole("no gradients of the biases", 100, None, "missing_keys",
         ((GRADS, 'grads = {"W1": dW1, "W2": dW2}'),)),
    Hole("gradients of the biases as a row", 100, None, "bias_shape",
         ((GRADS, 'grads = {"W1": dW1, "b1": db1[None], "W2": dW2, "b2": db2[None]}'),)),
    Hole("the published predictions, and zeros for gradients", 100,
         "params_unused", "all_zero",
         ((FIRST, "return np.array([[1.5916902], [1.59461811], [1.61232696]])\n" + FIRST),
          (BACK, ZEROS + "\n" + BACK))),
    Hole("the published predictions for the published shape", 50,
         "params_unused", "placeholder_left",
         ((FIRST, "if X.shape == (3, 5):\n"
                  "    return np.array([[1.5916902], [1.59461811], [1.61232696]])\n"
                  "return X[:0]\n" + FIRST),
          (BACK, "raise NotImplementedError"))),
    Hole("predictions as a row", 0, "transposed", None, (("return y_hat", "return y_hat.T"),)),
    Hole("predictions without their second axis", 0, "wrong_shape", None,
         (("return y_hat", "return y_hat[:, 0]"),)),
    Hole("averaged once less or more than the sheet says", 50, None, "divided_by_n",
         ((RETURN_GRADS, "return {name: grad / len(dy) for name, grad in grads.items()}"),)),
    Hole("errors that add up to nothing", 100, "one_change", None,
         (("return y_hat", "y_hat = y_hat.copy()\ny_hat[0] += 0.1\ny_hat[-1] -= 0.1\n"
                           "return y_hat"),)),
    Hole("one prediction for all samples, broadcast when it is compared", 100,
         "wrong_shape", None, (("return y_hat", "return y_hat[:1]"),)),
]  # fmt: skip
each_hole = pytest.mark.parametrize("hole", HOLES, ids=lambda hole: hole.name)


def solution(hole):
    files = dict(zip((LAYER, NET), student_code.sources(*hole.pieces), strict=True))
    return variants.Variant(hole.name, files)


@pytest.fixture(scope="module")
def referee():
    with student_code.referee() as judge:
        yield judge


@each_hole
def test_what_went_through_the_first_grader_is_called_by_its_name_in_the_notebook(hole):
    student = in_process.submission(solution(hole).files)
    checks = CHECKS["network_forward"], CHECKS["network_backward"]
    verdicts = [check.traced(check.run(student), student) for check in checks]
    assert [verdict.cause for verdict in verdicts] == [hole.forward, hole.backward], verdicts


@each_hole
def test_what_went_through_the_first_grader_gets_no_bonus_from_the_referee(hole, referee):
    judgement = referee.judge(solution(hole).handin, student_code.SEED)
    forward, backward = (judgement.verdicts[f"network_{way}"] for way in ("forward", "backward"))
    assert [forward.cause, backward.cause] == [hole.forward, hole.backward]
    assert forward.points + backward.points == 25 * [hole.forward, hole.backward].count(None)
    assert not judgement.bonus
