"""No realistic mistake passes, and each is called by its name."""

# ruff: noqa: E501 - a mutant is read best in one line

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from student_code import submission

from exercise_code.tests import CHECKS
from exercise_code.tests.causes import CAUSES

OUT = "out = samples @ w + b"
AFFINE_CACHE = "cache = (x, w, b)\n    ### END"
UNPACK = "x, w, _ = cache"
DX = "dx = (dout @ w.T).reshape(x.shape)"
DW = "dw = samples.T @ dout"
DB = "db = dout.sum(axis=0)"
AFFINE_GRADIENTS = "return dx, dw, db"
SIGMOID = "out = 1.0 / (1.0 + np.exp(-x))"
SIGMOID_CACHE = "cache = out\n"
SIGMOID_DX = "dx = dout * cache * (1.0 - cache)"
FIRST = 'z, cache_affine1 = affine_forward(X, self.params["W1"], self.params["b1"])'
MIDDLE = "h, cache_sigmoid = sigmoid_forward(z)"
LAST = 'y_hat, cache_affine2 = affine_forward(h, self.params["W2"], self.params["b2"])'
RETURN_Y = "return y_hat\n"
BACK_LAST = 'dh, dW2, db2 = affine_backward(dy, self.cache["affine2"])'
BACK_MIDDLE = 'dz = sigmoid_backward(dh, self.cache["sigmoid"])'
BACK_FIRST = '_, dW1, db1 = affine_backward(dz, self.cache["affine1"])'
GRADS = 'grads = {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}'
KEPT_GRADS = "self.grads = grads\n        return grads"
NOT_YET = 'raise NotImplementedError("affine_forward: compute out")'


class Mutant(NamedTuple):
    """The reference with one mistake, the check that must fail, and the cause it must name."""

    name: str
    task: str
    cause: str
    replacements: tuple[tuple[str, str], ...]


def m(name, task, cause, *replacements):
    return Mutant(name, task, cause, replacements)


