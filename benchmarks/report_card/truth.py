"""Which tasks of a solution are right, told without the checks.

Right is what the docstrings say: float64 arrays of the right shape whose values agree with sums
that are added up one product at a time by ``math.fsum`` (correctly rounded; Shewchuk, Adaptive
precision floating-point arithmetic, 1997), on a wide set of arrays: many shapes, a batch of one,
sizes from 1e-3 to 1e3, zeros, rows that are not contiguous, columns before rows. And a function
leaves the caller's arrays, earlier results and its cache as they are, and sees changed parameters.
Not in the set, because nothing that a student reads promises it: an empty batch, integers, float32.
"""

from __future__ import annotations

import hashlib
import io
import math
import signal
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from functools import cache
from typing import Any

import numpy as np

# An array is right when no entry is further off than 1e-9 of what is added up in it, as
# docs/checks.md says, and wrong when one is ten times further off. Between nothing is promised.
RTOL = 1e-9
CLEARLY = 10.0
_NAMES = ("W1", "b1", "W2", "b2")
_CALLS = {"affine": ("x", "w", "b"), "sigmoid": ("x",)}


class Seen:
    """What one task showed.

    Attributes
    ----------
    worst : float
        Its largest error, in tolerances.
    behaviour : str
        A digest of all that it gave, to seven digits: rounding errors are no other behaviour.
    """

    def __init__(self):
        self._arrays: list[tuple[np.ndarray, np.ndarray, float]] = []
        self._watched: list[tuple[np.ndarray, np.ndarray]] = []
        self._faults: list[str] = []

    def array(self, got: object, want: np.ndarray, terms: float) -> None:
        """An array that should be ``want``, in which ``terms`` is the size of what is added up.

        From here on it must stay as it is.
        """
        if type(got) is np.ndarray and got.dtype == np.float64 and got.shape == want.shape:
            self._arrays.append((got.copy(), want, terms))
            self._watched.append((got, self._arrays[-1][0]))
            return
        kind = f"{type(got).__name__} {getattr(got, 'dtype', '')} {getattr(got, 'shape', '')}"
        self.fault(kind)
        if type(got) is np.ndarray and got.dtype.kind in "biuf":
            self._arrays.append((got.astype(np.float64), np.zeros(got.shape), terms))

    def fault(self, what: str) -> None:
        """Something that is wrong whatever the values are."""
        self._faults.append(f"{what} after {len(self._arrays)} arrays")

    def watch(self, arrays: Iterable[np.ndarray]) -> None:
        """Arrays that must stay as they are until all has been seen."""
        self._watched += [(array, array.copy()) for array in arrays]

    def finish(self) -> Seen:
        """Sum up what was seen."""
        for number, (array, copy) in enumerate(self._watched):
            if array.shape != copy.shape or array.tobytes() != copy.tobytes():
                self.fault(f"changed {number}")
        got, want, terms = np.zeros(1), np.zeros(1), np.ones(1)
        if self._arrays:
            got = np.concatenate([one.ravel() for one, _, _ in self._arrays])
            want = np.concatenate([one.ravel() for _, one, _ in self._arrays])
            terms = np.repeat([a[2] for a in self._arrays], [a[0].size for a in self._arrays])
        worst = np.max(np.abs(got - want) / terms, initial=0.0) / RTOL
        self.worst = math.inf if self._faults or np.isnan(worst) else float(worst)
        digits = np.round(got / terms, 7) + 0.0
        shapes = [a[0].shape for a in self._arrays]
        text = f"{self._faults} {shapes}".encode()
        self.behaviour = hashlib.sha1(text + digits.tobytes()).hexdigest()
        return self


