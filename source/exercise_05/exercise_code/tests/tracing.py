"""Which one change of a student's code would make an array right whose mistake is none we know."""

import contextlib
import itertools
import operator
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from exercise_code.tests.calling import NO_ANSWER, Calls, StudentError, one_line
from exercise_code.tests.causes import CAUSES
from exercise_code.tests.compare import (
    Case,
    Wrong,
    agree,
    close,
    is_right,
    known_ratios,
    listed,
    shape_of,
)

MOST = 1500  # changes that are tried: a function of ten lines has some thousand
FOR_A_SIMPLER_ONE = 400  # where several known mistakes explain it, and one change could as well
STEPS = 600  # times that something is put in the place of a step
SECONDS = 8.0  # for all of them, which take one or two; code that is slow waits no longer for it

# What may come of taking apart whatever a student has written. The verdict stands without it.
_UNREADABLE = (OSError, SyntaxError, ValueError, RecursionError, MemoryError)
_NEAR = 1e-9  # how well a known mistake must fit, for many changes are tried

# Known mistakes that a change can leave. Others it could make: what stands in the place of another
# array "uses" that one, and who takes a wrong derivative away "lacks" it.
_CAN_BE_LEFT = {
    "activation_forgotten",
    "activation_on_output",
    "added_up",
    "bias_forgotten",
    "bias_not_summed",
    "bias_total",
    "bias_wrong_axis",
    "derivative_of_input",
    "derivative_of_output",
    "foreign_factor",
    "not_summed",
    "tanh_derivative",
    "transposed",
}

# Kinds that put something else in: where known mistakes explain an array, one of many that are
# tried could do so by chance.
_OF_MANY_NUMBERS = {"index", "key", "name", "number", "factor", "term", "call"}

_OF_AXES = "Print the shapes before and after that line: which axis has to go, and which one stays?"
_OF_SIDES = (
    "Print the shapes on both sides. In a matrix product the axis that is added up lies inside; "
    "entry by entry, axes of one meaning lie in the same place."
)
_COUNTED = ("", "first ", "second ", "third ", "fourth ", "fifth ")

# What the verdict says of each kind of change, and what to do about it.
WORDS = {
    "left_out": (
        "without `{}`",
        "Write the formula down on paper, and ask of each piece of that line what it is for.",
    ),
    "kept": (
        "with what `{}` gives kept",
        "A line that only computes changes nothing: NumPy returns a new array. Give it a name, as "
        "in a = a + b.",
    ),
    "operator": (
        "with another operator in `{}`",
        "Read that line beside the formula, sign by sign: what is done with what?",
    ),
    "function": (
        "with another function in place of `{}`",
        "Say in words what that function does to its array, and what the formula asks for.",
    ),
    "axis": ("with another axis in `{}`", _OF_AXES),
    "no_axis": ("without an axis in `{}`", _OF_AXES),
    "dropped": ("without keepdims in `{}`", _OF_AXES),
    "keepdims": ("with keepdims in `{}`", _OF_AXES),
    "turned": ("without the transpose in `{}`", _OF_SIDES),
    "transposed": ("with a transpose of `{}`", _OF_SIDES),
    "order": (
        "with the parts of `{}` in another order",
        "Order counts there: compare it with the docstring, and with the shapes.",
    ),
    "sign": (
        "with the other sign at `{}`",
        "Derive it once more on paper, and follow each minus to the end.",
    ),
    "loop": (
        "with `{}` behind its loop",
        "What is indented runs once for each turn of the loop. How often is that line to run?",
    ),
    "number": (
        "with something else in place of `{}`",
        "Where does that number come from? Each number in the line stands in the formula, too.",
    ),
    "index": (
        "with another part picked out than `{}`",
        "Print what that picks out, and its shape: is it all that the formula adds up or returns?",
    ),
    "one": (
        "with a 1 in place of `{}`",
        "What is that piece good for? Look whether the formula multiplies, or divides, by anything "
        "there.",
    ),
    "key": (
        "with another key in place of `{}`",
        "Look up what was stored under that key, and whether this step needs it.",
    ),
    "name": (
        "with something else in place of `{}`",
        "Follow it back to the line where it gets its value: is this what the formula has there?",
    ),
    "condition": (
        "without the condition `{}`",
        "Try a number on either side of that condition by hand: is what happens right for both?",
    ),
    "brackets": (
        "with other brackets in `{}`",
        "Products bind more closely than sums, and what stands left comes first: put brackets "
        "around what belongs together.",
    ),
    "added_up": (
        "with `{}` added up over the batch",
        "What all samples share gets one gradient: the sum of theirs.",
    ),
    "factor": (
        "with one more factor beside `{}`",
        "The chain rule has a factor for each step on the way: go through them one by one. Which "
        "one is not there?",
    ),
    "term": (
        "with one more term beside `{}`",
        "Compare with the formula, term by term: what is added or subtracted there?",
    ),
    "flattened": (
        "with one row for each sample in place of `{}`",
        "Keep the first axis, which counts the samples, and let reshape join all others.",
    ),
    "call": (
        "with one more function around `{}`",
        "Go through the layers one by one: which step is not there?",
    ),
}


