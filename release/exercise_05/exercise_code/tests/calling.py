"""One guarded call of student code: what it prints, what it warns of, what it raises, how long.

Student code may do anything. Whatever it does, the check gets an answer or a StudentError, and
nothing reaches the screen past the check.
"""

import contextlib
import io
import linecache
import math
import os
import signal
import time
import warnings
from functools import lru_cache

import numpy as np

from exercise_code.tests import operands
from exercise_code.tests.declaration import FILES

SECONDS = 8.0  # for all calls of one check: the reference needs 0.01 s, nested loops 0.1 s
LINES_SHOWN = 20
# Kinds of StudentError that say nothing about what the code computes.
UNWRITTEN = {"NotImplementedError", "PlaceholderLeft"}
NO_ANSWER = UNWRITTEN | {
    "TimeLimit",
    "MissingFile",
    "MissingFunction",
    "SyntaxError",
    "IndentationError",
    "TabError",
    "NotText",
    "ImportFailure",
    "MissingModule",
    "WrongPackage",
    "WrongParams",
    "NoAnswer",
}
_RING_AGAIN = 0.01  # seconds; a bare `except:` in a loop swallows the first ring
_WARNINGS_KEPT = 20
_LONGEST_LINE = 300
_LONGEST_MESSAGE = 200

_HERE = os.path.dirname(os.path.realpath(__file__))
_PACKAGE = os.path.dirname(_HERE)
_LIBRARIES = (
    os.path.dirname(os.path.realpath(os.__file__)),
    os.path.dirname(os.path.realpath(np.__file__)),
)


class StudentError(Exception):
    """What a call of student code did instead of giving an answer.

    Parameters
    ----------
    kind : str
        The name of the exception type, or one of our own: "TimeLimit", "MissingFile",
        "MissingFunction", "ImportFailure", "MissingModule", "WrongPackage", "WrongParams",
        "NotText" (a file that is no UTF-8), "PlaceholderLeft" (code is written, and the placeholder
        still raises), "NoAnswer" (the process that ran the code ended, or sent something that
        cannot be read).
    message : str
        What the exception said.
    file, line, text : str, int, str, optional
        The one line of the student's own code that raised it.
    caller : str, optional
        The line of another file of the student's that led there, as words.
    """

    def __init__(self, kind, message="", *, file=None, line=None, text=None, caller=None):
        super().__init__(kind, message)
        self.kind = one_line(kind)
        self.message = one_line(message)
        self.file = one_line(file) if file else None
        self.line = line
        self.text = one_line(text) if text else None
        self.caller = one_line(caller) if caller else None
        self.called = None  # the function that was called, as the checks name it
        self.case = None  # the case in which it happened

    def __str__(self):
        return f"{self.kind}: {self.message}" if self.message else self.kind

    @property
    def place(self):
        """The line of the student's code as words, after the one that led there, or nothing."""
        if not self.file or not self.line:
            return ""
        here = _line_in_words(self.file, self.line, self.text)
        return f"{self.caller}; then {here}" if self.caller else here

    @classmethod
    def of(cls, error):
        """The StudentError for an exception that student code raised."""
        kind = type(error).__name__
        message = _message(error)
        if isinstance(error, SyntaxError) and error.lineno:
            file = shown_path(error.filename or "")
            return cls(kind, error.msg, file=file, line=error.lineno, text=error.text)
        lines = _student_lines(error.__traceback__)
        if not lines:
            return cls(kind, message)
        file, line, here = lines[-1]
        message = operands.told(message, lambda: _tree(_text(file)), here)
        others = [place for place in lines if place[0] != file and _is_handed_in(place[0])]
        before = others[-1] if others else None
        text = _source_line(file, line)
        if isinstance(error, NotImplementedError) and _is_written(file, line):
            kind = "PlaceholderLeft"
        return cls(
            kind,
            message,
            file=shown_path(file),
            line=line,
            text=text,
            caller=before
            and _line_in_words(shown_path(before[0]), before[1], _source_line(*before[:2])),
        )


