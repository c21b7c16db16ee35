"""The thin boundary between the checks and a student's code."""

import importlib
import os
import sys
import types
from collections.abc import Callable
from dataclasses import field, make_dataclass
from functools import lru_cache, partial
from importlib.machinery import ModuleSpec
from importlib.util import decode_source
from operator import methodcaller

import numpy as np

from exercise_code.tests import surroundings, syntax
from exercise_code.tests.calling import StudentError
from exercise_code.tests.declaration import CALLABLES, FILES
from exercise_code.tests.kinds import Model

# os.path, because importing pathlib costs more than all of this package.
_PACKAGE = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
ROOT = os.path.dirname(_PACKAGE)


def _names(file):
    """The module's name, the package's, and the module's name in its package."""
    name = file.removesuffix(".py").replace("/", ".")
    package, _, module = name.rpartition(".")
    return name, package, module


_PLACES = [(file, *_names(file)) for file in FILES]


class _Boundary:
    """What every Submission has besides its fields."""

    @classmethod
    def from_package(cls, given_up=None):
        """What is in the files beside these checks, as they are on the disk now.

        Nothing is read before the first call, so a missing file or a syntax error is a
        StudentError of that call. Each task gets files that are run afresh, so that no verdict
        depends on what another check has left in them.

        Parameters
        ----------
        given_up : dict, optional
            Remembers which file did not end, for the next task: it is not run once more.
        """
        modules = _StudentModules({} if given_up is None else given_up)
        own = (_own(modules, declared) for declared in CALLABLES)
        return cls(*own, changed=modules.changed, stepped=modules.stepped)

    def guarded(self, calls):
        """The same submission with every call made by ``calls``, which raises StudentError only."""
        return type(self)(
            *(_guarded(calls, declared, getattr(self, declared.name)) for declared in CALLABLES)
        )


def _never(*_):
    return ()


Submission = make_dataclass(
    "Submission",
    [
        *((declared.name, Callable) for declared in CALLABLES),
        ("changed", Callable, field(default=_never)),
        ("stepped", Callable, field(default=_never)),
    ],
    bases=(_Boundary,),
    frozen=True,
)
Submission.__module__ = __name__
Submission.__doc__ = """What a student has written, or stand-ins that pass the calls on.

There is a field for everything that the declaration names, in its order: functions, and callables
that make an object of a Model. A judge uses nothing but these. It never looks into a cache: it
hands on what the student's own function returned, or builds the cache that the sheet describes.
A field may raise StudentError; any other exception is turned into one.

``changed(file, roots, line=None)`` gives pairs of a Change of what ``roots`` call in the file, or
of that line alone, and a Submission in which it is made (changes.py). ``stepped(file, roots)``
gives pairs of a Change for each step, and a function that makes a Submission with an array in its
place (steps.py). Where nothing can be changed there are none.
"""


def _own(modules, declared):
    """A student's function, or what makes an object of a student's class."""
    if isinstance(declared, Model):
        return lambda params: _OwnModel(modules, declared, params)
    return lambda *arguments: modules.call(declared, arguments)


def _guarded(calls, declared, function):
    if isinstance(declared, Model):
        return lambda params: _GuardedModel(
            calls, declared, _named(calls, declared.name, function, params)
        )
    return partial(_named, calls, declared.name, function)


class _GuardedModel:
    def __init__(self, calls, declared, model):
        self._calls = calls
        self._declared = declared
        self._model = model

    @property
    def params(self):
        return _named(self._calls, self._declared.name, lambda: self._model.params)

    def __getattr__(self, method):
        if method not in self._declared.methods:
            raise AttributeError(method)
        return partial(
            _named,
            self._calls,
            f"{self._declared.name}.{method}",
            lambda *arguments: getattr(self._model, method)(*arguments),
        )


def _named(calls, name, function, *arguments):
    try:
        return calls(function, *arguments)
    except StudentError as error:
        error.called = error.called or name
        raise


class _OwnModel:
    """An object of a student's class, with given parameters."""

    def __init__(self, modules, declared, params):
        self._modules = modules
        self._declared = declared
        make = modules.get(declared)
        for method in declared.methods:
            _require_method(make, method, declared)
        positional, named = declared.arguments(params)
        self._model = modules.in_place(make, *positional, **named)
        own = getattr(self._model, "params", None)
        for name, value in params.items():
            array = own.get(name) if isinstance(own, dict) else None
            if not isinstance(array, np.ndarray) or array.shape != value.shape:
                call = ", ".join([*map(str, positional), *(f"{key}={key}" for key in named)])
                raise StudentError(
                    "WrongParams",
                    f"after {declared.name}({call}), "
                    f"params[{name!r}] is not an array of shape {value.shape}",
                )
            array[...] = value

    @property
    def params(self):
        return self._model.params

    def __getattr__(self, method):
        if method not in self._declared.methods:
            raise AttributeError(method)
        return partial(self._call, method)

    def _call(self, method, *arguments):
        return self._modules.in_place(methodcaller(method, *arguments), self._model)