AFFINE_FORWARD = [
    m("bias forgotten", "affine_forward", "bias_forgotten", (OUT, "out = samples @ w")),
    m("bias subtracted", "affine_forward", "bias_subtracted", (OUT, "out = samples @ w - b")),
    m("half the output", "affine_forward", "missing_factor_two", (OUT, "out = (samples @ w + b) / 2")),
    m("averaged over features", "affine_forward", "wrong_values",
      (OUT, "out = samples @ w / w.shape[0] + b")),
    m("averaged over the batch", "affine_forward", "divided_by_n",
      (OUT, "out = (samples @ w + b) / len(x)")),
    m("transposed", "affine_forward", "transposed", (OUT, "out = (samples @ w + b).T")),
    m("wrong sign", "affine_forward", "sign", (OUT, "out = -(samples @ w + b)")),
    m("sigmoid inside", "affine_forward", "activation_in_affine",
      (OUT, "out = 1 / (1 + np.exp(-(samples @ w + b)))")),
    m("relu inside", "affine_forward", "activation_in_affine",
      (OUT, "out = np.maximum(samples @ w + b, 0)")),
    m("not flattened", "affine_forward", "not_flattened", (OUT, "out = x @ w + b")),
    m("flattened in Fortran's order", "affine_forward", "flattened_wrongly",
      (OUT, "out = x.reshape(len(x), -1, order='F') @ w + b")),
    m("samples mixed up", "affine_forward", "flattened_wrongly",
      (OUT, "out = x.reshape(-1, len(x)).T @ w + b")),
    m("squeezed", "affine_forward", "batch_of_one", (OUT, "out = np.squeeze(samples @ w + b)")),
    m("single output without axis", "affine_forward", "one_output",
      (OUT, "out = samples @ w + b\n    out = out[:, 0] if out.shape[1] == 1 else out")),
    m("transposes a square w", "affine_forward", "not_transposed",
      (OUT, "out = samples @ (w.T if w.shape[0] == w.shape[1] else w) + b")),
    m("loop without the last row", "affine_forward", "off_by_one",
      (OUT, "out = np.zeros((len(x), w.shape[1]))\n"
            "    for n in range(len(x) - 1):\n        out[n] = samples[n] @ w + b")),
    m("integer buffer", "affine_forward", "integer_input",
      (OUT, "out = np.zeros((len(x), w.shape[1]), dtype=x.dtype)\n    out[...] = samples @ w + b")),
    m("float32", "affine_forward", "wrong_dtype", (OUT, "out = (samples @ w + b).astype(np.float32)")),
    m("float32 and back", "affine_forward", "low_precision",
      (OUT, "out = (samples @ w + b).astype(np.float32).astype(float)")),
    m("float16", "affine_forward", "wrong_dtype", (OUT, "out = (samples @ w + b).astype(np.float16)")),
    m("complex", "affine_forward", "wrong_dtype", (OUT, "out = samples @ w + b + 0j")),
    m("objects", "affine_forward", "wrong_dtype", (OUT, "out = (samples @ w + b).astype(object)")),
    m("strings", "affine_forward", "wrong_dtype", (OUT, "out = (samples @ w + b).astype(str)")),
    m("truth values", "affine_forward", "wrong_dtype", (OUT, "out = (samples @ w + b) > 0")),
    m("whole numbers", "affine_forward", "wrong_dtype", (OUT, "out = (samples @ w + b).astype(int)")),
    m("matrix", "affine_forward", "wrong_type", (OUT, "out = np.asmatrix(samples @ w + b)")),
    m("masked array", "affine_forward", "wrong_type", (OUT, "out = np.ma.array(samples @ w + b)")),
    m("list", "affine_forward", "wrong_type", (OUT, "out = (samples @ w + b).tolist()")),
    m("NaN", "affine_forward", "nan", (OUT, "out = (samples @ w + b) * np.nan")),
    m("one infinity", "affine_forward", "infinite", (OUT, f"{OUT}\n    out[-1, 0] = np.inf")),
    m("zeros", "affine_forward", "all_zero", (OUT, "out = np.zeros((len(x), w.shape[1]))")),
    m("always the same", "affine_forward", "constant_output",
      (OUT, "out = np.arange(1.0, 1 + len(x) * w.shape[1]).reshape(len(x), -1)")),
    m("a little added", "affine_forward", "offset", (OUT, "out = samples @ w + b + 0.1")),
    m("adds b to x in place", "affine_forward", "changed_input", (OUT, f"{OUT}\n    w *= 2")),
    m("normalises x in place", "affine_forward", "changed_input",
      (OUT, f"{OUT}\n    x -= x.mean()\n    b += 1")),
    m("one buffer for all", "affine_forward", "overwritten_result",
      (OUT, "out = BUFFER[:len(x) * w.shape[1]].reshape(len(x), -1)\n    out[...] = samples @ w + b"),
      ("import numpy as np\n\n\ndef affine_forward", "import numpy as np\n\nBUFFER = np.zeros(999)\n\n\ndef affine_forward")),
    m("cache forgotten", "affine_forward", "wrong_return",
      ("return out, cache\n\n\ndef affine_backward", "return out\n\n\ndef affine_backward")),
    m("nothing returned", "affine_forward", "returned_none",
      ("return out, cache\n\n\ndef affine_backward", "pass\n\n\ndef affine_backward")),
    m("cache first", "affine_forward", "wrong_order",
      ("return out, cache\n\n\ndef affine_backward", "return cache, out\n\n\ndef affine_backward")),
    m("wrong product", "affine_forward", "exception", (OUT, "out = w @ samples + b")),
    m("bias over rows where it fits", "affine_forward", "bias_wrong_axis",
      (OUT, "out = samples @ w\n    out = out + (b[:, None] if len(b) == len(out) else b)")),
    m("one feature squeezed", "affine_forward", "one_feature",
      (OUT, "samples = samples.squeeze(axis=1) if w.shape[0] == 1 and len(b) > 1 else samples\n"
            "    out = samples @ w + b")),
    m("single number", "affine_forward", "one_of_all",
      (OUT, "out = samples @ w + b\n    out = out if out.size > 1 else out.ravel()")),
    m("not implemented", "affine_forward", "not_implemented", (OUT, NOT_YET)),
    m("wrong values in one entry", "affine_forward", "wrong_values", (OUT, f"{OUT}\n    out[0, 0] += 1e-6")),
]

