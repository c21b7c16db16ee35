"""The thin boundary between the checks and a student's code."""

import contextlib
import importlib
import os
import sys
import types
from collections.abc import Callable
from dataclasses import dataclass
from importlib.machinery import ModuleSpec

import numpy as np

from exercise_code.tests.calling import StudentError, shown_path

# os.path, because importing pathlib costs more than all of this package.
_PACKAGE = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
_FOLDER = os.path.join(_PACKAGE, "networks")
_NETWORKS = "exercise_code.networks"
_FILES = {"layer": "layer.py", "two_layer_net": "two_layer_net.py"}
LAYERS = ("affine_forward", "affine_backward", "sigmoid_forward", "sigmoid_backward")


@dataclass(frozen=True)
class Submission:
    """A student's functions, or stand-ins that pass the calls on to another process.

    A judge uses nothing but these fields. It never looks into a cache: it hands on what
    ``affine_forward`` or ``sigmoid_forward`` returned, or builds the cache that the sheet
    describes: ``(x, w, b)``, and the sigmoid's output. A field may raise StudentError; any other
    exception is turned into one.

    Parameters
    ----------
    affine_forward, affine_backward, sigmoid_forward, sigmoid_backward : callables
        As in ``networks/layer.py``.
    two_layer_net : callable
        ``two_layer_net(params)`` gives an object with ``forward(X)``, ``backward(dy)`` and
        ``params``, a dict of arrays that starts with copies of the given ones. The judge changes
        the arrays in ``params`` in place, as an optimizer does, and the next call must see it.
    """

    affine_forward: Callable
    affine_backward: Callable
    sigmoid_forward: Callable
    sigmoid_backward: Callable
    two_layer_net: Callable

    @classmethod
    def from_package(cls):
        """The functions in the files beside these checks, as they are on the disk now.

        Nothing is read before the first call, so a missing file or a syntax error is a
        StudentError of that call.
        """
        modules = _StudentModules()

        def layer(name):
            return lambda *arguments: modules.call("layer", name, arguments)

        return cls(*map(layer, LAYERS), two_layer_net=lambda params: _OwnNet(modules, params))

    def guarded(self, calls):
        """The same submission with every call made by ``calls``, which raises StudentError only."""

        def guard(name):
            function = getattr(self, name)
            return lambda *arguments: _named(calls, name, function, *arguments)

        return Submission(
            *map(guard, LAYERS),
            two_layer_net=lambda params: _GuardedNet(
                calls, _named(calls, "TwoLayerNet", self.two_layer_net, params)
            ),
        )


class _GuardedNet:
    def __init__(self, calls, net):
        self._calls = calls
        self._net = net

    @property
    def params(self):
        return _named(self._calls, "TwoLayerNet", lambda: self._net.params)

    def forward(self, X):
        return _named(self._calls, "TwoLayerNet.forward", lambda: self._net.forward(X))

    def backward(self, dy):
        return _named(self._calls, "TwoLayerNet.backward", lambda: self._net.backward(dy))


def _named(calls, name, function, *arguments):
    try:
        return calls(function, *arguments)
    except StudentError as error:
        error.called = error.called or name
        raise


class _OwnNet:
    """A student's TwoLayerNet with given parameters."""

    def __init__(self, modules, params):
        self._modules = modules
        features, hidden = params["W1"].shape
        make = modules.get("two_layer_net", "TwoLayerNet")
        for method in ("forward", "backward"):
            _require_method(make, method)
        with modules.in_place():
            self._net = make(features, hidden, rng=np.random.default_rng(0))
        own = getattr(self._net, "params", None)
        for name, value in params.items():
            array = own.get(name) if isinstance(own, dict) else None
            if not isinstance(array, np.ndarray) or array.shape != value.shape:
                raise StudentError(
                    "WrongParams",
                    f"after TwoLayerNet({features}, {hidden}, rng=rng), "
                    f"params[{name!r}] is not an array of shape {value.shape}",
                )
            array[...] = value

    @property
    def params(self):
        return self._net.params

    def forward(self, X):
        with self._modules.in_place():
            return self._net.forward(X)

    def backward(self, dy):
        with self._modules.in_place():
            return self._net.backward(dy)


