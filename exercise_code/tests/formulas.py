"""Mistakes as places in a formula, so that two or three of them can be put together.

A wrong array is seldom one of a list. It is the right formula with something else in one of its
places (another slope, another input) or in two of them, and what comes out may be transposed,
averaged, or have a multiple of the parameter added. So each mistake is written down once, for its
place, and what several give together is computed when somebody's array asks for it.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from itertools import combinations, islice, product
from typing import NamedTuple

import numpy as np

_MOST = 3  # mistakes in one array
# Two mistakes together must fit as only the very formula does; its own rounding is far below.
_RTOL = 1e-9
# Fewer entries are too few witnesses, for there are some thousand ways to make two mistakes.
_WITNESSES = 3


class Suspect(NamedTuple):
    """One mistake: its cause, a predicate about the array, and the array that it would give.

    In the predicate, ``[is|are]`` becomes the first word for one array and the second for several.
    ``special`` is true for a mistake that does not show in the common case (a wrong flattening, an
    exchange in a square array). In the special cases only these are suspected: whatever shows in
    the common case has been excluded by then. ``rtol`` is how well it must fit.
    """

    cause: str
    predicate: str
    array: Callable[[], np.ndarray]
    special: bool = False
    rtol: float = 1e-6  # far better than chance: the values drawn differ in their first digits


class Mistake(NamedTuple):
    """What may stand in one place of a formula; cause, predicate and special as of a Suspect."""

    cause: str
    predicate: str
    value: object
    special: bool = False


@dataclass(frozen=True)
class Formula:
    """A formula with places, in each of which stands what is right, or one of its mistakes.

    Attributes
    ----------
    array : callable
        ``array(**values)`` computes it; a place that is not named holds what is right.
    places : dict
        The mistakes of each place. Of two, the one in the earlier place leads.
    at_once : int
        In how many places there are mistakes at most.
    """

    array: Callable[..., np.ndarray]
    places: dict[str, list[Mistake]]
    at_once: int = 2

    def suspects(self):
        """Each mistake alone, as Suspects."""
        for place, mistakes in self.places.items():
            for one in mistakes:
                array = partial(self.array, **{place: one.value})
                yield Suspect(one.cause, one.predicate, array, one.special)

    def several(self):
        """Each two or more mistakes in different places, and what computes the array they give."""
        counts = range(2, self.at_once + 1)
        for places in (some for count in counts for some in combinations(self.places, count)):
            for chosen in product(*(self.places[place] for place in places)):
                values = {place: one.value for place, one in zip(places, chosen, strict=True)}
                told = tuple((one.cause, one.predicate) for one in chosen)
                yield told, partial(self.array, **values)


class Explanation(NamedTuple):
    """All mistakes that make a wrong array of the right one, as causes and as one predicate.

    ``source`` is the number of the array that the last of them were made on, ``mistakes`` how many
    there are.
    """

    causes: tuple[str, ...]
    predicate: str
    source: int
    mistakes: int


@np.errstate(all="ignore")  # a wrong formula may divide by zero
def explanation(got, expected, case, source=None):
    """The Explanation with the fewest mistakes that gives ``got``, or None.

    Parameters
    ----------
    got : array
    expected : compare.Expected
    case : compare.Case
        Tells how many samples, features and so on there are.
    source : int, optional
        Tries this one alone: whether an explanation holds for other numbers, too.
    """
    if len(np.unique(got)) < _WITNESSES:
        return None
    found = None
    scales = _scales(case.batch, tuple(case.counts.items()))
    sources = islice(enumerate(_sources(expected)), source, None if source is None else source + 1)
    for number, (told, array) in sources:
        if found and len(found[0]) <= len(told):
            break
        try:
            made = np.asarray(array())
        except ValueError:  # the shapes of this case do not allow this mistake
            continue
        alone = len(told) < 2
        for then in _done_afterwards(got, made, expected.own, scales, case.batch, alone):
            mistakes = told + then
            if len(mistakes) == 1 and " times too " in mistakes[0][1]:
                continue  # a mere multiple looks like nothing in particular
            if 0 < len(mistakes) <= _MOST and (not found or len(mistakes) < len(found[0])):
                found = mistakes, number
    if not found:
        return None
    causes, predicates = zip(*found[0], strict=True)
    return Explanation(tuple(dict.fromkeys(causes)), _in_one(predicates), found[1], len(predicates))


def _sources(expected):
    yield (), lambda: expected.value
    for suspect in expected.mistakes:
        yield ((suspect.cause, suspect.predicate),), suspect.array
    if expected.places:
        yield from expected.places.several()


def _in_one(predicates):
    """``["a", "b", "c"]`` as "a, b, and c"."""
    *others, last = predicates
    return f"{', '.join(others)}, and {last}" if others else last


def _done_afterwards(got, made, own, scales, batch, alone):
    """What may have been done to ``made``, once it was computed, to give ``got``.

    ``alone`` is false where two mistakes are behind it already: then it was at most multiplied.
    """
    layouts = _layouts(got.shape, made, batch) if alone else [((), made)]
    with_own = alone and got.shape == made.shape == np.shape(own)
    if with_own:
        layouts = [*layouts, ((_TIMES_THE_OWN,), made * own)]
    for told, array in layouts:
        scale = _multiplied(got, array, scales)
        if scale is not None:
            yield told + scale
    if with_own:
        added = _with_the_own(got, made, own, scales)
        if added is not None:
            yield added


_TIMES_THE_OWN = (
    "foreign_factor",
    "[is|are] multiplied by the very [array|arrays] that [it is|they are] the gradient of",
)


def _layouts(shape, made, batch):
    """The entries of ``made`` in other orders, and sums of them, where they have this shape."""
    if made.shape == shape:
        yield (), made
    if made.ndim != 2:
        return
    if made.T.shape == shape:
        yield (("transposed", "[is|are] transposed"),), made.T
    if made.shape == shape:
        says = "[is|are] transposed, and reshaped, which does not transpose back"
        yield (("transposed", says),), made.T.reshape(shape)
    for axis, over in enumerate(("batch" if len(made) == batch else "rows", "columns")):
        for keepdims in (False, True):
            added = made.sum(axis=axis, keepdims=keepdims)
            if added.shape == shape:
                yield (("added_up", f"[is|are] added up over the {over}"),), added


def _multiplied(got, array, scales):
    """The mistakes that make ``got`` a known multiple of ``array``; None if it is none."""
    if got.shape != array.shape:
        return None
    first, second = got.flat[0], got.flat[1]
    if abs(first * array.flat[1] - second * array.flat[0]) > 1e-6 * abs(first * array.flat[1]):
        return None
    place = np.argmax(np.abs(array))
    if not array.flat[place]:
        return None
    return _known(got.flat[place] / array.flat[place], got, array, scales)


def _known(times, got, array, scales):
    for factor, told in scales:
        if abs(times / factor - 1) < _RTOL:
            return told if _fits(got, factor * array) else None
    if got.size > _WITNESSES and _fits(got, times * array):
        size = (
            f"{times:.4g} times too big" if abs(times) > 1 else f"{1 / times:.4g} times too small"
        )
        return (("factor", f"[is|are] {size}"),)
    return None


def _with_the_own(got, made, own, scales):
    """The mistakes where ``got`` is a multiple of ``made`` and one of the parameter; or None."""
    pair = np.stack([made.ravel(), own.ravel()], axis=1)
    if abs(np.linalg.det(pair[:2])) < 1e-9:
        return None
    times, added = np.linalg.solve(pair[:2], got.flat[:2])
    if abs(added) < 1e-7 or not _fits(got, times * made + added * own):
        return None
    if abs(added - 1) < _RTOL and -1 < times < 0:
        says = (
            f"[is|are] what a step with the rate {-times:.4g} makes of the [parameter|parameters]"
        )
        return (("step_taken", says),)
    told = _known(times, got - added * own, made, scales)
    if told is None:
        return None
    says = f"[has|have] {added:.4g} times the [parameter itself|parameters themselves] added"
    return (("weight_decay", says), *told)


@cache
def _scales(batch, counts):
    """Factors, and the mistakes that each of them tells; of two that are one number, the first."""
    minus = ("sign", "[has|have] the wrong sign")
    sizes = [
        (1.0, ()),
        (2.0, (("extra_factor_two", "[is|are] doubled"),)),
        (0.5, (("missing_factor_two", "[is|are] halved"),)),
    ]
    if batch > 2:  # with 1 and 2 they would be other mistakes as well
        averaged = "[is|are] averaged over the batch"
        sizes += [
            (1 / batch, (("divided_by_n", averaged),)),
            (2 / batch, (("divided_by_n", f"{averaged} and doubled"),)),
            (0.5 / batch, (("divided_by_n", f"{averaged} and halved"),)),
            (float(batch), (("times_n", "[is|are] multiplied by the size of the batch"),)),
            (batch**-2, (("divided_by_n", f"{averaged} twice"),)),
        ]
        sizes += [
            (float(count) ** power, (("factor", f"[is|are] {done} by the number of {what}"),))
            for what, count in counts
            for power, done in ((-1, "divided"), (1, "multiplied"))
            if count > 2
        ]
    sizes = [(times, _either(told, times, sizes)) for times, told in sizes]
    return [*sizes, *((-times, (minus, *told)) for times, told in sizes)]


def _either(told, times, sizes):
    """What tells a factor, also where the sizes of a case make it that of something else."""
    also = [other for factor, other in sizes if other and factor == times]
    if len(also) < 2:
        return told
    (cause, _), words = also[0][0], dict.fromkeys(predicate for ((_, predicate),) in also)
    first, *others = words
    others = [re.sub(r"^\[is\|are\] ", "", one) for one in others]
    return ((cause, ", or ".join([first, *others])),)


def _fits(got, array):
    size = float(np.max(np.abs(array)))
    return math.isfinite(size) and bool((np.abs(got - array) <= _RTOL * size).all())
