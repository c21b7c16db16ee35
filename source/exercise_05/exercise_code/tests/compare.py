"""Compares what a student's code returned with what is right, and says what looks wrong.

A diagnosis is a list of suspects: each is a mistake, with the array that this mistake would give.
The suspect that explains what was returned, entry by entry, is named.
"""

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, wraps
from typing import NamedTuple

import numpy as np

from exercise_code.tests.calling import StudentError
from exercise_code.tests.causes import CAUSES
from exercise_code.tests.formulas import Formula, Suspect, explanation

# Sums of some hundred float64 products, in any order, differ by less than 1e-13 of the sum of
# their absolute values; float32 anywhere on the way leaves 1e-8. This lies far from both.
RTOL = 1e-9
# Where the numbers are drawn: what is nearly right is decided by the cases that are always the same
# (cases.py), so that no draw decides it otherwise.
DRAWN_RTOL = 100 * RTOL
# Central differences with h = 1e-5 are good to about 1e-9 (see numeric_gradient); three orders of
# slack, because they are the second witness and only have to contradict real mistakes.
CENTRAL_RTOL = 1e-6
# A known mistake must fit much better than chance.
_SUSPECT_RTOL = 1e-6

# Who misses every entry of an array, and none by more than this part of the largest, is near it.
_NEAR = 0.05
_NEARLY = (
    "The formula itself is wanted, and nothing that only comes near it: no series that ends, no "
    "table, no constant with few digits, nothing small that is added."
)
_FEW = 4

_ENDS_EARLY = (
    "Rows or columns are missing at the end. Which line picks out a part, or lets a loop end early?"
)
_OF_OBJECTS = (
    "An array of object holds Python's things one by one, as np.frompyfunc and lists of unequal "
    "length make it. Compute with NumPy's own functions; astype(float) makes numbers of it."
)

# What a special case (N = 1, integers, ...) explains better than the array alone does.
_UNSPECIFIC = {
    "wrong_values",
    "wrong_shape",
    "wrong_dtype",
    "wrong_type",
    "exception",
    "nan",
    "infinite",
    "low_precision",
    "factor",
    "offset",
    "all_zero",
    "off_by_one",
}

# What the numbers look like, where their mistake may be any.
_LOOKS = {
    "all_zero",
    "extra_factor_two",
    "factor",
    "low_precision",
    "missing_factor_two",
    "offset",
    "wrong_type",
}
_SAYS_NOTHING = {"all_zero", "wrong_type"}


class Wrong(Exception):
    """The answer is wrong: cause, sentence, and where they can be had the two arrays.

    ``besides`` are the causes of what else the sentence tells. ``unexplained`` are the names of the
    arrays whose mistake is not found, or could be a simpler one, in the Case ``case``; ``unknown``
    of those that look like nothing known. ``where`` is what the sentence ends with, if it only
    narrows down where to look. ``hint`` is what helps here, if the cause's own does not.
    ``composed`` are the names of the arrays that several known mistakes explain.
    """

    def __init__(
        self,
        cause,
        says,
        *,
        wanted=None,
        got=None,
        name=None,
        besides=(),
        unexplained=(),
        unknown=(),
        where="",
        case=None,
        hint="",
        composed=(),
    ):
        if cause not in CAUSES:
            raise KeyError(f"{cause} is not in CAUSES")
        super().__init__(cause, says)
        self.cause = cause
        self.says = says
        self.wanted = wanted
        self.got = got
        self.name = name
        self.besides = besides
        self.unexplained = unexplained
        self.unknown = unknown
        self.where = where
        self.case = case
        self.hint = hint
        self.composed = composed

    def told(self, says, cause=None, case=None, where="", hint=""):
        """The same in other words, perhaps with another cause or as that of a case."""
        return Wrong(
            cause or self.cause,
            says,
            wanted=self.wanted,
            got=self.got,
            name=self.name,
            besides=self.besides,
            unexplained=self.unexplained,
            unknown=self.unknown,
            where=where or self.where,
            case=case or self.case,
            hint=hint or self.hint,
            composed=self.composed,
        )