AFFINE_BACKWARD = [
    m("db averaged", "affine_backward", "divided_by_n", (DB, "db = dout.mean(axis=0)")),
    m("dw and db averaged", "affine_backward", "divided_by_n",
      (DW, f"{DW} / len(dout)"), (DB, "db = dout.mean(axis=0)")),
    m("averaged twice", "affine_backward", "divided_by_n", (DW, f"{DW} / len(dout)**2")),
    m("multiplied by the batch", "affine_backward", "times_n", (DW, f"{DW} * len(dout)")),
    m("dw averaged over features", "affine_backward", "factor", (DW, f"{DW} / 3.7")),
    m("dw doubled", "affine_backward", "extra_factor_two", (DW, f"{DW} * 2")),
    m("dw halved", "affine_backward", "missing_factor_two", (DW, f"{DW} / 2")),
    m("db over the wrong axis", "affine_backward", "bias_wrong_axis", (DB, "db = dout.sum(axis=1)")),
    m("db keeps its axis", "affine_backward", "bias_shape", (DB, "db = dout.sum(axis=0, keepdims=True)")),
    m("db as a column", "affine_backward", "bias_shape", (DB, "db = dout.sum(axis=0)[:, None]")),
    m("db not summed", "affine_backward", "bias_not_summed", (DB, "db = dout")),
    m("db a number", "affine_backward", "bias_total", (DB, "db = np.array(dout.sum())")),
    m("db a Python number", "affine_backward", "wrong_type", (DB, "db = float(dout.sum())")),
    m("db of ones", "affine_backward", "dout_forgotten", (DB, "db = np.ones_like(dout).sum(axis=0)")),
    m("db of the last sample", "affine_backward", "not_accumulated", (DB, "db = dout[-1].copy()")),
    m("dw of the last sample", "affine_backward", "not_accumulated",
      (DW, "for n in range(len(dout)):\n        dw = np.outer(samples[n], dout[n])")),
    m("dw of the first sample", "affine_backward", "not_accumulated",
      (DW, "dw = np.outer(samples[0], dout[0])")),
    m("dw transposed", "affine_backward", "transposed", (DW, "dw = dout.T @ samples")),
    m("dw without dout", "affine_backward", "dout_forgotten",
      (DW, "dw = samples.T @ np.ones_like(dout)")),
    m("dw in Fortran's order", "affine_backward", "flattened_wrongly",
      (DW, "dw = x.reshape(len(x), -1, order='F').T @ dout")),
    m("dx flat", "affine_backward", "not_reshaped", (DX, "dx = dout @ w.T")),
    m("dx mixed up", "affine_backward", "flattened_wrongly",
      (DX, "dx = (dout @ w.T).reshape(x.shape, order='F')")),
    m("dx is dout", "affine_backward", "gradient_not_passed", (DX, "dx = dout.copy()")),
    m("dx without dout", "affine_backward", "dout_forgotten",
      (DX, "dx = (np.ones_like(dout) @ w.T).reshape(x.shape)")),
    m("dx with a square w not transposed", "affine_backward", "not_transposed",
      (DX, "dx = (dout @ (w if w.shape[0] == w.shape[1] else w.T)).reshape(x.shape)")),
    m("dx not transposed", "affine_backward", "exception", (DX, "dx = (dout @ w).reshape(x.shape)")),
    m("dx negative", "affine_backward", "sign", (DX, "dx = -(dout @ w.T).reshape(x.shape)")),
    m("dx averaged", "affine_backward", "divided_by_n",
      (DX, "dx = (dout @ w.T).reshape(x.shape) / len(x)")),
    m("dx zeros", "affine_backward", "all_zero", (DX, "dx = np.zeros(x.shape)")),
    m("dx of x's dtype", "affine_backward", "integer_input",
      (DX, "dx = np.zeros_like(x)\n    dx[...] = (dout @ w.T).reshape(x.shape)")),
    m("order", "affine_backward", "wrong_order", (AFFINE_GRADIENTS, "return dw, dx, db")),
    m("only two", "affine_backward", "wrong_return", (AFFINE_GRADIENTS, "return dw, db")),
    m("nothing", "affine_backward", "returned_none", (AFFINE_GRADIENTS, "return None")),
    m("db is None", "affine_backward", "returned_none", (DB, "db = None")),
    m("dout changed", "affine_backward", "changed_input", (DB, f"{DB}\n    dout *= 0.5")),
    m("cache changed", "affine_backward", "changed_cache", (DB, f"{DB}\n    x -= 1")),
    m("weights changed", "affine_backward", "changed_cache", (DB, f"{DB}\n    w[0] += dw[0]")),
    m("looks at a global", "affine_backward", "stale_cache",
      (AFFINE_CACHE, "cache = (x, w, b)\n    LATEST[:] = [cache]\n    ### END"),
      ("import numpy as np\n\n\ndef affine_forward", "import numpy as np\n\nLATEST = []\n\n\ndef affine_forward"),
      (UNPACK, "x, w, _ = LATEST[0]")),
    m("unpacks in another order", "affine_backward", "cache_mismatch",
      (AFFINE_CACHE, "cache = (w, x, b)\n    ### END")),
    m("squeezes", "affine_backward", "one_output", (DB, "db = np.squeeze(dout.sum(axis=0))")),
    m("only for the first shape", "affine_backward", "not_flattened",
      (DX, "dx = dout @ w.T\n    dx = dx.reshape(x.shape) if x.ndim == 2 else dx[:, :0]")),
    m("batch of one", "affine_backward", "batch_of_one",
      (DW, f"{DW}\n    dw = dw if len(x) > 1 else dw.ravel()")),
    m("low precision", "affine_backward", "low_precision", (DW, "dw = np.round(samples.T @ dout, 7)")),
    m("every gradient NaN", "affine_backward", "nan",
      (AFFINE_GRADIENTS, "return dx * np.nan, dw * np.nan, db * np.nan")),
]