class Output(io.TextIOBase):
    """A stream that keeps the first lines written to it and counts the others."""

    def __init__(self):
        self.lines = []
        self.more = 0
        self._open = ""

    def writable(self):
        return True

    def write(self, text):
        *whole, self._open = (self._open + str(text)).split("\n")
        for line in whole:
            self._keep(line)
        self._open = self._open[:_LONGEST_LINE]
        return len(text)

    def finish(self):
        """End a last line that had no line feed."""
        if self._open:
            self._keep(self._open)
            self._open = ""

    def _keep(self, line):
        if len(self.lines) < LINES_SHOWN:
            self.lines.append(_printable(line[:_LONGEST_LINE]))
        else:
            self.more += 1


class Calls:
    """Calls student code for one check, and remembers what it printed and warned of.

    To be used in a ``with``, around the check: what is printed and warned of meanwhile is kept.

    Parameters
    ----------
    seconds : float
        The time limit of all calls together. It holds where the system has an interval timer and
        we are in the main thread; elsewhere (Windows, a browser) there is none. With infinity
        nothing is timed: for functions that watch the time themselves.
    """

    def __init__(self, seconds=SECONDS):
        self.seconds = seconds
        self.left = seconds
        self.output = Output()
        self.warnings = []
        self._listening = contextlib.ExitStack()

    def __enter__(self):
        self._listening.enter_context(contextlib.redirect_stdout(self.output))
        self._listening.enter_context(contextlib.redirect_stderr(self.output))
        self._listening.enter_context(warnings.catch_warnings())
        warnings.simplefilter("always")
        warnings.simplefilter("ignore", ResourceWarning)  # comes whenever garbage is collected
        warnings.showwarning = self._note
        return self

    def __exit__(self, *error):
        self._listening.close()

    def __call__(self, function, *arguments):
        """What ``function(*arguments)`` returns. Raises StudentError for whatever it raises."""
        start = time.perf_counter()
        try:
            answer, failure = self._guarded(function, arguments)
        except _TimeIsUp:  # rang between the last line of the student and the end of the guard
            answer, failure = None, self._too_slow()
        self.left -= time.perf_counter() - start
        if failure is not None:
            raise failure
        return answer

    def _guarded(self, function, arguments):
        if self.left <= 0:
            return None, self._too_slow()
        with np.errstate(all="warn", under="ignore"):
            try:
                return _in_time(self.left, function, arguments), None
            except StudentError as error:
                return None, error
            except _TimeIsUp as ring:
                return None, self._too_slow(ring)
            except KeyboardInterrupt:  # the person at the keyboard, or the grader's own time limit
                raise
            except BaseException as error:  # SystemExit too: student code must not end the check
                return None, StudentError.of(error)

    def _too_slow(self, ring=None):
        where = StudentError.of(ring) if ring else StudentError("TimeLimit")
        return StudentError(
            "TimeLimit",
            f"no answer within {self.seconds:g} seconds",
            file=where.file,
            line=where.line,
            text=where.text,
        )

    def _note(self, message, category, *_, **__):
        seen = (category.__name__, one_line(str(message)))
        if seen not in self.warnings and len(self.warnings) < _WARNINGS_KEPT:
            self.warnings.append(seen)


class _TimeIsUp(BaseException):
    """Not an Exception, so that a student's `except Exception` lets it through."""


def _in_time(seconds, function, arguments):
    """``function(*arguments)``; raises _TimeIsUp after so many seconds, if the system can ring."""
    if seconds == math.inf:
        return function(*arguments)
    armed = [True]

    def ring(*_):
        if armed[0]:
            raise _TimeIsUp

    stop = _set_alarm(ring, seconds)
    try:
        return function(*arguments)
    finally:
        armed[0] = False
        stop()


