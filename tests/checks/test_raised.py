"""What is said of an exception helps to mend the line: it is found out, and not guessed."""

from __future__ import annotations

from itertools import product
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import student_code

from exercise_code.tests import CHECKS, StudentError, raised

# A piece of the reference, what stands there, the task, and what the hint must hold.
MISTAKES = {
    "factors exchanged": (
        ("out = samples @ w + b", "out = np.dot(w, samples)"),
        "affine_forward",
        "Exchange the two: (8, 6) @ (6, 3) gives (8, 3), the shape of out",
    ),
    "two changes away": (
        ("out = samples @ w + b", "out = np.dot(w.T, samples)"),
        "affine_forward",
        "Exchange the two and transpose (3, 6): (8, 6) @ (6, 3) gives (8, 3), the shape of out",
    ),
    "gradients of columns": (
        ("dw = samples.T @ dout", "dw = np.dot(dout, samples.T)"),
        "affine_backward",
        "(6, 8) @ (8, 3) gives (6, 3), the shape of dw",
    ),
    "entry by entry": (
        ("dw = samples.T @ dout", "dw = samples.T * dout"),
        "affine_backward",
        "As a matrix product: (6, 8) @ (8, 3) gives (6, 3)",
    ),
    "a product of one shape": (
        (
            'dz = sigmoid_backward(dh, self.cache["sigmoid"])',
            'dz = np.dot(dh, self.cache["sigmoid"])',
        ),
        "network_backward",
        "(8, 4), are multiplied entry by entry, with *",
    ),
    "matmul, which tells no shapes itself": (
        ("out = samples @ w + b", "out = samples @ w.T + b"),
        "affine_forward",
        "Transpose (3, 6): (8, 6) @ (6, 3) gives (8, 3), the shape of out",
    ),
    "matmul of what the net holds": (
        (
            'dz = sigmoid_backward(dh, self.cache["sigmoid"])',
            'dz = np.matmul(np.transpose(self.params["W2"]), dh)',
        ),
        "network_backward",
        "(1, 4) is the shape of W2 transposed, and (8, 4) that of the hidden layer",
    ),
    "matmul into an array of another shape": (
        ("out = samples @ w + b", "out = np.matmul(samples, w, out=w)"),
        "affine_forward",
        "The array behind out= has another shape than the product",
    ),
    "matmul of what has no name": (
        ("out = samples @ w + b", "out = samples @ (2 * w).T + b"),
        "affine_forward",
        "has rows of 6 numbers, and the one on the right has 3 rows",
    ),
    "pictures not flattened": (
        ("samples = x.reshape(x.shape[0], -1)\nout = samples @ w + b", "out = x @ w + b"),
        "affine_forward",
        "Flatten each sample first",
    ),
    "a shape into two names": (
        ("out = 1.0 / (1.0 + np.exp(-x))", "N, D = x.shape; out = 1 / (1 + np.exp(-x))"),
        "sigmoid_forward",
        "any number of axes",
    ),
    "no such function in NumPy": (
        ("out = 1.0 / (1.0 + np.exp(-x))", "out = np.sigmoid(x)"),
        "sigmoid_forward",
        "check how it is spelt, or write the formula",
    ),
    "None into three names": (
        ("x, w, _ = cache", "dx, dw, db = None"),
        "affine_backward",
        "on the right there is only one thing",
    ),
    "the whole batch in one row": (
        ("samples = x.reshape(x.shape[0], -1)\nout = samples @ w", "out = np.dot(x.flatten(), w)"),
        "affine_forward",
        "48 numbers are the whole batch",
    ),
    "second axis of a bias": (
        ("db = dout.sum(axis=0)", "M = cache[2].shape[1]"),
        "affine_backward",
        "there is no shape[1]",
    ),
    "an if on an array": (
        ("out = 1.0 / (1.0 + np.exp(-x))", "out = x if x > 0 else -x"),
        "sigmoid_forward",
        "without an if",
    ),
    "a power with ^": (
        ("dx = dout * cache * (1.0 - cache)", "dx = dout * (cache - cache^2)"),
        "sigmoid_backward",
        "Write ** for it",
    ),
    "what forward did not keep": (
        ("x, w, _ = cache", "_, w, _ = cache"),
        "affine_backward",
        "So x must be in the cache that forward returns",
    ),
    "an update within backward": (
        ("db = dout.sum(axis=0)", "db = dout.sum(axis=0, keepdims=True); b = cache[2]; b -= db"),
        "affine_backward",
        "A backward pass changes no weights",
    ),
    "what the net never had": (
        ('"b2": db2}', '"b2": db2 + self.reg}'),
        "network_backward",
        "This one it has not",
    ),
    "factors that cannot give what the line is for": (
        (
            'dz = sigmoid_backward(dh, self.cache["sigmoid"])',
            'dz = sigmoid_backward(dh, self.cache["sigmoid"]); dW2 = dy * self.params["W2"]',
        ),
        "network_backward",
        "W2 has shape (4, 1), and no product of these two has",
    ),
    "np.outer of a whole batch": (
        ("dw = samples.T @ dout", "dw = w + np.outer(x, dout)"),
        "affine_backward",
        "np.outer takes its two arrays for one long row each",
    ),
    "an axis too many": (
        ('"W1": dW1', '"W1": self.cache["affine1"][0][:, :, None] * dz[:5]'),
        "network_backward",
        "One of the two has 3 axes",
    ),
    "a pair in place of a product": (
        ("dw = samples.T @ dout", "dw = (samples.T, dout) * np.ones(3)"),
        "affine_backward",
        "Brackets with a comma in them make a pair",
    ),
    "a cache that forward has not kept": (
        ('"affine2": ', '"second": '),
        "network_backward",
        'Nothing is in self.cache under "affine2"',
    ),
    "a slip of the pen": (
        ("x, w, _ = cache", "x, w, _ = cache; n = x.shpe[0]"),
        "affine_backward",
        "There is no shpe. Is shape meant?",
    ),
    "what another library's arrays have": (
        ("x, w, _ = cache", "x, w, _ = cache; w = w.values"),
        "affine_backward",
        "values belongs to the arrays of another library",
    ),
    "the whole batch in one row, by matmul": (
        ("out = samples @ w + b", "out = w @ x.flatten() + b"),
        "affine_forward",
        "48 numbers are the whole batch in one row",
    ),
    "an argument that NumPy 2 dropped": (
        ("db = dout.sum(axis=0)", "db = np.reshape(dout, newshape=(-1,))"),
        "affine_backward",
        "NumPy has no argument newshape any more",
    ),
    "an assert of one's own": (
        ("db = dout.sum(axis=0)", "assert len(dout) == w.shape[1]; db = dout.sum(axis=0)"),
        "affine_backward",
        "w (D, M), b (M,) and dout (N, M). Does the assert differ",
    ),
    "math.exp of a large number": (
        (
            "out = 1.0 / (1.0 + np.exp(-x))",
            "import math; out = np.array([1 / (1 + math.exp(-z)) for z in x.flat])"
            ".reshape(x.shape)",
        ),
        "sigmoid_forward",
        "math.exp raises an error where np.exp gives infinity",
    ),
    "a line for a single sample": (
        (
            "samples = x.reshape(x.shape[0], -1)\nout = ",
            "samples = x.reshape(1, -1, len(w))[:, 0]\nsamples = x.reshape(1, len(w)); out = ",
        ),
        "affine_forward",
        "48 numbers are 8 samples of 6",
    ),
    "a product of one thing": (
        ("dw = samples.T @ dout", "dw = np.dot(samples.T)"),
        "affine_backward",
        "a product needs both its factors",
    ),
    "a function that calls itself": (
        ("dx = dout * cache * (1.0 - cache)", "s = sigmoid_backward(cache); dx = dout * s"),
        "sigmoid_backward",
        "sigmoid_backward calls itself",
    ),
    "a layer with too few arguments": (
        ('self.params["W2"], self.params["b2"])', 'self.params["W2"])'),
        "network_forward",
        "in the brackets behind def affine_forward",
    ),
    "a shape in the place of a size": (
        ("db = dout.sum(axis=0)", "db = dout.sum(axis=0); m = 1 / x.shape"),
        "affine_backward",
        "x.shape[0] is the number of samples",
    ),
    "self in a function": (
        ("dw = samples.T @ dout", "dw = samples.T @ dout + self.reg * w"),
        "affine_backward",
        "Only the methods of a class have self",
    ),
    "a bias that may be missing": (
        ("out = samples @ w + b", "out = samples @ w + b if b else samples @ w"),
        "affine_forward",
        "x is not None",
    ),
    "parameters as attributes": (
        ('self.params["W1"], self.params["b1"])', "self.W1, self.b1)"),
        "network_forward",
        "in self.params",
    ),
}