SIGMOID_FORWARD = [
    m("exp(x)", "sigmoid_forward", "exp_sign", (SIGMOID, "out = 1 / (1 + np.exp(x))")),
    m("tanh", "sigmoid_forward", "other_activation", (SIGMOID, "out = np.tanh(x)")),
    m("relu", "sigmoid_forward", "other_activation", (SIGMOID, "out = np.maximum(x, 0.0)")),
    m("softplus", "sigmoid_forward", "other_activation", (SIGMOID, "out = np.log(1 + np.exp(x))")),
    m("softmax", "sigmoid_forward", "other_activation",
      (SIGMOID, "out = np.exp(x) / np.exp(x).sum(axis=-1, keepdims=True)")),
    m("swish", "sigmoid_forward", "other_activation", (SIGMOID, "out = x / (1 + np.exp(-x))")),
    m("identity", "sigmoid_forward", "other_activation", (SIGMOID, "out = x.copy()")),
    m("1 + forgotten", "sigmoid_forward", "one_plus_forgotten", (SIGMOID, "out = 1 / np.exp(-x)")),
    m("brackets forgotten", "sigmoid_forward", "wrong_values", (SIGMOID, "out = 1 / 1 + np.exp(-x) ** 2")),
    m("1 / forgotten", "sigmoid_forward", "brackets", (SIGMOID, "out = 1 + np.exp(-x)")),
    m("exp alone", "sigmoid_forward", "one_plus_forgotten", (SIGMOID, "out = np.exp(-x)")),
    m("1 - exp", "sigmoid_forward", "sign", (SIGMOID, "out = 1 / (1 - np.exp(-x))")),
    m("derivative", "sigmoid_forward", "derivative_returned",
      (SIGMOID, "out = np.exp(-x) / (1 + np.exp(-x)) ** 2")),
    m("twice", "sigmoid_forward", "applied_twice",
      (SIGMOID, "out = 1 / (1 + np.exp(-1 / (1 + np.exp(-x))))")),
    m("powers of two", "sigmoid_forward", "wrong_base", (SIGMOID, "out = 1 / (1 + 2.0 ** -x)")),
    m("powers of ten", "sigmoid_forward", "wrong_base", (SIGMOID, "out = 1 / (1 + 10.0 ** -x)")),
    m("clipped at 5", "sigmoid_forward", "clipped",
      (SIGMOID, "out = 1 / (1 + np.exp(-np.clip(x, -5, 5)))")),
    m("overflow to NaN", "sigmoid_forward", "overflow", (SIGMOID, "out = np.exp(x) / (1 + np.exp(x))")),
    m("minus", "sigmoid_forward", "sign", (SIGMOID, "out = -1 / (1 + np.exp(-x))")),
    m("epsilon", "sigmoid_forward", "low_precision", (SIGMOID, "out = 1 / (1 + np.exp(-x) + 1e-8)")),
    m("math.exp", "sigmoid_forward", "exception", (SIGMOID, "import math\n        out = 1 / (1 + math.exp(-x))")),
    m("buffer of x's dtype", "sigmoid_forward", "integer_input",
      (SIGMOID, "out = np.empty_like(x)\n        out[...] = 1.0 / (1.0 + np.exp(-x))")),
    m("in place on x", "sigmoid_forward", "changed_input",
      (SIGMOID, "out = 1.0 / (1.0 + np.exp(-x))\n        x *= -1")),
    m("flattened", "sigmoid_forward", "wrong_shape", (SIGMOID, "out = 1.0 / (1.0 + np.exp(-x.ravel()))")),
    m("constants", "sigmoid_forward", "constant_output", (SIGMOID, "out = np.full(x.shape, 0.5)")),
    m("only two dimensions", "sigmoid_forward", "some_shapes",
      (SIGMOID, "rows, columns = x.shape\n        out = 1.0 / (1.0 + np.exp(-x))")),
    m("small batch of zeros", "sigmoid_forward", "all_zero", (SIGMOID, "out = np.zeros(x.shape)")),
    m("a step for large x", "sigmoid_forward", "large_input",
      (SIGMOID, "out = 1.0 / (1.0 + np.exp(-x))\n        out[x > 8] = 1")),
    m("no cache", "sigmoid_forward", "wrong_return",
      ("return out, cache\n\n\ndef sigmoid_backward", "return out\n\n\ndef sigmoid_backward")),
]

