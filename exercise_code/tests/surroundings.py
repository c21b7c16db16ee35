"""What student code finds around it: the same in a notebook and where hand-ins are judged.

A notebook's kernel has more in it than the process that judges: settings that earlier cells made,
packages that a student has installed, files that are not handed in, somebody who answers questions.
What passes here because of one of these fails there. So nothing of it is found during a check.
"""

import builtins
import os
import sys
import warnings
from contextvars import ContextVar
from functools import cache, partial

import numpy as np

from exercise_code.tests.declaration import DRAWING, FILES, GIVEN, HELPERS, LIBRARIES

PACKAGE = "exercise_code"
_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
_CHECKS = f"{PACKAGE}.tests"
_OF_THE_CHECKS = {"check", "check_all", *(name for names in HELPERS.values() for name in names)}
_RECURSIONS = 1000  # deep, counted from the check on; as Python itself allows from the start on
_ADDED_BY_IPYTHON = {"display", "get_ipython"}  # to the names that every file knows

_DRAWN = {f"{PACKAGE}.{name}" for name in DRAWING}
_MODULES = {
    PACKAGE,
    _CHECKS,
    *_DRAWN,
    *(f"{PACKAGE}.{name}" for name in GIVEN),
    *(f"{_CHECKS}.{name}" for name in HELPERS),
    *(file.removesuffix(".py").replace("/", ".") for file in FILES),
}
_OF_PROCESSES = {"os.fork", "os.posix_spawn", "subprocess.Popen"}
_entered = ContextVar("entered", default=False)  # a kernel's own threads have contexts of their own


def entered():
    """Whether this is student code that runs: a check that it asks for would never end."""
    return _entered.get()


def call(function, arguments, named):
    """What ``function(*arguments, **named)`` returns, in settings that are the same each time.

    For one call of student code, or one run of its file. What the code sets meanwhile ends with it:
    NumPy's handling of floating-point errors, the filters of warnings, the working folder, the
    depth of recursion. Threads and processes cannot be started, and input() has nobody to ask.
    """
    folder, limit, ask = os.getcwd(), sys.getrecursionlimit(), builtins.input
    _refuse_threads()
    _refuse_processes()
    before = _entered.set(True)
    try:
        builtins.input = _nobody_answers
        if folder != _ROOT:
            os.chdir(_ROOT)
        sys.setrecursionlimit(_depth() + _RECURSIONS)
        with warnings.catch_warnings(), np.errstate(all="warn", under="ignore"):
            return function(*arguments, **named)
    finally:
        _entered.reset(before)
        builtins.input = ask
        sys.setrecursionlimit(limit)
        _go_to(folder)


def _go_to(folder):
    """Make `folder` the working folder; to ask costs less than to go where one is."""
    try:
        here = os.getcwd()
    except OSError:  # whose folder was removed is nowhere
        here = None
    if here != folder:
        os.chdir(folder)


def _refuse_threads():
    """Let ``Thread.start`` refuse student code, once there is such a class."""
    kind = getattr(sys.modules.get("threading"), "Thread", None)
    if kind is None or hasattr(kind.start, "refuses"):
        return
    start = kind.start

    def refuse(thread):
        if entered():
            raise RuntimeError("a thread cannot be started where hand-ins are judged")
        start(thread)

    refuse.refuses = True
    kind.start = refuse


@cache
def _refuse_processes():
    """By an audit hook (PEP 578); for threads there is no such event in Python 3.11."""

    def refuse(event, _):
        if event in _OF_PROCESSES and entered():
            raise PermissionError("a process cannot be started where hand-ins are judged")

    sys.addaudithook(refuse)


def _nobody_answers(*_):
    raise EOFError("input() has nobody to ask while a check runs")


def _depth():
    frame, depth = sys._getframe(), 0
    while frame is not None:
        frame, depth = frame.f_back, depth + 1
    return depth


def names():
    """What a student's file knows without an import, as its ``__builtins__``.

    Its import statements find Python's own modules, the declared libraries, the given modules and
    the files that are handed in, and no others.
    """
    known = {name: value for name, value in vars(builtins).items() if name not in _ADDED_BY_IPYTHON}
    return {**known, "__import__": partial(_import, builtins.__import__)}


def _import(real, name, globals=None, locals=None, fromlist=(), level=0):
    asked = _absolute(name, globals or {}, level)
    _require(asked)
    for item in fromlist or ():
        if asked == _CHECKS and item not in _OF_THE_CHECKS and item != "*":
            _require(f"{asked}.{item}")
    try:
        module = real(name, globals, locals, fromlist, level)
    except ModuleNotFoundError as error:
        if error.name != asked:
            raise
        raise _missing(asked) from None
    _refuse_threads()
    if hasattr(module, "__path__") and asked in _MODULES - _DRAWN:
        for item in fromlist or ():
            if item != "*" and (not hasattr(module, item) or _is_of_ours(getattr(module, item))):
                _require(f"{asked}.{item}")
    return module


def _is_of_ours(value):
    return isinstance(value, type(sys)) and value.__name__.startswith(f"{PACKAGE}.")


def _absolute(name, globals, level):
    if not level:
        return name
    package = (globals.get("__package__") or "").split(".")
    return ".".join(filter(None, [*package[: len(package) - level + 1], name]))


def _require(module):
    """Raises ModuleNotFoundError for a module that is not there where hand-ins are judged."""
    top = module.partition(".")[0]
    if top == PACKAGE:
        there = module in _MODULES
    else:
        there = top in LIBRARIES or top in sys.stdlib_module_names
    if not there:
        raise _missing(module)


def _missing(module):
    top = module.partition(".")[0]
    if top == PACKAGE:
        files = " and ".join(file.rpartition("/")[2] for file in FILES)
        why = f"is not handed in: only what was handed out is there, {files}"
    elif top in LIBRARIES or top in sys.stdlib_module_names:
        why = f"does not exist in {top} {getattr(sys.modules.get(top), '__version__', '')}".rstrip()
    else:
        why = f"does not exist where hand-ins are judged, only {', '.join(LIBRARIES)} do"
    return ModuleNotFoundError(f"{module} {why}", name=module)