@dataclass(frozen=True)
class Probe:
    """How to see what a student's code answers, without saying what is wrong with it.

    Attributes
    ----------
    called : tuple of str
        The functions that the student has written for it.
    arrays : tuple of str
        The names of what the task is to give, which may be a part of the answers.
    answers : callable
        ``answers(student, case)`` gives what they answer in a case, and the Expected for each.
    other : callable
        ``other(case)`` is a case of the same sizes with other numbers.
    shaped : callable
        ``shaped(case)`` is a case in which the samples have another shape.
    halfway : callable
        ``halfway(case)`` gives what is right on the way, as Halfway.
    """

    called: tuple[str, ...]
    arrays: tuple[str, ...]
    answers: Callable
    other: Callable
    shaped: Callable
    halfway: Callable


class Asked(NamedTuple):
    """What is wrong.

    Attributes
    ----------
    case : Case
        In which it is.
    wrong : tuple of str
        The names of the arrays.
    unknown : tuple of str
        Those of them that show no known mistake, not even several.
    composed : tuple of str
        Those that several known mistakes explain, so that one change would be simpler.
    line : int, optional
        The one that raises an exception: it alone is changed, and that must make all arrays right.
    """

    case: Case
    wrong: tuple[str, ...]
    unknown: tuple[str, ...] = ()
    composed: tuple[str, ...] = ()
    line: int | None = None


class Traced(NamedTuple):
    """The one change that makes something right.

    Attributes
    ----------
    kind : str
        One of the KINDS of changes, or "step".
    says : str
        A clause about it.
    hint : str
    names : tuple of str
        The arrays that it makes right, or but for one mistake.
    left : str or None
        The cause of that mistake, which is known.
    """

    kind: str
    says: str
    hint: str
    names: tuple[str, ...]
    left: str | None = None


def trace(probe, file, submission, asked, seconds=SECONDS):
    """The change of ``file`` that makes most of the wrong arrays right, as Traced, or None.

    It must do so for other numbers as well (and where a line raises, also for samples of another
    shape, for it can be left out there), and make nothing wrong that was right. Where there is
    none, the first step is told in whose place a right array makes others right; and where there is
    no such step, the first change that leaves of an array nothing but a known mistake.

    Parameters
    ----------
    probe : Probe
    file : str
    submission : Submission
        Whose ``changed`` gives what is tried.
    asked : Asked
    seconds : float
        Time limit of the student's code, as of :meth:`Check.run`.
    """
    cases = [asked.case, probe.other(asked.case)]
    if asked.line:
        cases.append(probe.shaped(asked.case))
    most = MOST if asked.unknown or asked.line else FOR_A_SIMPLER_ONE
    best, mended, partly, step = None, (), None, None
    until = time.monotonic() + SECONDS
    with Calls(seconds) as calls, contextlib.suppress(_NoMore, StudentError, *_UNREADABLE):
        right = [_right(_answers(probe, submission, case, calls)) for case in cases]
        known = [_Known(case) for case in cases]
        # What a layer's forward gives is right, also in a case that is special in its shape alone:
        # then what backward lacks there could be done before, but that is not the mistake.
        before = right[0].difference(probe.arrays) and "." not in probe.called[0]
        called = probe.called[:1] if before and asked.case.label else probe.called
        tried = submission.changed(file, called, asked.line)
        for change, variant in itertools.islice(tried, most):
            if time.monotonic() > until or change[0] not in WORDS:
                break
            answers = _answers(probe, variant, cases[0], calls)
            now = _right(answers)
            if not now >= right[0]:
                continue
            names = now.intersection(asked.wrong)
            if change[0] in _OF_MANY_NUMBERS:
                names -= set(asked.composed)
            told = None if partly else known[0].mistake(answers, asked.unknown)
            if len(names) <= len(mended) and not told:
                continue
            later = [_answers(probe, variant, case, calls) for case in cases[1:]]
            now = [_right(answers) for answers in later]
            if not all(map(operator.ge, now, right[1:])):
                continue
            names = names.intersection(*now)
            if len(names) > len(mended):
                best, mended = change, tuple(name for name in asked.wrong if name in names)
            elif told and known[1].mistake(later[0], [told.name]) == told:
                partly = change, told
            if len(mended) == len(asked.wrong):
                break
        if asked.line and len(mended) < len(asked.wrong):
            best = None
        if best is None and (asked.unknown or asked.line):
            step = _step(probe, file, submission, called, asked, calls, cases, right)
    if best:
        words, hint = _told(best, file)
        return Traced(best[0], f"{listed(mended)} would be right {words}", hint, mended)
    if step:
        return step
    if partly:
        words, _ = _told(partly[0], file)
        name, cause, predicate = partly[1]
        says = f"{words}, {name} has one mistake left: it {predicate}"
        return Traced(partly[0][0], says, CAUSES[cause].hint, (name,), cause)
    return None