SIGMOID_BACKWARD = [
    m("dout forgotten", "sigmoid_backward", "dout_forgotten", (SIGMOID_DX, "dx = cache * (1 - cache)")),
    m("derivative forgotten", "sigmoid_backward", "gradient_not_passed", (SIGMOID_DX, "dx = dout.copy()")),
    m("sigmoid again", "sigmoid_backward", "derivative_of_output",
      (SIGMOID_DX, "s = 1 / (1 + np.exp(-cache))\n    dx = dout * s * (1 - s)")),
    m("of the input", "sigmoid_backward", "derivative_of_input", (SIGMOID_CACHE, "cache = x\n")),
    m("1 - out forgotten", "sigmoid_backward", "derivative_incomplete", (SIGMOID_DX, "dx = dout * cache")),
    m("out forgotten", "sigmoid_backward", "derivative_incomplete", (SIGMOID_DX, "dx = dout * (1 - cache)")),
    m("squared", "sigmoid_backward", "derivative_incomplete", (SIGMOID_DX, "dx = dout * cache ** 2")),
    m("1 + out", "sigmoid_backward", "sign", (SIGMOID_DX, "dx = dout * cache * (1 + cache)")),
    m("out - 1", "sigmoid_backward", "sign", (SIGMOID_DX, "dx = dout * cache * (cache - 1)")),
    m("tanh's", "sigmoid_backward", "tanh_derivative", (SIGMOID_DX, "dx = dout * (1 - cache ** 2)")),
    m("added", "sigmoid_backward", "added_not_multiplied", (SIGMOID_DX, "dx = dout + cache * (1 - cache)")),
    m("matrix product", "sigmoid_backward", "matrix_product",
      (SIGMOID_DX, "s = cache * (1 - cache)\n"
                   "    dx = dout @ s if s.shape[0] == s.shape[-1] and s.ndim == 2 else dout * s")),
    m("averaged", "sigmoid_backward", "divided_by_n", (SIGMOID_DX, f"{SIGMOID_DX} / len(dout)")),
    m("halved", "sigmoid_backward", "missing_factor_two", (SIGMOID_DX, f"{SIGMOID_DX} / 2")),
    m("relu's", "sigmoid_backward", "other_activation", (SIGMOID_DX, "dx = dout * (cache > 0.5)")),
    m("cache in place", "sigmoid_backward", "changed_cache",
      (SIGMOID_DX, "cache *= 1 - cache\n    dx = dout * cache")),
    m("dout in place", "sigmoid_backward", "changed_input",
      (SIGMOID_DX, "dout *= cache * (1 - cache)\n    dx = dout")),
    m("shared buffer", "sigmoid_backward", "stale_cache",
      (SIGMOID_CACHE, "KEPT[:out.size] = out.ravel()\n    cache = KEPT[:out.size].reshape(out.shape)\n"),
      ("import numpy as np\n\n\ndef affine_forward", "import numpy as np\n\nKEPT = np.zeros(999)\n\n\ndef affine_forward")),
    m("cache is a tuple", "sigmoid_backward", "cache_mismatch", (SIGMOID_CACHE, "cache = (out, x)\n")),
    m("sum", "sigmoid_backward", "wrong_type", (SIGMOID_DX, "dx = (dout * cache * (1 - cache)).sum()")),
    m("pair", "sigmoid_backward", "wrong_type", ("return dx\n", "return dx, cache\n")),
]

