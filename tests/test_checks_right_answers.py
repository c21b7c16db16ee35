"""No right answer fails, whichever way it is written."""

# ruff: noqa: E501 - a piece of source is read best in one line

from __future__ import annotations

import numpy as np
import pytest
from student_code import submission
from test_checks_mutants import (
    AFFINE_CACHE,
    AFFINE_GRADIENTS,
    BACK_FIRST,
    BACK_LAST,
    BACK_MIDDLE,
    DB,
    DW,
    DX,
    FIRST,
    GRADS,
    KEPT_GRADS,
    LAST,
    MIDDLE,
    OUT,
    SIGMOID,
    SIGMOID_CACHE,
    SIGMOID_DX,
    UNPACK,
)

from exercise_code.tests import CHECKS

KEEP = 'self.cache = {"affine1": cache_affine1, "sigmoid": cache_sigmoid, "affine2": cache_affine2}'
SAMPLES_FORWARD = f"samples = x.reshape(x.shape[0], -1)\n    {OUT}"
FORWARD_RETURN = "return out, cache\n\n\ndef affine_backward"

RIGHT = {
    "the reference": [],
    "loops in the forward pass": [
        (OUT, "out = np.zeros((len(x), w.shape[1]))\n"
              "    for n in range(len(x)):\n"
              "        for m in range(w.shape[1]):\n"
              "            for d in range(w.shape[0]):\n"
              "                out[n, m] += samples[n, d] * w[d, m]\n"
              "            out[n, m] += b[m]"),
    ],
    "loops in the backward pass": [
        (DX, "dx = np.zeros(samples.shape)\n    dw = np.zeros(w.shape)\n    db = np.zeros(w.shape[1])\n"
             "    for n in range(len(x)):\n"
             "        for m in range(w.shape[1]):\n"
             "            db[m] += dout[n, m]\n"
             "            for d in range(w.shape[0]):\n"
             "                dw[d, m] += samples[n, d] * dout[n, m]\n"
             "                dx[n, d] += dout[n, m] * w[d, m]\n"
             "    dx = dx.reshape(x.shape)"),
        (DW, ""), (DB, ""),
    ],
    "einsum": [
        (OUT, "out = np.einsum('nd,dm->nm', samples, w) + b"),
        (DX, "dx = np.einsum('nm,dm->nd', dout, w).reshape(x.shape)"),
        (DW, "dw = np.einsum('nd,nm->dm', samples, dout)"),
        (DB, "db = np.einsum('nm->m', dout)"),
    ],
    "tensordot, dot and matmul": [
        (OUT, "out = np.add(np.matmul(samples, w), b)"),
        (DX, "dx = np.dot(dout, np.transpose(w)).reshape(x.shape)"),
        (DW, "dw = np.tensordot(samples, dout, axes=(0, 0))"),
        (DB, "db = np.ones(len(dout)) @ dout"),
    ],
    "broadcasting": [
        (OUT, "out = (samples[:, :, None] * w[None]).sum(axis=1) + b[None, :]"),
        (DW, "dw = (samples[:, :, None] * dout[:, None, :]).sum(axis=0)"),
        (DX, "dx = (dout[:, None, :] * w[None]).sum(axis=2).reshape(x.shape)"),
    ],
    "outer products added up": [(DW, "dw = sum(np.outer(s, d) for s, d in zip(samples, dout))")],
    "lists in between": [
        (OUT, "out = np.array([[float(row @ column) + float(c) for column, c in zip(w.T, b)] for row in samples])"),
    ],
    "changes its own copies in place": [
        (OUT, "out = samples.copy() @ w\n    out += b"),
        (SIGMOID, "out = np.exp(-x)\n        out += 1\n        np.divide(1, out, out=out)"),
        (SIGMOID_DX, "dx = 1 - cache\n    dx *= cache\n    dx *= dout"),
    ],
    "results that are views in another order": [
        (DW, "dw = (dout.T @ samples).T"),
        (OUT, "out = (w.T @ samples.T).T + b\n    out = np.asfortranarray(out)"),
    ],
    "read-only results": [(DB, f"{DB}\n    dw.flags.writeable = False\n    db.flags.writeable = False")],
    "a cache that is a dictionary": [
        (AFFINE_CACHE, "cache = {'x': x, 'w': w}\n    ### END"), (UNPACK, "x, w = cache['x'], cache['w']"),
    ],
    "a cache with the flat samples": [
        (AFFINE_CACHE, "cache = (samples, w, x.shape)\n    ### END"),
        (UNPACK, "x, w, shape = cache"), (DX, "dx = (dout @ w.T).reshape(shape)"),
    ],
    "a cache that is a function": [
        (AFFINE_CACHE, "cache = lambda: (x, w, b)\n    ### END"), (UNPACK, "x, w, _ = cache()"),
    ],
    "a cache that is an object": [
        (AFFINE_CACHE, "class Kept: pass\n    cache = Kept()\n    cache.x, cache.w = x, w\n    ### END"),
        (UNPACK, "x, w = cache.x, cache.w"),
    ],
    "the sigmoid's cache is its input": [
        (SIGMOID_CACHE, "cache = x\n"),
        (SIGMOID_DX, "s = sigmoid_forward(cache)[0]\n    dx = dout * s * (1 - s)"),
    ],
    "the sigmoid's cache is the derivative": [
        (SIGMOID_CACHE, "cache = out * (1 - out)\n"), (SIGMOID_DX, "dx = dout * cache"),
    ],
    "the sigmoid's cache is a tuple": [
        (SIGMOID_CACHE, "cache = (out,)\n"), (SIGMOID_DX, "dx = dout * cache[0] * (1 - cache[0])"),
    ],
    "a backward pass that works on a copy of its cache": [
        (SIGMOID_DX, "s = cache.copy()\n    s *= 1 - s\n    dx = dout * s"),
    ],
    "other algebra for the derivative": [(SIGMOID_DX, "dx = dout * (cache - cache ** 2)")],
    "still other algebra for the derivative": [(SIGMOID_DX, "dx = dout * (0.25 - (cache - 0.5) ** 2)")],
    "the piecewise-stable sigmoid": [
        (SIGMOID, "small = np.exp(-np.abs(x))\n        out = np.where(x >= 0, 1 / (1 + small), small / (1 + small))"),
    ],
    "the piecewise sigmoid by masks": [
        (SIGMOID, "out = np.empty(x.shape)\n        up = x >= 0\n"
                  "        out[up] = 1 / (1 + np.exp(-x[up]))\n"
                  "        out[~up] = np.exp(x[~up]) / (1 + np.exp(x[~up]))"),
    ],
    "the sigmoid by tanh": [(SIGMOID, "out = 0.5 * (1 + np.tanh(0.5 * x))")],
    "the sigmoid by logaddexp": [(SIGMOID, "out = np.exp(-np.logaddexp(0, -x))")],
    "the sigmoid clipped far out": [(SIGMOID, "out = 1 / (1 + np.exp(-np.clip(x, -500, 500)))")],
    "the sigmoid by a power of e": [(SIGMOID, "out = 1 / (1 + np.e ** (-x))")],
    "the sigmoid by 1 - 1/(1 + exp(x))": [(SIGMOID, "out = 1 - 1 / (1 + np.exp(x))")],
    "the sigmoid number by number": [
        (SIGMOID, "import math\n        out = np.array([0.5 * (1 + math.tanh(v / 2)) for v in x.ravel()]).reshape(x.shape)"),
    ],
    "the sigmoid by np.vectorize": [
        (SIGMOID, "one = lambda v: 1 / (1 + np.exp(-v)) if v > 0 else np.exp(v) / (1 + np.exp(v))\n"
                  "        out = np.vectorize(one, otypes=[float])(x)"),
    ],
    "the plain sigmoid, with its warning": [
        ('with np.errstate(over="ignore"):  # exp overflows to infinity, and 1 / infinity is the right 0\n        ', ""),
    ],
    "float32 kept for float32": [(OUT, f"{OUT}\n    out = out.astype(np.result_type(x, w))")],
    "more digits in between": [
        (OUT, "out = (samples.astype(np.longdouble) @ w.astype(np.longdouble) + b).astype(float)"),
    ],
    "gradients by complex steps": [
        (DW, "dw = np.zeros(w.shape)\n"
             "    for i in np.ndindex(w.shape):\n"
             "        z = w + 0j\n        z[i] += 1e-30j\n"
             "        dw[i] = ((samples @ z).imag * dout).sum() / 1e-30"),
    ],
    "lists where the docstring has tuples": [
        (FORWARD_RETURN, "return [out, cache]\n\n\ndef affine_backward"), (AFFINE_GRADIENTS, "return [dx, dw, db]"),
    ],
    "a named tuple": [
        (AFFINE_GRADIENTS, "from collections import namedtuple\n    return namedtuple('Gradients', 'dx dw db')(dx, dw, db)"),
    ],
    "a net that does not call the layers": [
        (FIRST, 'p = self.params\n        z = X @ p["W1"] + p["b1"]'), (MIDDLE, "h = 0.5 + 0.5 * np.tanh(z / 2)"),
        (LAST, 'y_hat = h @ p["W2"] + p["b2"]'), (KEEP, "self.X, self.h = X, h"),
        (BACK_LAST, 'dW2, db2 = self.h.T @ dy, dy.sum(axis=0)\n        dh = dy @ self.params["W2"].T'),
        (BACK_MIDDLE, "dz = dh * self.h * (1 - self.h)"), (BACK_FIRST, "dW1, db1 = self.X.T @ dz, dz.sum(0)"),
    ],
    "a net that calls forward again in backward": [
        (KEEP, "self.X = X\n        self.last = (cache_affine1, cache_sigmoid, cache_affine2)"),
        (BACK_LAST, "self.forward(self.X)\n        c1, c2, c3 = self.last\n        dh, dW2, db2 = affine_backward(dy, c3)"),
        (BACK_MIDDLE, "dz = sigmoid_backward(dh, c2)"), (BACK_FIRST, "_, dW1, db1 = affine_backward(dz, c1)"),
    ],
    "a net that fills self.grads by name": [
        (GRADS, 'self.grads["W1"], self.grads["b1"], self.grads["W2"], self.grads["b2"] = dW1, db1, dW2, db2'),
        (KEPT_GRADS, "return self.grads"),
    ],
    "gradients in another order": [(GRADS, 'grads = {"b2": db2, "W2": dW2, "b1": db1, "W1": dW1}')],
    "an ordered dictionary": [
        (KEPT_GRADS, "from collections import OrderedDict\n        return OrderedDict(sorted(grads.items()))"),
    ],
    "a net that computes the gradients already in forward": [
        (KEEP, KEEP + "\n        self.linear = lambda dy: affine_backward(dy, cache_affine2)"),
        (BACK_LAST, "dh, dW2, db2 = self.linear(dy)"),
    ],
    "a net that prints and warns": [
        (FIRST, f"import sys, warnings\n        print('forward', X.shape)\n        print('x', file=sys.stderr)\n"
                f"        warnings.warn('hello')\n        {FIRST}"),
    ],
    "raises on floating-point errors, and has none": [
        ("import numpy as np\n\n\ndef affine_forward", "import numpy as np\n\nnp.seterr(all='raise', under='ignore')\n\n\ndef affine_forward"),
        (SIGMOID, "out = 0.5 * (1 + np.tanh(0.5 * x))"),
    ],
}


@pytest.fixture(autouse=True)
def floating_point_settings():
    """One of the students changes NumPy's settings when it is imported."""
    with np.errstate():
        yield


@pytest.mark.parametrize("way", RIGHT)
def test_right_answer_passes_whichever_way_it_is_written(way):
    student = submission(*RIGHT[way])
    for rng in (None, np.random.default_rng(21)):
        for check in CHECKS.values():
            verdict = check.run(student, rng, rounds=1)
            assert verdict.passed, str(verdict)
            assert float(verdict) == check.points