@pytest.mark.parametrize(("pieces", "task", "told"), MISTAKES.values(), ids=MISTAKES)
def test_the_hint_tells_what_fits(pieces, task, told):
    verdict = CHECKS[task].run(student_code.submission(pieces), rounds=1)
    assert not verdict.passed and told in verdict.hint, str(verdict)
    assert len(verdict.hint.split()) <= 40


@pytest.mark.parametrize(
    ("pieces", "task", "told"),
    [
        (
            ("db = dout", "dx = np.sin(dx); db = dout"),
            "affine_backward",
            "dx[n, d] is the sum over m",
        ),
        (
            ("db = dout", "dw = np.sin(dw); db = dout"),
            "affine_backward",
            "dw[d, m] is the sum over n",
        ),
        (('"W2": dW2', '"W2": np.sin(dW2)'), "network_backward", "come straight from dy"),
    ],
)
def test_an_unknown_mistake_gets_the_hint_of_its_array(pieces, task, told):
    verdict = CHECKS[task].run(student_code.submission(pieces), rounds=1)
    assert verdict.cause == "wrong_values" and told in verdict.hint, str(verdict)


def test_what_only_comes_near_is_told_as_such():
    """The first terms of a series around 0."""
    series = ("out = 1.0 / (1.0 + np.exp(-x))", "out = 0.5 + x / 4 - x**3 / 48 + x**5 / 480")
    verdict = CHECKS["sigmoid_forward"].run(student_code.submission(series), rounds=1)
    assert "out comes near what is right, and misses it in every entry" in verdict.says
    assert "no series that ends" in verdict.hint and verdict.cause == "wrong_values"