def tell(student: Any, tasks: Iterable[str], seconds: float = 20.0) -> dict[str, Seen]:
    """What each of the tasks shows on all the arrays; `seconds` are of processor time."""
    seen: dict[str, Seen] = {}
    try:
        with _alone(seconds):
            for layer in _CALLS:
                if f"{layer}_forward" in tasks:
                    forward, backward = _layer(student, layer)
                    seen |= {f"{layer}_forward": forward, f"{layer}_backward": backward}
            if "network_forward" in tasks:
                seen["network_forward"] = _network(student, _predictions)
                seen["network_backward"] = _network(student, _gradients)
    except _OutOfTime:
        seen = {task: Seen() for task in tasks}
        for one in seen.values():
            one.fault("out of time")
            one.finish()
    return seen


class _OutOfTime(BaseException):
    """No Exception, so that what is told of a call that raised is not told of this."""


@contextmanager
def _alone(seconds: float) -> Iterator[None]:
    """Nothing is printed, nothing warned of, and nothing lasts longer."""

    def ring(*_):
        raise _OutOfTime

    before = signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        with (
            redirect_stdout(io.StringIO()),
            redirect_stderr(io.StringIO()),
            warnings.catch_warnings(),
            np.errstate(all="ignore"),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _layer(student: Any, layer: str) -> tuple[Seen, Seen]:
    """A forward, and the backward of the same layer.

    As the course grades it, a backward is right with the caches of its own forward; where that
    forward is wrong, the cache that the docstring describes may take their place.
    """
    forward, caches = Seen(), []
    for case in layer_cases(layer):
        given = [_copy(case[name]) for name in _CALLS[layer]]
        forward.watch(given)
        try:
            out, own = getattr(student, f"{layer}_forward")(*given)
        except Exception:
            forward.fault("raised")
            continue
        forward.array(out, *case["out"])
        caches.append((case, given, own))
    forward.finish()
    own = _backward(student, layer, caches)
    if forward.worst <= 1:
        return forward, own
    sheet = _backward(student, layer, [(case, [], case["cache"]()) for case in layer_cases(layer)])
    complete = len(caches) == len(layer_cases(layer))
    return forward, min(sheet, own, key=lambda one: one.worst) if complete else sheet


def _backward(student: Any, layer: str, caches: list) -> Seen:
    seen, function = Seen(), getattr(student, f"{layer}_backward")
    for case, inputs, own in caches:
        seen.watch(inputs)
        for factor in (1.0, -2.0):
            dout = factor * case["dout"]
            seen.watch([dout])
            try:
                grads = function(dout, own)
                grads = list(grads) if len(case["grads"]) > 1 else [grads]
                for got, (want, terms) in zip(grads, case["grads"], strict=True):
                    seen.array(got, factor * want, abs(factor) * terms)
            except Exception:
                seen.fault("raised")
    return seen.finish()


def _network(student: Any, judge: Callable) -> Seen:
    seen = Seen()
    for case in network_cases():
        try:
            judge(seen, student, case)
        except Exception:
            seen.fault("raised")
    return seen.finish()


def _predictions(seen: Seen, student: Any, case: dict) -> None:
    net = _net(student, case)
    for step in _steps(seen, net, case):
        X = _copy(step["X"])
        seen.watch([X])
        seen.array(net.forward(X), *step["y_hat"])


def _gradients(seen: Seen, student: Any, case: dict) -> None:
    net = _net(student, case)
    for step in _steps(seen, net, case):
        X = _copy(step["X"])
        seen.watch([X])
        net.forward(X)
        for factor in (1.0, 1.25):
            dy = factor * step["dy"]
            seen.watch([dy])
            grads = net.backward(dy)
            if not isinstance(grads, dict) or set(grads) != set(_NAMES):
                seen.fault("keys")
                return
            for name in _NAMES:
                want, terms = step["grads"][name]
                seen.array(grads[name], factor * want, factor * terms)


def _net(student: Any, case: dict) -> Any:
    return student.TwoLayerNet({name: value.copy() for name, value in case["params"].items()})


def _steps(seen: Seen, net: Any, case: dict) -> Iterator[dict]:
    """A first batch, another, and the first again after a change of the parameters in place."""
    for step in (case, case["other_batch"], case["other_params"]):
        for name, value in step["params"].items():
            net.params[name][...] = value
        yield step
        if any(not np.array_equal(net.params[n], value) for n, value in step["params"].items()):
            seen.fault("changed parameters")


def _draw(rng, shape):
    return rng.uniform(0.3, 1.7, shape) * rng.choice([-1.0, 1.0], shape)


def _copy(array: np.ndarray) -> np.ndarray:
    """A copy in the same order in memory; of an even number of rows, with gaps between them."""
    return np.repeat(array, 2, axis=0)[::2] if len(array) % 2 == 0 else array.copy(order="K")


@cache
def layer_cases(layer: str) -> list[dict]:
    """The wide set of arrays of a layer, with what is right for them."""
    rng = np.random.default_rng(97)
    return _affine_cases(rng) if layer == "affine" else _sigmoid_cases(rng)


def _affine_cases(rng) -> list[dict]:
    shapes = [((8, 6), 3), ((5, 2, 3), 4), ((4, 4), 4), ((1, 5), 3), ((1, 2, 2), 1), ((6, 5), 1)]
    shapes += [((5, 1), 3), ((1, 1), 1), ((3, 2, 2, 2), 5), ((2, 7), 3)]
    inputs = [_affine_inputs(rng, shape, m) for shape, m in shapes]
    for sizes in ((1e3, 1, 1, 1), (1, 1e3, 1, 1e3), (1e-3, 1e-3, 1e3, 1), (1e3, 1e3, 1e-3, 1e-3)):
        arrays = _affine_inputs(rng, (4, 3, 2), 3)
        inputs.append([size * array for size, array in zip(sizes, arrays, strict=True)])
    x, w, _, dout = _affine_inputs(rng, (5, 4), 3)
    inputs.append([x * (x > 0), w, np.zeros(3), dout * (dout < 0)])
    x, w, b, dout = _affine_inputs(rng, (6, 5), 5)
    inputs.append([np.asfortranarray(x), w.T, b[::-1], dout])
    return [_affine_case(*arrays) for arrays in inputs]


def _affine_inputs(rng, shape, outputs) -> list[np.ndarray]:
    shapes = (shape, (math.prod(shape[1:]), outputs), outputs, (shape[0], outputs))
    return [_draw(rng, one) for one in shapes]


def _affine_case(x, w, b, dout) -> dict:
    flat = np.ascontiguousarray(x).reshape(len(x), -1)
    ones = np.ones((len(x), 1))
    dx, terms_x = _product(dout, w.T)
    dw, terms_w = _product(flat.T, dout)
    db, terms_b = _product(ones.T, dout)
    out = _product(np.concatenate([flat, ones], axis=1), np.concatenate([w, b[None]]))
    grads = [(dx.reshape(x.shape), terms_x), (dw, terms_w), (db[0], terms_b)]
    given = {"x": x, "w": w, "b": b, "dout": dout}
    return {**given, "out": out, "grads": grads, "cache": lambda: (x.copy(), w.copy(), b.copy())}


def _product(a, b) -> tuple[np.ndarray, float]:
    """a @ b by ``math.fsum``, and the largest sum of absolute values in it."""
    cells = [[[p * q for p, q in zip(row, column, strict=True)] for column in b.T] for row in a]
    values = np.array([[math.fsum(cell) for cell in row] for row in cells])
    return values, max(math.fsum(map(abs, cell)) for row in cells for cell in row)


def _sigmoid_cases(rng) -> list[dict]:
    shapes = [(8, 3), (4, 4), (6,), (3, 2, 4), (1, 4), (1, 1), (1,), (2, 1, 2, 2), (8, 3)]
    wide = np.array([0.0, 1e-8, 1e-5, 1e-3, 0.5, 3.0, 7.0, 11.0])
    huge = np.array([9e3, 20.0, -700.0, -40.0, -20.0, -1e3, 800.0, 40.0])
    inputs = [_draw(rng, shape) for shape in shapes]
    inputs += [
        np.stack([wide, -wide]),
        huge.reshape(2, 4),
        _draw(rng, (5, 6)).T,
        _draw(rng, 9)[::2],
        -huge.reshape(2, 4),
    ]
    cases = [_sigmoid_case(x, _draw(rng, x.shape)) for x in inputs]
    return [*cases, _sigmoid_case(_draw(rng, (3, 4)), 1e3 * _draw(rng, (3, 4)))]


def _sigmoid_case(x, dout) -> dict:
    sigma = np.vectorize(_sigmoid)(x)
    slope = sigma * np.vectorize(_sigmoid)(-x)
    return {
        "x": x,
        "dout": dout,
        "out": (sigma, 1.0),
        "grads": [(dout * slope, float(np.abs(dout).max()) / 4)],
        "cache": sigma.copy,
    }


def _sigmoid(value: float) -> float:
    power = math.exp(-abs(value))
    return 1 / (1 + power) if value >= 0 else power / (1 + power)


@cache
def network_cases() -> list[dict]:
    """The wide set of nets and batches, with what is right for them."""
    rng = np.random.default_rng(98)
    shapes = [((8, 6), 3), ((4, 4), 4), ((1, 5), 3), ((7, 1), 4), ((6, 5), 1), ((1, 1), 1)]
    cases = [_network_case(rng, shape, hidden) for shape, hidden in shapes]
    cases.append(_network_case(rng, (5, 6), 3, X=1e3))
    cases.append(_network_case(rng, (5, 4), 3, dy=1e3))
    cases.append(_network_case(rng, (5, 6), 3, X=1e3, W1=1e-3))
    small = np.array([1e-3, 1e-6, 0.0])
    cases.append(_network_case(rng, (6, 4), 3, W1=small, b1=small))
    cases.append(_network_case(rng, (5, 4), 3, X=1e-3, W1=1e3, b1=20.0, W2=1e3, b2=1e3))
    return cases


def _network_case(rng, shape, hidden, **sizes) -> dict:
    shapes = {"W1": (shape[1], hidden), "b1": hidden, "W2": (hidden, 1), "b2": 1}
    params = {name: sizes.get(name, 1) * _draw(rng, one) for name, one in shapes.items()}
    X, dy = sizes.get("X", 1) * _draw(rng, shape), sizes.get("dy", 1) * _draw(rng, (shape[0], 1))
    others = {name: 0.7 * value for name, value in params.items()}
    case = _network_step(params, X, dy)
    case["other_batch"] = _network_step(params, np.asfortranarray(X[::-1] * 2 + 1), dy[::-1])
    case["other_params"] = _network_step(others, X, dy)
    return case


def _network_step(params, X, dy) -> dict:
    first = _affine_case(X, params["W1"], params["b1"], np.zeros((len(X), len(params["b1"]))))
    hidden = _sigmoid_case(first["out"][0], np.ones_like(first["out"][0]))
    last = _affine_case(hidden["out"][0], params["W2"], params["b2"], dy)
    (dh, _), (dW2, _), (db2, _) = last["grads"]
    dz = dh * hidden["grads"][0][0]
    _, (dW1, terms1), (db1, terms_b1) = _affine_case(X, params["W1"], params["b1"], dz)["grads"]
    # σ and σ' are sums of numbers of the size of 1/2 and 1/4, also where they are nearly 0.
    passed_on = np.abs(dy) @ np.abs(params["W2"]).T / 4
    terms = float(np.abs(dy).sum())
    return {
        "params": params,
        "X": X,
        "dy": dy,
        "y_hat": (last["out"][0], float(np.abs(params["W2"]).sum() + np.abs(params["b2"]).sum())),
        "grads": {
            "W1": (dW1, max(terms1, float((np.abs(X).T @ passed_on).max()))),
            "b1": (db1, max(terms_b1, float(passed_on.sum(axis=0).max()))),
            "W2": (dW2, terms),
            "b2": (db2, terms),
        },
    }