NETWORK_FORWARD = [
    m("no activation", "network_forward", "activation_forgotten", (MIDDLE, "h, cache_sigmoid = z, None")),
    m("activation at the end", "network_forward", "activation_on_output",
      (LAST, f"{LAST}\n        y_hat = sigmoid_forward(y_hat)[0]")),
    m("b1 missing", "network_forward", "bias_forgotten",
      (FIRST, 'z, cache_affine1 = affine_forward(X, self.params["W1"], 0 * self.params["b1"])')),
    m("b2 missing", "network_forward", "bias_forgotten",
      (LAST, 'y_hat, cache_affine2 = affine_forward(h, self.params["W2"], np.zeros(1))')),
    m("tanh", "network_forward", "other_activation", (MIDDLE, "h, cache_sigmoid = np.tanh(z), None")),
    m("sigmoid first", "network_forward", "layers_out_of_order",
      (FIRST, FIRST.replace("(X,", "(sigmoid_forward(X)[0],")),
      (MIDDLE, "h, cache_sigmoid = z, None")),
    m("hidden layer", "network_forward", "hidden_returned", (RETURN_Y, "return h\n")),
    m("pair", "network_forward", "returned_pair", (RETURN_Y, "return y_hat, self.cache\n")),
    m("nothing", "network_forward", "returned_none", (RETURN_Y, "return\n")),
    m("one axis", "network_forward", "wrong_shape", (RETURN_Y, "return y_hat[:, 0]\n")),
    m("a row", "network_forward", "transposed", (RETURN_Y, "return y_hat.T\n")),
    m("a list", "network_forward", "wrong_type", (RETURN_Y, "return y_hat.tolist()\n")),
    m("pair not unpacked", "network_forward", "pair_not_unpacked",
      (MIDDLE, "h = np.array(sigmoid_forward(z))\n        cache_sigmoid = h"),
      (LAST, 'y_hat, cache_affine2 = h @ self.params["W2"] + self.params["b2"], None')),
    m("pair handed on", "network_forward", "exception", (MIDDLE, "h = sigmoid_forward(z)\n        cache_sigmoid = None")),
    m("old parameters", "network_forward", "stale_params",
      (FIRST, 'self.old = getattr(self, "old", None) or {k: v.copy() for k, v in self.params.items()}\n'
              '        z, cache_affine1 = affine_forward(X, self.old["W1"], self.old["b1"])')),
    m("parameters changed", "network_forward", "changed_params", (RETURN_Y, 'self.params["b2"] += 1\n        return y_hat\n')),
    m("X changed", "network_forward", "changed_input", (FIRST, f"{FIRST}\n        X *= 2")),
    m("published constants", "network_forward", "constant_output",
      (RETURN_Y, "return np.linspace(1.59, 1.61, len(X)).reshape(-1, 1)\n")),
    m("squeezed", "network_forward", "wrong_shape", (RETURN_Y, "return np.squeeze(y_hat)\n")),
    m("batch of one", "network_forward", "batch_of_one",
      (RETURN_Y, "return y_hat if len(X) > 1 else y_hat[0]\n")),
    m("layer missing", "network_forward", "layer_missing", (OUT, NOT_YET)),
    m("layer wrong", "network_forward", "layer_wrong", (OUT, "out = samples @ w + 2 * b")),
    m("overflow in the layer", "network_forward", "layer_wrong",
      (SIGMOID, "out = np.exp(x) / (1 + np.exp(x))")),
    m("wrong key", "network_forward", "exception", (FIRST, FIRST.replace('"W1"', '"w1"'))),
    m("one buffer", "network_forward", "overwritten_result",
      (RETURN_Y, 'self.y = getattr(self, "y", y_hat)\n        if self.y.shape == y_hat.shape:\n'
                 "            self.y[...] = y_hat\n        return self.y\n")),
    m("not implemented", "network_forward", "not_implemented", (FIRST, "raise NotImplementedError")),
]