def test_rounded_numbers_are_told_beside_an_unknown_mistake():
    rounded = ("dx = dout * cache * (1.0 - cache)", "dx = np.round(np.sin(dout) * cache, 3)")
    verdict = CHECKS["sigmoid_backward"].run(student_code.submission(rounded), rounds=1)
    assert "wrong in every entry, and rounded to 3 digits behind the point" in verdict.says
    assert "do not round" in verdict.hint


def test_a_backward_that_keeps_something_of_the_call_before_is_told_beside_what_is_wrong():
    momentum = (
        "self.grads = grads",
        "for n in grads:\n    grads[n] = 0.1 * grads[n] + 0.9 * self.grads.get(n, 0)\n"
        "self.grads = grads",
    )
    verdict = CHECKS["network_backward"].run(student_code.submission(momentum), rounds=1)
    assert "each backward with the same dy gives another W1, b1, W2 and b2" in verdict.says
    assert "Keep nothing of an earlier call" in verdict.hint


@pytest.mark.parametrize(
    ("shapes", "told"),
    [
        ("(8,4) (32,1)", "32 numbers are the hidden layer of all 8 samples in one line"),
        ("(8,6) (4,)", "(4,) that of b1, or of one row of the hidden layer"),
        ("(8,4) (5,7)", "no array of the exercise has the shape (5, 7)"),
        ("(9,4) (5,7)", "name what each axis counts"),
    ],
)
def test_shapes_are_told_by_what_they_are_the_shapes_of(shapes, told):
    error = StudentError(
        "ValueError", f"operands could not be broadcast together with shapes {shapes} "
    )
    error.case = CHECKS["network_backward"].draw(rounds=1)[0][0]
    assert told in raised.hint(error)