def _set_alarm(ring, seconds):
    """Start the interval timer; returns what stops it and puts back what was there before.

    There is no timer on Windows and in a browser, and outside the main thread nobody may set a
    handler: then nothing is started.
    """
    try:
        before = signal.signal(signal.SIGALRM, ring) or signal.SIG_DFL
    except (AttributeError, ValueError, OSError):
        return lambda: None
    start = time.monotonic()
    try:
        rest, interval = signal.setitimer(signal.ITIMER_REAL, seconds, _RING_AGAIN)
    except (AttributeError, OSError):
        return lambda: signal.signal(signal.SIGALRM, before)

    def stop():
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if rest:  # somebody else's timer was running: let it go on
            left = max(rest - (time.monotonic() - start), 1e-3)
            signal.setitimer(signal.ITIMER_REAL, left, interval)

    return stop


def shown_path(file):
    """A file's path as a student knows it: from exercise_code on, or its name alone."""
    path = _real(file)
    if path.startswith(_PACKAGE + os.sep):
        inside = os.path.relpath(path, os.path.dirname(_PACKAGE))
        return inside.replace(os.sep, "/")
    if "ipykernel" in file or file.startswith("<ipython"):
        return "a notebook cell"
    return os.path.basename(file)


def _real(file):
    """Where a file really lies; every exception asks for the same few again."""
    return _real_of_absolute(file) if os.path.isabs(file) else os.path.realpath(file)


_real_of_absolute = lru_cache(maxsize=256)(os.path.realpath)


def _student_lines(traceback):
    """File, line and traceback of every frame of the student's own code, from the outermost on."""
    found = []
    while traceback is not None:
        file = traceback.tb_frame.f_code.co_filename
        if _is_students(file):
            found.append((file, traceback.tb_lineno, traceback))
        traceback = traceback.tb_next
    return found


def _is_handed_in(file):
    """Whether a file bears the name of one that is handed in, wherever it lies."""
    return os.path.basename(file) in {os.path.basename(name) for name in FILES}


def _source_line(file, line):
    linecache.checkcache(file)
    return linecache.getline(file, line).strip() or None


def _line_in_words(file, line, text):
    name = file.rpartition("/")[2]
    return f"{name}, line {line}: {text}" if text else f"{name}, line {line}"


def _is_written(file, line):
    """Whether the function around this line holds more than a stub does.

    A stub is a docstring, one raise, and lines at the end that do nothing but pass on names.
    """
    return _is_written_in(_text(file), line)


@lru_cache(maxsize=256)
def _is_written_in(text, line):
    import ast  # here, because most calls raise nothing

    around = [
        node
        for node in ast.walk(_tree(text))
        if isinstance(node, ast.FunctionDef) and node.lineno <= line <= node.end_lineno
    ]
    if not around:
        return False
    of_a_stub = (ast.Raise, ast.Pass, ast.Constant, ast.Name, ast.Attribute)
    innermost = max(around, key=lambda node: node.lineno)
    for statement in innermost.body:
        value = statement
        while isinstance(value, (ast.Return, ast.Expr, ast.Assign)):
            value = value.value
        parts = value.elts if isinstance(value, ast.Tuple) else [value]
        if not all(part is None or isinstance(part, of_a_stub) for part in parts):
            return True
    return False


def _text(file):
    linecache.checkcache(file)
    return "".join(linecache.getlines(file))


@lru_cache(maxsize=len(FILES))
def _tree(text):
    import ast

    return ast.parse(text)


def _is_students(file):
    if file.startswith("<") and not file.startswith("<ipython"):
        return False
    path = _real(file)
    if path.startswith(_PACKAGE + os.sep):
        return shown_path(path) in FILES
    return "site-packages" not in path and not path.startswith(
        tuple(folder + os.sep for folder in _LIBRARIES)
    )


def _message(error):
    try:
        return str(error)
    except Exception:  # a student's own exception class may fail even here
        return ""


def one_line(text):
    """A student's text as one short line that moves no cursor."""
    line = " ".join(_printable(str(text)).split())
    return line if len(line) <= _LONGEST_MESSAGE else line[: _LONGEST_MESSAGE - 1] + "…"


def _printable(text):
    """``text`` without control characters: no colour codes, nothing that moves the cursor."""
    text = text.expandtabs(4)
    return "".join(c if c.isprintable() else " " if c.isspace() else "\ufffd" for c in text)