NETWORK_BACKWARD = [
    m("empty", "network_backward", "missing_keys", (GRADS, "grads = {}")),
    m("no biases", "network_backward", "missing_keys", (GRADS, 'grads = {"W1": dW1, "W2": dW2}')),
    m("other names", "network_backward", "missing_keys",
      (GRADS, 'grads = {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}')),
    m("extra", "network_backward", "extra_keys", (GRADS, GRADS.replace("}", ', "X": dz}'))),
    m("nothing", "network_backward", "returned_none", (KEPT_GRADS, "self.grads = grads")),
    m("a tuple", "network_backward", "wrong_return", (KEPT_GRADS, "return dW1, db1, dW2, db2")),
    m("all NaN", "network_backward", "nan",
      (KEPT_GRADS, "return {k: v * np.nan for k, v in grads.items()}")),
    m("all zero", "network_backward", "all_zero", (KEPT_GRADS, "return {k: v * 0 for k, v in grads.items()}")),
    m("biases keep an axis", "network_backward", "bias_shape",
      (GRADS, 'grads = {"W1": dW1, "b1": db1[None, :], "W2": dW2, "b2": db2[None, :]}')),
    m("averaged", "network_backward", "divided_by_n",
      (KEPT_GRADS, "return {k: v / len(dy) for k, v in grads.items()}")),
    m("doubled", "network_backward", "extra_factor_two",
      (KEPT_GRADS, "return {k: v * 2 for k, v in grads.items()}")),
    m("negative", "network_backward", "sign", (KEPT_GRADS, "return {k: -v for k, v in grads.items()}")),
    m("sigmoid left out", "network_backward", "derivative_forgotten", (BACK_MIDDLE, "dz = dh")),
    m("dy to the sigmoid", "network_backward", "gradient_not_passed",
      (BACK_MIDDLE, 'dz = sigmoid_backward(dy, self.cache["sigmoid"])')),
    m("dy to the first layer", "network_backward", "gradient_not_passed",
      (BACK_FIRST, 'dz = np.repeat(dy, dz.shape[1], axis=1)\n        ' + BACK_FIRST)),
    m("dy unused", "network_backward", "dout_forgotten", (BACK_LAST, f"dy = np.ones_like(dy)\n        {BACK_LAST}")),
    m("derivative at the output", "network_backward", "derivative_of_output",
      (BACK_MIDDLE, 's = sigmoid_forward(self.cache["sigmoid"])[1]\n        dz = sigmoid_backward(dh, s)')),
    m("z in place of its sigmoid", "network_backward", "derivative_of_input",
      (MIDDLE, f"{MIDDLE}\n        cache_sigmoid = z")),
    m("W2 from z", "network_backward", "wrong_layer_input",
      (GRADS, "z = np.log(self.cache['sigmoid'] / (1 - self.cache['sigmoid']))\n"
              "        dW2 = z.T @ dy\n        " + GRADS)),
    m("W2 from X", "network_backward", "wrong_layer_input",
      (GRADS, "dW2 = self.cache['affine1'][0].T @ dy\n        " + GRADS)),
    m("W1 transposed", "network_backward", "transposed", (GRADS, GRADS.replace("dW1", "dW1.T"))),
    m("dy changed", "network_backward", "changed_input", (BACK_LAST, f"{BACK_LAST}\n        dy /= 2")),
    m("takes a step", "network_backward", "changed_params",
      (KEPT_GRADS, 'self.params["W1"] -= 0.01 * dW1\n        return grads')),
    m("adds up", "network_backward", "accumulated",
      (KEPT_GRADS, "for k in grads:\n            grads[k] = grads[k] + self.grads.get(k, 0)\n"
                   "        self.grads = grads\n        return grads")),
    m("keeps the first cache", "network_backward", "stale_cache",
      ('self.cache = {"affine1"', 'self.cache = self.cache or {"affine1"')),
    m("old weights", "network_backward", "stale_params",
      (BACK_LAST, 'self.old = getattr(self, "old", self.params["W2"].copy())\n'
                  '        x, _, b = self.cache["affine2"]\n'
                  "        dh, dW2, db2 = affine_backward(dy, (x, self.old, b))")),
    m("changes its cache", "network_backward", "changed_cache",
      (GRADS, "self.cache['sigmoid'] = self.cache['sigmoid'] / 2\n        " + GRADS)),
    m("fills the same arrays", "network_backward", "overwritten_result",
      (KEPT_GRADS, "if self.grads:\n            for k in grads:\n                self.grads[k][...] = grads[k]\n"
                   "        else:\n            self.grads = grads\n        return self.grads")),
    m("forward missing", "network_backward", "forward_first", (FIRST, "raise NotImplementedError")),
    m("forward raises", "network_backward", "forward_first", (FIRST, "return missing_name")),
    m("layer missing", "network_backward", "layer_missing",
      (SIGMOID_DX, 'raise NotImplementedError("sigmoid_backward: compute dx")')),
    m("layer averages", "network_backward", "layer_wrong", (DB, "db = dout.mean(axis=0)")),
    m("last sample of b2", "network_backward", "not_accumulated", (GRADS, GRADS.replace("db2", "dy[-1]"))),
    m("only squared errors", "network_backward", "extra_factor_two",
      (BACK_LAST, f"dy = 2 * dy\n        {BACK_LAST}")),
    m("activation at the end", "network_backward", "activation_on_output",
      (BACK_LAST, "y = self.y_hat\n        dy = dy * y * (1 - y)\n        " + BACK_LAST),
      (RETURN_Y, "self.y_hat = sigmoid_forward(y_hat)[0]\n        return y_hat\n")),
    m("exchanged", "network_backward", "wrong_order",
      (GRADS, 'grads = {"W1": dW2, "b1": db2, "W2": dW1, "b2": db1}')),
    m("not implemented", "network_backward", "not_implemented", (BACK_LAST, "raise NotImplementedError")),
    m("exception", "network_backward", "exception", (BACK_LAST, BACK_LAST.replace("affine2", "affine3"))),
]

