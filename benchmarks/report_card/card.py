"""The report card: what is made, what is true of it, and what the judge says."""

from __future__ import annotations

import linecache
import re
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from unittest import mock

import numpy as np

from benchmarks import in_process
from benchmarks.report_card import operators, rewritings, trees, truth
from exercise_code.tests import CHECKS
from i2dl_course import manifest
from i2dl_course.handins.opening import HandIn
from i2dl_course.samples import variants

COURSE = manifest.load(Path(__file__).resolve().parents[2])
REASONS = Path(__file__).with_name("equivalent.toml")
# The operators that make most by far are drawn from; of all others, everything is taken.
SHARES = {"wrapped": 0.25, "name": 0.6}


@dataclass(frozen=True)
class Made:
    """A solution made by a machine out of one of ours.

    Attributes
    ----------
    base : str
        The name of the solution that it is made of.
    how, where, change : str
        The operator, the function and the change; for a right answer its rewritings.
    files : dict
        The texts to hand in, by name.
    tasks : tuple of str
        What the change can touch.
    """

    base: str
    how: str
    where: str
    change: str
    files: dict[str, str]
    tasks: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.base}: {self.how} in {self.where}: {self.change}"

    @property
    def handin(self) -> HandIn:
        return HandIn({name: text.encode() for name, text in self.files.items()})


@dataclass(frozen=True)
class Judged:
    """One task of one solution: its error in tolerances, and the verdict.

    `passed` is None, and `cause` the exception, where the check itself broke.
    """

    worst: float
    passed: bool | None
    cause: str | None

    @property
    def right(self) -> bool:
        return self.worst <= 1

    @property
    def wrong(self) -> bool:
        return self.worst > truth.CLEARLY


def failing(tasks: dict[str, Judged]) -> bool:
    """Whether a right task fails."""
    return any(task.right and task.passed is False for task in tasks.values())


@contextmanager
def _nothing_by_chance() -> Iterator[None]:
    """np.empty is full of NaN, so that who reads what nobody has written does so every time."""

    def full(make):
        def filled(*args, **kwargs):
            array = make(*args, **kwargs)
            if array.dtype.kind in "fc":
                array.fill(np.nan)
            return array

        return filled

    with mock.patch.multiple(np, empty=full(np.empty), empty_like=full(np.empty_like)):
        yield


@cache
def bases() -> list[variants.Variant]:
    """The reference and the other right answers."""
    return [variants.reference(COURSE), *variants.right_answers(COURSE)]


@cache
def stub() -> dict[str, str]:
    """The files as they are handed out."""
    return {name: (COURSE.root / name).read_text("utf-8") for name in COURSE.handin.files}


def mutants(seed: int, part: float = 1.0) -> Iterator[Made]:
    """All single mistakes that are drawn from `seed`, each text once; a `part` of them only."""
    seen = set()
    for number, base in enumerate(bases()):
        rng = np.random.default_rng([seed, number])

        def wanted(operator, rng=rng):
            return rng.random() < SHARES.get(operator, 1.0) * part

        known = stub() if number == 0 else bases()[0].files
        for region in trees.regions(base.files, known):
            for change in operators.changes(region, wanted):
                made = mutant(base, change)
                texts = {**base.files, region.file: ""}
                key = (*map(trees.written, texts.values()), region.file, change.text)
                if key not in seen:
                    seen.add(key)
                    yield made


def mutant(base: variants.Variant, change: operators.Change) -> Made:
    """A solution with one change."""
    files = {**base.files, change.region.file: change.text}
    tasks = touched(change.region)
    return Made(base.name, change.operator, change.region.name, str(change), files, tasks)


def touched(region: trees.Region) -> tuple[str, ...]:
    """The tasks that a change in a region can touch."""
    own = [task for task in CHECKS if task.startswith("network")]
    if region.file == COURSE.handin.files[0]:
        layer = region.name.partition("_")[0]
        layers = [task for task in CHECKS if task.startswith(f"{layer}_")]
        own = [*layers, *own] if layers else list(CHECKS)
    return tuple(own)