@dataclass(frozen=True)
class Case:
    """What every case has.

    Attributes
    ----------
    label : str
        Words for it; none for the common case, which comes first.
    cause : str or None
        The cause when only this case fails.
    batch : int
        The number of samples.
    rtol : float
        How much an answer may be off, as a part of what is added up in it.
    unasked : str
        For input that students are not told of, and that costs no points: what it is good for.
    """

    label: str = ""
    cause: str | None = None
    batch: int = 1
    rtol: float = RTOL
    unasked: str = ""
    known: dict = field(init=False, default_factory=dict, repr=False, compare=False)

    @property
    def counts(self):
        """How many there are of what is counted beside the samples, by name."""
        return {}


def once_per_case(function):
    """Remembers ``function(case)`` in the case itself.

    What is right for a case takes longer to find out than to compare with, and a case may be judged
    many times: once in each step of a check, and once for each student of a class.
    """

    @wraps(function)
    def remembering(case):
        if function not in case.known:
            case.known[function] = function(case)
        return case.known[function]

    return remembering


@dataclass(frozen=True)
class Expected:
    """One right array.

    ``terms`` is the size of what is added up in it (default: its own largest entry); the tolerance
    is ``rtol`` of that. ``central`` is the same gradient by central differences. ``formula`` gives
    the mistakes of which two can be made at once, ``suspects`` those that stand alone. A
    gradient is that of ``own``.
    """

    name: str
    value: np.ndarray
    terms: float = 0.0
    rtol: float = RTOL
    central: np.ndarray | None = None
    suspects: Callable[[], Iterable[Suspect]] = tuple
    formula: Callable[[], Formula | None] = lambda: None
    own: np.ndarray | None = None

    @cached_property
    def tolerance(self):
        """The largest difference that still counts as equal."""
        return self.rtol * max(self.terms, _largest(self.value))

    @cached_property
    def places(self):
        """The formula, which nobody asks for whose answers are right."""
        return self.formula()

    @cached_property
    def mistakes(self):
        """The suspects; each finds out its array once, however many answers are wrong."""
        suspects = [*(self.places.suspects() if self.places else ()), *self.suspects()]
        return [suspect._replace(array=cache(suspect.array)) for suspect in suspects]

    def times(self, factor):
        """What is right where all that comes in, a gradient, is ``factor`` times as large."""
        return replace(
            self, value=factor * self.value, terms=abs(factor) * self.terms, central=None
        )


class Finding(NamedTuple):
    """What is wrong with one array. ``known`` tells a recognised mistake from a mere difference.

    ``besides`` are the causes of what else the predicate tells. ``composed`` tells that it takes
    several mistakes. ``hint`` is what helps here, if the cause's own does not.
    """

    name: str
    cause: str
    predicate: str
    numbers: str
    known: bool
    wanted: np.ndarray | None = None
    got: np.ndarray | None = None
    besides: tuple[str, ...] = ()
    composed: bool = False
    hint: str = ""

    @property
    def explained(self):
        """Whether the mistake is found, and not only what it looks like."""
        return self.known and not self.composed and self.cause not in _LOOKS


def require_right(answers, expected, case, again=None):
    """Raises Wrong unless each of the answers is its expected array.

    Parameters
    ----------
    answers : sequence of what the student's code returned
    expected : sequence of Expected, in the same order
    case : Case
    again : callable, optional
        Gives ``answers`` and ``expected`` for other numbers in the same shapes. Several mistakes in
        one array are told only if they explain what comes then as well.
    """
    with np.errstate(all="ignore"):
        holds = _holding(again, case)
        findings = [
            finding
            for answer, right in zip(answers, expected, strict=True)
            if (finding := find(answer, right, case, holds)) is not None
        ]
    if findings:
        raise in_case(_joined(findings), case)


def _holding(again, case):
    """A function that tells whether an Explanation of an array holds for other numbers, too."""

    later = None

    def holds(name, told):
        nonlocal later
        if later is None:
            later = _named(again)
        answer, right = later.get(name, (None, None))
        return shape_of(answer) is not None and (
            explanation(answer, right, case, told.source) == told
        )

    return holds


def _named(again):
    try:
        answers, expected = again()
    except (Wrong, StudentError):
        return {}
    return {right.name: (answer, right) for answer, right in zip(answers, expected, strict=True)}