def test_a_batch_that_goes_where_one_number_has_room_is_told_as_such():
    error = StudentError("ValueError", "cannot reshape array of size 8 into shape (1,1)")
    error.case = CHECKS["network_backward"].draw(rounds=1)[0][0]
    assert "one number for each of the 8 samples" in raised.hint(error)


def test_gradients_that_are_added_to_a_global_are_told_as_such():
    code = student_code.submission(
        ("def affine_forward", "SUMS = {'dw': 0.0}\n\n\ndef affine_forward"),
        ("dw = samples.T @ dout", "dw = SUMS['dw'] = SUMS['dw'] + samples.T @ dout"),
    )
    assert CHECKS["affine_backward"].run(code, rounds=1).cause == "accumulated"


def test_a_right_pair_with_a_cache_of_its_own_gets_a_remark():
    pair = student_code.submission(
        ("cache = out", "cache = x"),
        ("dx = dout * cache *", "cache = sigmoid_forward(cache)[0]; dx = dout * cache *"),
    )
    verdict = CHECKS["sigmoid_backward"].run(pair, rounds=1)
    assert verdict.passed and verdict.points == 15
    assert "One remark, at no cost. Your sigmoid_forward keeps another cache" in verdict.says


@pytest.mark.parametrize(
    ("piece", "told"),
    [
        ("dz = dh * np.cos(dh)", "W2 and b2 are right, so it happens on the way"),
        (
            'dz = sigmoid_backward(dh, self.cache["sigmoid"])\n_, dW1, db1 = affine_backward(dz, '
            'self.cache["affine1"])\ndW1 = dW1 * np.arange(1.0, 5.0)',
            "b1 is right, so what comes into the first layer is",
        ),
    ],
)
def test_an_unknown_mistake_of_the_net_is_told_by_what_is_right(piece, told):
    old = 'dz = sigmoid_backward(dh, self.cache["sigmoid"])'
    if "dW1" in piece:
        old += '\n_, dW1, db1 = affine_backward(dz, self.cache["affine1"])'
    verdict = CHECKS["network_backward"].run(student_code.submission((old, piece)), rounds=1)
    assert verdict.cause == "wrong_values" and told in verdict.says, str(verdict)


SIDES = st.integers(0, 3)
SHAPES = st.lists(SIDES, max_size=3).map(tuple).map(str)
MESSAGES = st.one_of(
    st.text(),
    st.builds("shapes {} and {} not aligned: 4 (dim 1) != 6 (dim 0)".format, SHAPES, SHAPES),
    st.builds("operands could not be broadcast together with shapes {} {} ".format, SHAPES, SHAPES),
    st.builds("cannot reshape array of size {} into shape {}".format, SIDES, SHAPES),
    st.builds(
        "Input operand 1, core dimension 0 (size {} is different from {})".format, SIDES, SIDES
    ),
    st.builds("f() takes {} positional arguments but {} were given".format, SIDES, SIDES),
    st.builds("f() missing {} required positional arguments: {}".format, SIDES, st.text()),
    st.builds("name {!r} is not defined".format, st.text()),
    st.builds("module 'numpy' has no attribute {!r}".format, st.text()),
    st.builds("not enough values to unpack (expected {}, got {})".format, SIDES, SIDES),
)
LINES = st.none() | st.text() | st.sampled_from(["out = f(x)", "dw = w.T @ x", "x.shape[0] * self"])


@given(MESSAGES, LINES, st.none() | st.sampled_from(["f", "out_forward", "out_backward"]))
def test_no_message_of_an_exception_keeps_a_check_from_its_verdict(message, line, called):
    """A student may raise whatever exception with whatever words."""
    error = StudentError("ValueError", message, text=line)
    error.called = called
    tables = {shape: "out" for shape in product(range(4), repeat=2)}
    error.case = SimpleNamespace(entries=2, products=tables, batch=2, sizes={})
    assert isinstance(raised.hint(error), str)
