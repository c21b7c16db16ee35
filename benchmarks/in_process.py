"""The reference and its variants as a Submission in this very process, without a worker.

Only for what we have written ourselves, never for a student's code: nothing here is locked up.
"""

from __future__ import annotations

import contextlib
import itertools
import linecache
import sys
import types
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np

import exercise_code.networks  # noqa: F401 - its modules are put in the place of the stubs
from exercise_code.tests import CHECKS, Submission
from exercise_code.tests import two_layer_network as network
from exercise_code.tests.affine_layer import AffineLayer
from exercise_code.tests.changes import changes
from exercise_code.tests.compare import Expected
from exercise_code.tests.sigmoid_layer import SigmoidLayer
from exercise_code.tests.steps import GIVEN, steps

# For each task: the arrays that are right for one of its cases, in the order of what is returned.
EXPECTED: dict[str, Callable[..., list[Expected]]] = {
    "affine_forward": lambda case: [AffineLayer.out(case)],
    "affine_backward": AffineLayer.expected_gradients,
    "sigmoid_forward": lambda case: [SigmoidLayer.out(case)],
    "sigmoid_backward": SigmoidLayer.expected_gradients,
    "network_forward": lambda case: [network.predictions(case)],
    "network_backward": network.gradients,
}
_NETWORKS = "exercise_code.networks"
_LAYER = f"{_NETWORKS}.layer"
_numbers = itertools.count()
_FUNCTIONS = tuple(task for task in CHECKS if not task.startswith("network"))


def submission(
    files: Mapping[str, str],
    change: Mapping[str, types.CodeType] = MappingProxyType({}),
    given: np.ndarray | None = None,
) -> Any:
    """The texts of layer.py and two_layer_net.py, under the names they are handed in by.

    ``change`` is code that is run in the module of a file besides, where it finds ``given``.
    """
    texts = {name.rpartition("/")[2]: text for name, text in files.items()}
    with np.errstate():  # a solution may change NumPy's settings while it is imported
        layer = _module(_LAYER, texts["layer.py"], change, given)
        with _in_place(layer):
            net = _module(f"{_NETWORKS}.two_layer_net", texts["two_layer_net.py"], change, given)

    class Net:
        def __init__(self, params):
            self._net = net.TwoLayerNet(*params["W1"].shape, rng=np.random.default_rng(0))
            for name, value in params.items():
                self._net.params[name][...] = value

        @property
        def params(self):
            return self._net.params

        def forward(self, X):
            with _in_place(layer):
                return self._net.forward(X)

        def backward(self, dy):
            with _in_place(layer):
                return self._net.backward(dy)

    functions: dict[str, Any] = {name: getattr(layer, name, None) for name in _FUNCTIONS}

    def changed(file, roots, line=None):
        for one, code in changes(files[file], roots, line):
            with contextlib.suppress(Exception):  # a change may be one that cannot be imported
                yield one, submission(files, {file: code})

    def stepped(file, roots):
        for one, code in steps(files[file], roots):
            yield one, partial(submission, files, {file: code})

    return Submission(**functions, TwoLayerNet=Net, changed=changed, stepped=stepped)


def one_entry_changed(right: Any, task: str, place: int, entry: int, amount: float) -> Any:
    """`right`, with one entry of one array that `task` returns changed by `amount`.

    `place` counts the returned arrays without the cache; `entry` counts the entries of that array,
    row by row, and starts anew behind the last one.
    """

    def change(arrays):
        arrays = [array.copy() for array in arrays]
        array = arrays[place]
        array[np.unravel_index(entry % array.size, array.shape)] += amount
        return arrays

    return changed(right, task, change)


def changed(right: Any, task: str, change: Callable[[list], list]) -> Any:
    """`right`, with what `change` makes of the list of arrays that `task` returns."""

    def forward(*inputs):
        out, cache = getattr(right, task)(*inputs)
        return change([out])[0], cache

    def backward(dout, cache):
        answer = getattr(right, task)(dout, cache)
        return tuple(change(answer)) if isinstance(answer, tuple) else change([answer])[0]

    class Net:
        def __init__(self, params):
            self._net = right.TwoLayerNet(params)
            self.params = self._net.params

        def forward(self, X):
            y_hat = self._net.forward(X)
            return change([y_hat])[0] if task == "network_forward" else y_hat

        def backward(self, dy):
            grads = self._net.backward(dy)
            if task == "network_backward":
                changed = change([grads[name] for name in network.NAMES])
                grads = dict(zip(network.NAMES, changed, strict=True))
            return grads

    if task.startswith("network"):
        return replace(right, TwoLayerNet=Net)
    return replace(right, **{task: forward if task.endswith("forward") else backward})


def _module(
    name: str,
    text: str,
    change: Mapping[str, types.CodeType] = MappingProxyType({}),
    given: np.ndarray | None = None,
) -> types.ModuleType:
    module = types.ModuleType(name)
    path = f"solution {next(_numbers)}/{name.rpartition('.')[2]}.py"
    # Where a verdict quotes the line that raised an exception, it looks here.
    linecache.cache[path] = len(text), None, text.splitlines(keepends=True), path
    exec(compile(text, path, "exec"), vars(module))
    if (file := f"{name.replace('.', '/')}.py") in change:
        vars(module)[GIVEN] = given
        exec(change[file], vars(module))
    return module


@contextmanager
def _in_place(layer: types.ModuleType) -> Iterator[None]:
    """`layer` is the module that the network imports, whenever and however it does."""
    package = vars(sys.modules[_NETWORKS])
    before = sys.modules.get(_LAYER), package.get("layer")
    sys.modules[_LAYER] = package["layer"] = layer
    try:
        yield
    finally:
        del sys.modules[_LAYER], package["layer"]
        if before[0] is not None:
            sys.modules[_LAYER] = before[0]
        if before[1] is not None:
            package["layer"] = before[1]