def find(answer, expected, case, holds=None):
    """The Finding about one array, or None if it is right.

    ``holds(name, explanation)`` tells whether several mistakes explain other numbers, too.
    """
    problem = not_an_array(expected.name, answer)
    if problem:
        return _without_axis(answer, expected) or _single_number(answer, expected, case) or problem
    got, want = np.array(answer), expected.value
    if got.shape != want.shape:
        return _without_axis(got, expected) or _wrong_shape(got, expected, case, holds)
    if close(got, want, expected.tolerance):
        if expected.central is not None and not close(
            got, expected.central, CENTRAL_RTOL * max(expected.terms, _largest(want), 1.0)
        ):
            raise RuntimeError(
                f"The two expectations for {expected.name} contradict each other on this computer. "
                "That is not your fault; please report it."
            )
        return None
    if not np.isfinite(got).all():
        return _not_finite(got, expected)
    return _wrong_values(got, expected, case, holds)


def is_right(answer, expected):
    """Whether an answer is the expected array, for who need not know what is wrong with it."""
    return not_an_array(expected.name, answer) is None and close(
        answer, expected.value, expected.tolerance
    )


def _without_axis(answer, expected):
    """The Finding about the one right number where an array with that one entry belongs."""
    want = expected.value
    if want.size != 1 or not (isinstance(answer, float) or shape_of(answer) == ()):
        return None
    if not close(np.reshape(answer, want.shape), want, expected.tolerance):
        return None
    predicate = "[is|are] right as a number, and [lacks|lack] the axis"
    numbers = f"shape (), wanted {want.shape}"
    return Finding(expected.name, "one_output", predicate, numbers, True, want, None)


def _single_number(answer, expected, case):
    """The Finding about a number where an array belongs, if a known mistake gives that number."""
    if expected.value.size == 1 or not isinstance(answer, float):
        return None
    found = _suspected(np.float64(answer), expected, case)
    if not found:
        return None
    cause, predicate = found
    numbers = f"a single number, wanted is shape {expected.value.shape}"
    return Finding(expected.name, cause, predicate, numbers, True, expected.value, None)


def not_an_array(name, answer):
    """The Finding about something that is no array of float64 numbers, else None."""
    if answer is None:
        return Finding(name, "left_none", "[is|are] None", "", True)
    if type(answer) is not np.ndarray or answer.dtype.kind not in "biufc":
        what = _kind_of(answer)
        predicate = f"[is|are] {what}, not a plain NumPy array"
        hint = _OF_OBJECTS if type(answer) is np.ndarray and answer.dtype.kind == "O" else ""
        if what.startswith("an empty"):
            hint = f"Nothing was put into it: compute {name}, and return that in its place."
        return Finding(name, "wrong_type", predicate, "", True, hint=hint)
    kind, size = answer.dtype.kind, answer.dtype.itemsize
    if (kind, size) == ("f", 8):
        return None
    words = f"[holds|hold] numbers of dtype {answer.dtype}, float64 [is|are] wanted"
    if kind in "iu":
        words = f"[holds|hold] whole numbers (dtype {answer.dtype}), float64 [is|are] wanted"
    elif kind == "f" and size < 8:
        words = f"[has|have] dtype {answer.dtype}: digits are lost, float64 [is|are] wanted"
    return Finding(name, "wrong_dtype", words, "", True)


def shape_of(answer):
    """The shape of an array of float64 numbers; None of anything else that may be returned."""
    return answer.shape if not_an_array("", answer) is None else None


def in_case(wrong, case):
    """The same Wrong, told for a special case: which case it is, and the case's own cause."""
    if not case.label:
        return wrong.told(wrong.says, case=case)
    cause = case.cause if case.cause and wrong.cause in _UNSPECIFIC else wrong.cause
    return wrong.told(f"{case.label}: {wrong.says}", cause, case)


def close(got, want, tolerance):
    """Whether no entry differs by more than the tolerance. NaN is never close."""
    return got.shape == want.shape and _all(np.abs(got - want) <= tolerance)


def same(one, other):
    """Whether two arrays are the same in shape and every bit that counts."""
    return one.shape == other.shape and one.dtype == other.dtype and _all(one == other)


def _all(truths):
    """As ``truths.all()``, at half the cost."""
    return np.count_nonzero(truths) == truths.size


def number(value):
    """A number as people read it."""
    value = float(value)
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "-infinity" if value < 0 else "infinity"
    return f"{value:.4g}"


