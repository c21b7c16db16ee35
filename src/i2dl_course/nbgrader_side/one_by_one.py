"""nbgrader's converters, which autograde and write feedback, made to fail one hand-in at a time."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

from nbgrader.converters.base import BaseConverter, NbGraderException

from i2dl_course.errors import CourseError
from i2dl_course.handins.failure import CommonFault, Failures
from i2dl_course.handins.student_names import require_student_name
from i2dl_course.nbgrader_side import course_lock
from i2dl_course.records import database

# What a converter does for one hand-in, in this order.
_STEPS = ("init_destination", "init_assignment", "convert_single_notebook", "set_permissions")


def one_by_one(converter: BaseConverter, first: Callable[[str], None] | None = None) -> None:
    """Have `converter` take each hand-in by itself, and name at the end, in a sentence, who failed.

    By itself it takes the name of a folder for a pattern, so that ``[v]ictim`` brings the files of
    victim; it ends at a name with a line end in it, and at some errors of a single hand-in. Its
    class cannot be configured, only that of its exporter, which therefore calls this. A gradebook
    that does not answer still ends the command, and so does a `course grade` that is running.
    `first` is called with the student before the folder of each is looked at.
    """
    stock = converter.convert_notebooks
    raised: list[Exception] = []
    for step in _STEPS:
        setattr(converter, step, _remembering(getattr(converter, step), raised))

    def convert(folder: str, notebooks: list[str]) -> None:
        require_student_name(_student(converter, folder))
        if os.path.islink(os.path.dirname(folder)):
            raise CourseError(f"{os.path.dirname(folder)} is a link.")
        if first:
            first(_student(converter, folder))
            there = os.path.join(glob.escape(folder), f"{converter.coursedir.notebook_id}.ipynb")
            notebooks = glob.glob(there)
        raised.clear()
        converter.assignments = {folder: notebooks}
        try:
            stock()
        except NbGraderException as error:
            cause = raised[-1] if raised else error
            if database.does_not_answer(cause):
                raise CommonFault("The gradebook does not answer.") from None
            raise cause from None

    def convert_notebooks() -> None:
        failures = Failures()
        try:
            with course_lock.held(Path(converter.coursedir.root), shared=True):
                for folder, notebooks in sorted(converter.assignments.items()):
                    with failures.of(_student(converter, folder), "could not be converted"):
                        convert(folder, notebooks)
        except CourseError as error:
            raise NbGraderException(str(error)) from None
        finally:
            for student, sentence in failures.items():
                converter.log.error("Failed: %s: %s", student, sentence)
        if failures:
            raise NbGraderException(f"{len(failures)} hand-ins have failed.")

    converter.convert_notebooks = convert_notebooks


def _remembering(step: Callable, raised: list[Exception]) -> Callable:
    """`step`, which leaves in `raised` what it raises: the converter itself only logs that."""

    @wraps(step)
    def call(*arguments: Any, **options: Any) -> Any:
        try:
            return step(*arguments, **options)
        except Exception as error:
            raised.append(error)
            raise

    return call


def _student(converter: BaseConverter, folder: str) -> str:
    pattern = converter._format_source("(?P<exercise>[^/]+)", "(?P<student>[^/]+)", escape=True)
    match = re.fullmatch(pattern, folder)
    return match["student"] if match else os.path.basename(os.path.dirname(folder))