MUTANTS = [
    *AFFINE_FORWARD, *AFFINE_BACKWARD, *SIGMOID_FORWARD, *SIGMOID_BACKWARD, *NETWORK_FORWARD,
    *NETWORK_BACKWARD,
]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: f"{mutant.task}: {mutant.name}")
def test_mistake_fails_its_check_and_is_called_by_its_name(mutant):
    student = submission(*mutant.replacements)
    verdicts = [
        CHECKS[mutant.task].run(student, rounds=1),
        CHECKS[mutant.task].run(student, np.random.default_rng(20), rounds=1),
    ]
    assert [verdict.points for verdict in verdicts] == [0.0, 0.0]
    assert {verdict.cause for verdict in verdicts} == {mutant.cause}, verdicts[0].says
    for verdict in verdicts:
        assert verdict.hint and verdict.says.endswith(".") and "\n" not in verdict.says


def test_one_mistake_does_not_fail_the_other_layers():
    """A verdict on one function must not depend on another function."""
    wrong = submission((OUT, "out = samples @ w"), (SIGMOID, "out = np.tanh(x)"))
    for task in ("affine_backward", "sigmoid_backward"):
        assert CHECKS[task].run(wrong).passed, CHECKS[task].run(wrong).says
    wrong = submission((DB, "db = dout"), (SIGMOID_DX, "dx = dout"))
    for task in ("affine_forward", "sigmoid_forward", "network_forward"):
        assert CHECKS[task].run(wrong).passed


def test_most_causes_have_a_mutant():
    """A cause that no mistake leads to would be a promise that nobody has tried."""
    elsewhere = {
        "missing_file", "missing_function", "syntax_error", "import_failure", "wrong_package",
        "wrong_params", "time_limit", "no_answer",
    }
    seen = {mutant.cause for mutant in MUTANTS}
    rare = set(CAUSES) - seen - elsewhere
    assert rare == set()