class _StudentModules:
    """The two student files, run afresh from the disk.

    They are run under their own names, but beside the modules that the notebook holds: what is on
    the disk is judged even where the kernel still holds an older state, and the notebook's own
    functions and objects stay as they are. While student code runs, the fresh modules stand in
    for the others, so that imports between the two files find each other.
    """

    def __init__(self):
        self._loaded = {}
        self._failed = {}

    def call(self, module, name, arguments):
        function = self.get(module, name)
        with self.in_place():
            return function(*arguments)

    def get(self, module, name):
        """A function or class of a student file. Raises StudentError when it cannot be had."""
        self._load_all()
        if module in self._failed:
            raise self._failed[module]
        value = getattr(self._loaded[module], name, None)
        if not callable(value):
            raise StudentError(
                "MissingFunction", f"{name} is not defined in {_shown(module)}", file=_shown(module)
            )
        return value

    @contextlib.contextmanager
    def in_place(self):
        """The fresh modules in sys.modules and in their package, for as long as this lasts."""
        package = importlib.import_module(_NETWORKS)
        names = {f"{_NETWORKS}.{module}": module for module in _FILES}
        before = {name: sys.modules.get(name) for name in names}
        attributes = {module: vars(package).get(module) for module in _FILES}
        try:
            for name, module in names.items():
                if module in self._loaded:
                    sys.modules[name] = self._loaded[module]
                    setattr(package, module, self._loaded[module])
                elif module in self._failed:
                    sys.modules[name] = None  # an import of it fails, whatever was there before
                    vars(package).pop(module, None)
            yield
        finally:
            for name, module in before.items():
                if module is None:
                    sys.modules.pop(name, None)
                else:
                    sys.modules[name] = module
            for module, value in attributes.items():
                if value is None:
                    vars(package).pop(module, None)
                else:
                    setattr(package, module, value)

    def _load_all(self):
        """Run both files; the net needs the layers, so those come first."""
        for module in _FILES:
            if module in self._loaded or module in self._failed:
                continue
            try:
                with self.in_place():
                    self._run(module)
            except StudentError as error:
                self._failed[module] = error
            except BaseException:  # the time limit: a second attempt would cost as much again
                self._failed[module] = StudentError(
                    "TimeLimit", f"{_shown(module)} cannot be imported within the time limit"
                )
                raise

    def _run(self, module):
        _require_own_folder(module)
        path = os.path.join(_FOLDER, _FILES[module])
        if not os.path.isfile(path):
            raise StudentError(
                "MissingFile", f"{_shown(module)} is not in the hand-in", file=_shown(module)
            )
        name = f"{_NETWORKS}.{module}"
        fresh = types.ModuleType(name)
        fresh.__file__, fresh.__package__ = path, _NETWORKS
        fresh.__spec__ = ModuleSpec(name, None, origin=path)
        sys.modules[name] = fresh
        setattr(sys.modules[_NETWORKS], module, fresh)
        try:
            # Compiled here: the import system's cache cannot tell two edits within one second.
            with open(path, "rb") as file:
                code = compile(file.read(), path, "exec", dont_inherit=True)
            exec(code, vars(fresh))
        except (Exception, SystemExit) as error:
            layer = self._failed.get("layer")
            if isinstance(error, ImportError) and layer is not None:
                raise layer from None  # the net cannot import what cannot be imported
            raise _import_failure(module, error) from None
        self._loaded[module] = fresh


def _import_failure(module, error):
    cause = StudentError.of(error)
    if isinstance(error, SyntaxError):
        return cause
    if isinstance(error, ImportError) and getattr(error, "name", None) == f"{_NETWORKS}.layer":
        return StudentError(
            "MissingFunction",
            f"{_shown(module)} imports something that is not in layer.py",
            file=cause.file,
            line=cause.line,
            text=cause.text,
        )
    return StudentError(
        "ImportFailure",
        f"{_shown(module)} cannot be imported: {cause}",
        file=cause.file,
        line=cause.line,
        text=cause.text,
    )


def _require_method(made, name):
    method = getattr(made, name, None)
    if not callable(method) or getattr(method, "__isabstractmethod__", False):
        raise StudentError(
            "MissingFunction",
            f"TwoLayerNet has no method {name} in {_shown('two_layer_net')}",
            file=_shown("two_layer_net"),
        )


def _require_own_folder(module):
    """The notebook's own modules must be the judged files, or passing here says nothing."""
    for name in (_NETWORKS, f"{_NETWORKS}.{module}"):
        file = getattr(sys.modules.get(name), "__file__", None)
        if file and os.path.dirname(os.path.realpath(file)) != _FOLDER:
            raise StudentError(
                "WrongPackage",
                f"the notebook uses {os.path.realpath(file)}, but the checks belong to {_PACKAGE}",
            )


def _shown(module):
    return shown_path(os.path.join(_FOLDER, _FILES[module]))