def listed(names):
    """``["a", "b", "c"]`` as "a, b and c"."""
    names = list(names)
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _wrong_shape(got, expected, case, holds):
    want = expected.value
    numbers = f"shape {got.shape}, wanted {want.shape}"
    found = _suspected(got, expected, case)
    if found:
        cause, predicate = found
    elif got.ndim == 2 and got.shape == want.T.shape and _looks_like(got, want.T):
        cause, predicate = "transposed", "[is|are] transposed"
    elif got.size == want.size and _looks_like(got.reshape(want.shape), want):
        cause, predicate = "wrong_shape", "[has|have] the right numbers in the wrong shape"
    elif _is_a_part_of(got, want):
        cause, predicate = "off_by_one", "[is|are] right as far as [it goes|they go]"
    elif got.ndim == want.ndim + 1 and all(_looks_like(row, want) for row in got):
        cause, predicate = "bias_shape", "[holds|hold] what is right in each of several rows"
    elif got.ndim > 1 and len(got) == case.batch > 1 and _adds_up_to(got, want):
        cause, predicate = "not_summed", "[holds|hold] each sample's own part, not their sum"
        if np.ptp(got, axis=0).max() <= expected.tolerance:
            cause = "divided_by_n"
            predicate = "[holds|hold] the mean over the batch, once for each sample"
    elif composed := _composed(got, expected, case, holds):
        return composed._replace(numbers=numbers)
    else:
        cause, predicate = "wrong_shape", "[has|have] the wrong shape"
    hint = _ENDS_EARLY if cause == "off_by_one" else ""
    known = cause != "wrong_shape"
    return Finding(expected.name, cause, predicate, numbers, known, want, got, hint=hint)


def _is_a_part_of(got, want):
    """Whether these are the first rows or columns alone, and more than one number."""
    part = want[tuple(map(slice, got.shape))] if got.ndim == want.ndim else np.empty(0)
    return got.size > 1 and _looks_like(got, part)


def _adds_up_to(got, want):
    """Whether the sum over the first axis, the batch, has the right numbers."""
    total = got.sum(axis=0)
    return total.size == want.size and _looks_like(total.reshape(want.shape), want)


def _not_finite(got, expected):
    bad = ~np.isfinite(got)
    first = tuple(int(i) for i in np.argwhere(bad)[0])
    nan = bool(np.isnan(got).any())
    word = "NaN" if nan else "infinity"
    how_many = "in every entry" if bad.all() else f"in {bad.sum()} of {got.size} entries"
    numbers = f"first at {expected.name}{_index(first)}"
    if expected.value.ndim:
        numbers += f", wanted {number(expected.value[first])}"
    cause = "nan" if nan else "infinite"
    return Finding(
        expected.name, cause, f"[has|have] {word} {how_many}", numbers, False, expected.value, got
    )


def _wrong_values(got, expected, case, holds):
    want = expected.value
    found = (
        _suspected(got, expected, case)
        or _factor(got, want, case)
        or _pattern(got, want, expected.tolerance)
    )
    composed = None if found else _composed(got, expected, case, holds)
    found = found or (None if composed else _some_factor(got, want))
    error = np.abs(got - want)
    worst = np.unravel_index(int(np.argmax(error)), error.shape)
    worst = tuple(int(i) for i in worst)
    numbers = (
        f"largest error {number(error[worst])} at {expected.name}{_index(worst)}: "
        f"{_apart(got[worst], want[worst])}"
    )
    if found:
        cause, predicate = found
        return Finding(expected.name, cause, predicate, numbers, True, want, got)
    wrong = int(np.sum(~(error <= expected.tolerance)))
    predicate = f"[is|are] wrong in {wrong} of {got.size} entries"
    if got.size == 1:
        predicate = "[is|are] wrong"
    elif np.ptp(got) == 0:
        predicate = f"[is|are] {number(got.flat[0])} in every entry"
    elif wrong == got.size:
        predicate = "[is|are] wrong in every entry"
    if composed:
        return composed._replace(numbers=numbers)
    hint = ""
    digits = next((n for n in range(5) if np.array_equal(got, np.round(got, n))), None)
    if digits is not None and np.ptp(got) and got.size > _FEW:
        predicate = f"{predicate}, and rounded to {digits} digits behind the point"
        hint = CAUSES["low_precision"].hint
    elif wrong == got.size > _FEW and error[worst] <= _NEAR * _largest(want):
        predicate = "[comes|come] near what is right, and [misses|miss] it in every entry"
        hint = _NEARLY
    return Finding(expected.name, "wrong_values", predicate, numbers, False, want, got, hint=hint)