def _step(probe, file, submission, called, asked, calls, cases, right):
    """The first step in whose place something right makes most of the wrong arrays right."""
    mended, found, left = (), None, STEPS
    halfway = [probe.halfway(case) for case in cases]
    for change, put in submission.stepped(file, called):
        for arrays in zip(*halfway, strict=True):
            for turned in (False, True) if arrays[0].value.ndim == 2 else (False,):
                left -= 1
                if left < 0 or change[0] != "step":
                    return found
                names = set(asked.wrong).difference(asked.composed)
                for array, case, before in zip(arrays, cases, right, strict=True):
                    given = array.value.T if turned else array.value
                    now = _right(_answers(probe, put(given.copy()), case, calls))
                    names &= now if now >= before else set()
                    if not names:
                        break
                whole = len(names) == len(asked.wrong)
                if len(names) > len(mended) and (whole or not asked.line):
                    mended = tuple(name for name in asked.wrong if name in names)
                    found = _of_a_step(change, file, arrays[0], turned, mended)
        if len(mended) == len(asked.wrong):
            break
    return found


def _of_a_step(change, file, array, turned, mended):
    what = f"the transpose of {array.words}" if turned else array.words
    where = _where(change, file)
    says = f"{listed(mended)} would be right if `{one_line(change[2])}`, {where}, were {what}"
    return Traced("step", says, array.hint, mended)


def _told(change, file):
    words, hint = WORDS[change[0]]
    return f"{words.format(one_line(change[2]))}, {_where(change, file)}", hint


def _where(change, file):
    """The line as words, and which one it is of several pieces there that look the same."""
    _, line, _, *counted = change
    here = f"line {line} of {file.rpartition('/')[2]}"
    nth = counted[0] if counted else 0
    return f"the {_COUNTED[nth]}in {here}" if 0 < nth < len(_COUNTED) else here


class _NoMore(Exception):
    """Nothing more can be asked."""


def _answers(probe, student, case, calls):
    """Pairs of an answer and what is Expected, none where there is no answer."""
    try:
        return list(zip(*probe.answers(student.guarded(calls), case), strict=True))
    except Wrong:
        return []
    except StudentError as error:
        if error.kind in NO_ANSWER:
            raise _NoMore from None
        return []


def _right(answers):
    """The names of the arrays that are right."""
    return {right.name for answer, right in answers if is_right(answer, right)}


class _Mistake(NamedTuple):
    name: str
    cause: str
    predicate: str


class _Known:
    """Recognises single mistakes in one case, quickly: most arrays that are tried are none."""

    def __init__(self, case):
        self._case = case
        self._tables = {}

    def mistake(self, answers, names):
        """The _Mistake in the first of the named arrays that shows one, or None."""
        for answer, right in answers:
            if right.name in names and shape_of(answer) == right.value.shape and answer.size > 2:
                with np.errstate(all="ignore"):
                    first = answer.flat[0]
                    for told, array in self._table(right):
                        near = abs(array.flat[0] - first) <= _NEAR * abs(first)
                        if near and close(answer, array, _NEAR * np.abs(array).max()):
                            return _Mistake(right.name, *told)
        return None

    def _table(self, right):
        """Cause, predicate and array of each mistake that gives an array of the right shape."""
        if right.name not in self._tables:
            made = []
            for suspect in right.mistakes:
                with contextlib.suppress(ValueError):
                    if suspect.cause in _CAN_BE_LEFT:
                        told = suspect.cause, agree(suspect.predicate, 1)
                        made.append((told, suspect.array()))
            made += [
                ((cause, agree(predicate, 1)), times * right.value)
                for times, cause, predicate in known_ratios(self._case.batch)
            ]
            self._tables[right.name] = [
                (told, np.asarray(array))
                for told, array in made
                if np.shape(array) == right.value.shape and np.ptp(array) > 0
            ]
        return self._tables[right.name]