class _StudentModules:
    """The student's files, run afresh from the disk.

    They are run under their own names, but beside the modules that the notebook holds: what is on
    the disk is judged even where the kernel still holds an older state, and the notebook's own
    functions and objects stay as they are. While student code runs, the fresh modules stand in
    for the others, so that imports between the files find each other.
    """

    def __init__(self, given_up, change=(), names=()):
        self._loaded = {}
        self._failed = dict(given_up)
        self._given_up = given_up
        self._change = dict(change)  # file -> code that is run in its module besides
        self._names = dict(names)  # what such a module has besides

    def changed(self, file, roots, line=None):
        """Pairs of a Change and a Submission in which it is made."""
        from exercise_code.tests.changes import changes  # here, because most checks need none

        for change, code in changes(_text(file), roots, line):
            yield change, self._with(file, code)

    def stepped(self, file, roots):
        """Pairs of a Change and a function that gives the Submission with an array in its place."""
        from exercise_code.tests.steps import GIVEN, steps

        for change, code in steps(_text(file), roots):
            yield change, lambda array, code=code: self._with(file, code, {GIVEN: array})

    def _with(self, file, code, names=()):
        modules = _StudentModules(self._given_up, {file: code}, names)
        return Submission(*(_own(modules, declared) for declared in CALLABLES))

    def call(self, declared, arguments):
        return self.in_place(self.get(declared), *arguments)

    def get(self, declared):
        """A function or class of a student file. Raises StudentError when it cannot be had."""
        self._load_all()
        file = declared.file
        if file in self._failed:
            raise self._failed[file]
        value = getattr(self._loaded[file], declared.name, None)
        if not callable(value):
            raise StudentError(
                "MissingFunction", f"{declared.name} is not defined in {file}", file=file
            )
        return value

    def in_place(self, function, /, *arguments, **named):
        """What a call of student code gives, with the fresh modules where imports look meanwhile.

        They stand in sys.modules and in their packages. All student code runs in here, in
        surroundings that are the same each time.
        """
        imported, before = sys.modules, []
        try:
            for file, name, package, module in _PLACES:
                holder = vars(imported.get(package) or importlib.import_module(package))
                before.append((imported, name, imported.get(name)))
                before.append((holder, module, holder.get(module)))
                if file in self._loaded:
                    imported[name] = holder[module] = self._loaded[file]
                elif file in self._failed:
                    imported[name] = None  # an import of it fails, whatever was there before
                    holder.pop(module, None)
            return surroundings.call(function, arguments, named)
        finally:
            for names, name, module in before:
                if module is None:
                    names.pop(name, None)
                else:
                    names[name] = module

    def _load_all(self):
        """Run all files, in the order of the declaration: a file may need those before it."""
        for file in FILES:
            if file in self._loaded or file in self._failed:
                continue
            try:
                self.in_place(self._run, file)
            except StudentError as error:
                self._failed[file] = error
            except BaseException:  # the time limit: a second attempt would cost as much again
                self._failed[file] = self._given_up[file] = StudentError(
                    "TimeLimit", f"{file} cannot be imported within the time limit"
                )
                raise

    def _run(self, file):
        name, package, module = _names(file)
        path = _path(file)
        _require_own_folder((package, name), os.path.dirname(path))
        if not os.path.isfile(path):
            raise StudentError("MissingFile", f"{file} is not in the hand-in", file=file)
        fresh = types.ModuleType(name)
        fresh.__file__, fresh.__package__ = path, package
        fresh.__spec__ = ModuleSpec(name, None, origin=path)
        vars(fresh)["__builtins__"] = surroundings.names()
        sys.modules[name] = fresh
        setattr(sys.modules[package], module, fresh)
        try:
            with open(path, "rb") as file_on_disk:
                text = file_on_disk.read()
            if b"\0" in text:
                raise StudentError("NotText", f"{file} is not saved as UTF-8", file=file)
            exec(_compiled(text, path), vars(fresh))
            if file in self._change:
                vars(fresh).update(self._names)
                exec(self._change[file], vars(fresh))
        except (Exception, SystemExit) as error:
            earlier = next(iter(self._failed.values()), None)
            if isinstance(error, ImportError) and earlier is not None:
                raise earlier from None  # this file cannot import what cannot be imported
            raise _import_failure(file, error) from None
        self._loaded[file] = fresh


def _text(file):
    with open(_path(file), "rb") as opened:
        return decode_source(opened.read())


def _path(file):
    return os.path.join(ROOT, *file.split("/"))


@lru_cache(maxsize=2 * len(FILES))
def _compiled(source, path):
    """Compiled here: the import system's cache cannot tell two edits within one second."""
    code = compile(source, path, "exec", dont_inherit=True)
    syntax.require_known(source, path)
    return code


def _import_failure(file, error):
    if isinstance(error, StudentError):
        return error
    cause = StudentError.of(error)
    if isinstance(error, SyntaxError):
        if cause.file is None or "codec can't decode" in cause.message:
            return StudentError("NotText", f"{file} is not saved as UTF-8", file=file)
        return cause
    wanted = getattr(error, "name", None) if isinstance(error, ImportError) else None
    for other in FILES:
        if other != file and wanted == _names(other)[0]:
            return StudentError(
                "MissingFunction",
                f"{file} imports something that is not in {other.rpartition('/')[2]}",
                file=cause.file,
                line=cause.line,
                text=cause.text,
            )
    if isinstance(error, ModuleNotFoundError):
        return StudentError(
            "MissingModule",
            f"{file} imports what is not there: {error}",
            file=cause.file,
            line=cause.line,
            text=cause.text,
        )
    return StudentError(
        "ImportFailure",
        f"{file} cannot be imported: {cause}",
        file=cause.file,
        line=cause.line,
        text=cause.text,
    )


def _require_method(made, name, declared):
    method = getattr(made, name, None)
    if not callable(method) or getattr(method, "__isabstractmethod__", False):
        raise StudentError(
            "MissingFunction",
            f"{declared.name} has no method {name} in {declared.file}",
            file=declared.file,
        )


def _require_own_folder(names, folder):
    """The notebook's own modules must be the judged files, or passing here says nothing."""
    for name in names:
        file = getattr(sys.modules.get(name), "__file__", None)
        if file and os.path.dirname(os.path.realpath(file)) != folder:
            raise StudentError(
                "WrongPackage",
                f"the notebook uses {os.path.realpath(file)}, but the checks belong to {_PACKAGE}",
            )