def _suspected(got, expected, case):
    """Cause and predicate of the one mistake that gives this array."""
    for suspect in expected.mistakes:
        if case.label and not suspect.special:
            continue
        try:
            array = np.asarray(suspect.array())
        except ValueError:  # the shapes of this case do not allow this mistake
            continue
        # A suspect that equals the right answer, or is zero, in this case explains nothing.
        if (
            _looks_like(got, array, suspect.rtol)
            and np.any(array)
            and not _looks_like(expected.value, array, suspect.rtol)
        ):
            return suspect.cause, suspect.predicate
    return None


def _composed(got, expected, case, holds):
    """The Finding about several mistakes in one array, in the common case; or None."""
    if case.label or holds is None:
        return None
    told = explanation(got, expected, case)
    if told is None or not holds(expected.name, told):
        return None
    lead, *besides = told.causes
    several = told.mistakes > 1
    return Finding(
        expected.name, lead, told.predicate, "", True, expected.value, got, tuple(besides), several
    )


def _factor(got, want, case):
    if not np.any(got):
        return ("all_zero", "[is|are] zero everywhere") if np.any(want) else None
    times = ratio(got, want)
    if times is None:
        return None
    for known, cause, predicate in known_ratios(case.batch):
        if abs(times / known - 1) < _SUSPECT_RTOL:
            alike = [what for what, n in case.counts.items() if case.batch == 2 * n and n > 2]
            if known == 2 / case.batch and alike:
                predicate = f"{predicate}, or divided by the number of {alike[0]}"
            return cause, predicate
        if known > 0 and abs(times / known + 1) < _SUSPECT_RTOL:
            return cause, f"{predicate}, and [has|have] the wrong sign"
    if abs(times - 1) < _SUSPECT_RTOL or want.size == 1:
        return None
    big = abs(times) > 1
    for name, count in case.counts.items():
        if not case.label and abs((times if big else 1 / times) / count - 1) < _SUSPECT_RTOL:
            done = "multiplied" if big else "divided"
            words = f"{_size(times)} everywhere, as if {done} by the number of {name}"
            return "factor", words
    return None


def _some_factor(got, want):
    """Cause and predicate of a factor that nobody knows, in the end."""
    times = ratio(got, want)
    if times is None or abs(times - 1) < _SUSPECT_RTOL or want.size == 1:
        return None
    return "factor", f"{_size(times)} everywhere"


def _size(times):
    if abs(times) > 1:
        return f"[is|are] {number(times)} times too big"
    return f"[is|are] {number(1 / times)} times too small"


def ratio(got, want):
    """The one factor between all entries, or None."""
    total = float(np.sum(want * want))
    factor = float(np.sum(got * want)) / total if total else 0.0
    fits = factor != 0 and math.isfinite(factor) and _looks_like(got, factor * want)
    return factor if fits else None


def known_ratios(n):
    """Factors that have a cause, for a batch of n: factor, cause and predicate."""
    averaged = f"[it looks|they look] averaged over the batch of {n}"
    # fmt: off
    of_the_batch = (
        (1 / n, "divided_by_n", f"[is|are] {n} times too small everywhere: {averaged}"),
        (1 / n**2, "divided_by_n",
         f"[is|are] {n**2} times too small everywhere: {averaged}, twice"),
        (2 / n, "divided_by_n",
         f"[is|are] {n / 2:g} times too small everywhere: {averaged}, and doubled"),
        (n, "times_n", f"[is|are] {n} times too big everywhere: [it looks|they look] multiplied by "
                       "the size of the batch"),
    )
    return (
        (-1, "sign", "[has|have] the wrong sign everywhere"),
        *(of_the_batch if n > 2 else ()),  # with 1 and 2 they would be other mistakes as well
        (0.5, "missing_factor_two",
         "[is|are] half of what [it|they] should be: a factor 2 is missing"),
        (2, "extra_factor_two",
         "[is|are] twice what [it|they] should be: a factor 2 too many"),
    )
    # fmt: on