def right_answers(seed: int, count: int) -> Iterator[Made]:
    """So many rewritten right answers, each text once."""
    seen, number = {tuple(map(trees.written, base.files.values())) for base in bases()}, 0
    while count:
        rng = np.random.default_rng([seed, number])
        base = bases()[rng.integers(len(bases()))]
        files, done = rewritings.rewritten(base.files, stub(), rng)
        number += 1
        if tuple(files.values()) not in seen:
            seen.add(tuple(files.values()))
            count -= 1
            yield Made(base.name, ", ".join(done), "", "", files, tuple(CHECKS))


@_nothing_by_chance()
def behaviour(made: Made) -> str | None:
    """A digest of what a mutant gives on all the arrays; of a wrong layer's, what the layer gives.

    None for one that cannot be imported: that is no mistake that needs a check.
    """
    layers = tuple(task for task in made.tasks if not task.startswith("network"))
    student = _submission(made)
    if student is None:
        return None
    seen = truth.tell(student, layers or made.tasks)
    if all(one.worst <= 1 for one in seen.values()):
        seen = truth.tell(student, made.tasks)
    return " ".join(
        f"{task} {one.behaviour} {one.worst <= 1} {one.worst > truth.CLEARLY}"
        for task, one in seen.items()
    )


@_nothing_by_chance()
def judge(made: Made, seed: int, traced: bool = False) -> dict[str, Judged] | None:
    """Truth and verdict for each task that may be touched, on the cases of the referee's `seed`.

    With `traced`, a mistake that no rule knows is looked for in the code, as students have it.

    Each check gets the solution as it is just after an import, as in the notebook. None for a
    solution that cannot be imported.
    """
    student = _submission(made)
    if student is None:
        return None
    found = {}
    for task, one in truth.tell(student, made.tasks).items():
        try:
            student, check = in_process.submission(made.files), CHECKS[task]
            verdict = check.run(student, drawn=drawn(seed)[task])
            if traced:
                verdict = check.traced(verdict, student)
            found[task] = Judged(one.worst, verdict.passed, verdict.cause)
        except Exception as error:
            found[task] = Judged(one.worst, None, repr(error))
    return found


def _submission(made: Made):
    linecache.clearcache()  # it keeps the text of every solution
    try:
        return in_process.submission(made.files)
    except Exception:
        return None


@cache
def drawn(seed: int) -> dict[str, list]:
    """The cases of each task that the referee draws from `seed`."""
    return {
        task: CHECKS[task].draw(np.random.default_rng([seed, number]), rounds=1)
        for number, task in enumerate(COURSE.tasks_by_name)
    }


@dataclass(frozen=True)
class Reason:
    """Why some mutants are no mistakes: what they have in common, and a sentence.

    `base` and `where` are patterns for the whole of it, `change` for a part of it.
    """

    change: str
    reason: str
    operators: tuple[str, ...] = tuple(operators.OPERATORS)
    base: str = ".*"
    where: str = ".*"

    def holds(self, made: Made) -> bool:
        """Whether this is why a mutant is no mistake."""
        return (
            made.how in self.operators
            and re.fullmatch(self.base, made.base) is not None
            and re.fullmatch(self.where, made.where) is not None
            and re.search(self.change, made.change) is not None
        )


def reasons(file: Path = REASONS) -> list[Reason]:
    """The reasons in the file. Raises ValueError for one that is not well formed."""
    found = []
    for number, entry in enumerate(tomllib.loads(file.read_text("utf-8"))["equivalent"], start=1):
        where = f"{file.name}, [[equivalent]] number {number}"
        names = {field.name for field in fields(Reason)}
        if not {"change", "reason"} <= set(entry) <= names:
            raise ValueError(f"{where} must have change and reason, and nothing but {names}.")
        if unknown := set(entry.get("operators", [])) - set(operators.OPERATORS):
            raise ValueError(f"{where} names operators that there are not: {unknown}.")
        if not entry["reason"].endswith("."):
            raise ValueError(f"{where}: the reason must be a sentence.")
        if "operators" in entry:
            entry["operators"] = tuple(entry["operators"])
        found.append(Reason(**entry))
    return found