def _pattern(got, want, tolerance):
    if (
        got.size > 1
        and _looks_like(got - want, np.full(want.shape, np.mean(got - want)))
        and abs(np.mean(got - want)) > 1e-3 * _largest(want)
    ):
        by = number(np.mean(got - want))
        return "offset", f"[is|are] off by {by} in every entry"
    if want.ndim == 2 and want.shape[0] == want.shape[1] and _looks_like(got, want.T):
        return "transposed", "[is|are] transposed"
    rounded = next((n for n in range(7) if _is_rounded(got, want, n)), None)
    if rounded is not None:
        return "low_precision", f"[is|are] rounded to {rounded} digits behind the point"
    bound = _largest(got)
    if np.sum(np.abs(want) > bound) > 1 and _looks_like(got, np.clip(want, -bound, bound)):
        return "clipped", f"[is|are] cut off at ±{bound:.9g}"
    wrong = ~(np.abs(got - want) <= tolerance)
    if _looks_like(got, want) and np.mean(wrong) > 0.25:
        return "low_precision", "[is|are] right to a few digits only, as after float32 or rounding"
    for axis, length in enumerate(want.shape):
        last = np.zeros(want.shape, bool)
        last[(slice(None),) * axis + (length - 1,)] = True
        if length > 2 and np.array_equal(wrong, last) and not np.any(got[last]):
            place = ["row", "column"][axis] if want.ndim == 2 else "entry"
            return "off_by_one", f"[is|are] right but for the last {place}"
    return None


def _is_rounded(got, want, digits):
    return np.array_equal(got, np.round(got, digits)) and close(got, want, 0.6 * 10.0**-digits)


def _joined(findings):
    """One Wrong for several findings: the first recognised one leads, others are told besides."""
    lead = next((finding for finding in findings if finding.known), findings[0])
    said = [(f.cause, f.predicate) for f in findings]
    told = dict.fromkeys([(lead.cause, lead.predicate)])
    told |= dict.fromkeys((f.cause, f.predicate) for f in findings if f.known)
    clauses = []
    for one in told:
        alike = [f.name for f, says in zip(findings, said, strict=True) if says == one]
        clauses.append(f"{listed(alike)} {agree(one[1], len(alike))}")
    if lead.numbers:
        clauses[0] += f" ({lead.numbers})"
    others = [f.name for f, says in zip(findings, said, strict=True) if says not in told]
    if others:
        clauses.append(f"{listed(others)} {'is' if len(others) == 1 else 'are'} wrong too")
    causes = [
        cause
        for f in (lead, *findings)
        if f.known
        for cause in (f.cause, *f.besides)
        if cause != lead.cause
    ]
    return Wrong(
        lead.cause,
        "; ".join(clauses),
        wanted=lead.wanted,
        got=lead.got,
        name=lead.name,
        besides=tuple(dict.fromkeys(causes)),
        unexplained=tuple(f.name for f in findings if not f.explained),
        unknown=tuple(f.name for f in findings if not f.known or f.cause in _SAYS_NOTHING),
        hint=lead.hint,
        composed=tuple(f.name for f in findings if f.composed),
    )


def agree(predicate, count):
    """A predicate about one array, or about several."""
    return re.sub(r"\[([^|\[\]]*)\|([^|\[\]]*)\]", r"\1" if count == 1 else r"\2", predicate)


def _looks_like(got, array, rtol=_SUSPECT_RTOL):
    return (
        got.shape == array.shape
        and bool(np.isfinite(array).all())
        and close(got, array, rtol * _largest(array))
    )


def _largest(array):
    return float(np.max(np.abs(array))) if array.size else 0.0


def _index(index):
    return f"[{', '.join(map(str, index))}]" if index else ""


def _apart(got, want):
    """Both numbers with as many digits as it takes to see that they differ."""
    for digits in (3, 6, 9, 12, 17):
        words = f"{got:.{digits}g}", f"{want:.{digits}g}"
        if words[0] != words[1]:
            break
    return f"{words[0]} instead of {words[1]}"


def _kind_of(answer):
    if type(answer) is np.ndarray:
        return f"an array of {answer.dtype.name.rstrip('0123456789')}"
    if isinstance(answer, (bool, int, float, complex, np.generic)):
        return "a single number"
    if isinstance(answer, (tuple, list)) and not answer:
        return f"an empty {type(answer).__name__}"
    if isinstance(answer, (tuple, list)):
        return f"a {'tuple' if isinstance(answer, tuple) else 'list'} of {len(answer)}"
    name = type(answer).__name__.replace("_", " ")  # a stand-in may be called array_of_str
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"
