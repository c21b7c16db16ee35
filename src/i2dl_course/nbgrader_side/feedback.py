"""nbgrader's feedback in our page: what ``nbgrader generate_feedback`` is configured with."""

from __future__ import annotations

import json
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from nbconvert.exporters import Exporter
from nbformat import NotebookNode
from nbgrader.api import MissingEntry
from nbgrader.preprocessors import GetGrades
from nbgrader.utils import is_grade
from traitlets import default

from i2dl_course import manifest
from i2dl_course.errors import CourseError
from i2dl_course.handins import plain_file
from i2dl_course.handins.opening import MAX_CODE
from i2dl_course.handins.storing import stored_notes
from i2dl_course.manifest import Course
from i2dl_course.nbgrader_side.one_by_one import one_by_one
from i2dl_course.reporting import outcome
from i2dl_course.reporting.page import page


class GetGradesAndComments(GetGrades):
    """Brings what people have written from the gradebook, too: a graded cell has a comment.

    nbgrader looks for comments at what students write in a notebook. Here they write in files.
    """

    def preprocess_cell(
        self, cell: NotebookNode, resources: dict, cell_index: int
    ) -> tuple[NotebookNode, dict]:
        """`cell` with its score and its comment."""
        cell, resources = super().preprocess_cell(cell, resources, cell_index)
        if is_grade(cell):
            with suppress(MissingEntry):  # of a gradebook that was prepared before there were any
                self._get_comment(cell, resources)
        return cell, resources


class FeedbackExporter(Exporter):
    """Stands as ``GenerateFeedback.exporter_class``, with one preprocessor, GetGradesAndComments.

    It brings the scores from the gradebook, with what a person has changed and written there and
    the penalty for a late hand-in; everything else stands in the autograded notebook.
    """

    export_from_notebook = "Feedback of the course"

    def __init__(self, *arguments: Any, **options: Any):
        super().__init__(*arguments, **options)
        one_by_one(self.parent)

    @default("file_extension")
    def _file_extension_default(self) -> str:
        return ".html"

    def from_notebook_node(  # type: ignore[override]  # a page, as HTMLExporter gives
        self, nb: NotebookNode, resources: dict | None = None, **kwargs: Any
    ) -> tuple[str, dict]:
        """The page for the autograded notebook `nb`, and its resources."""
        notebook, resources = super().from_notebook_node(nb, resources, **kwargs)
        assert self.parent is not None  # nbgrader's converter
        course = manifest.load(Path(self.parent.coursedir.root))
        known = resources["nbgrader"]
        result = outcome.of_notebook(
            notebook, course.exercise.pass_mark, float(known.get("late_penalty") or 0)
        )
        folder = Path(resources["metadata"]["path"])
        html = page(
            notebook,
            source_of(course, known["notebook"]),
            result,
            title=course.exercise.title,
            notes=notes_on(notebook, folder),
            files=files_of(course, folder) if result else None,
        )
        return html, resources


def notes_on(notebook: dict, folder: Path) -> list[str]:
    """What the student should know of the hand-in that was autograded to `folder`, each once."""
    return list(dict.fromkeys((*stored_notes(folder), *outcome.notes_of(notebook))))


def source_of(course: Course, name: str) -> dict:
    """The source notebook `name`. Raises CourseError when there is none."""
    path = course.source_dir / f"{name}.ipynb"
    try:
        return _read_source(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        raise CourseError(f"There is no {path}; run `course build`.") from None


@lru_cache(maxsize=16)
def _read_source(path: Path, changed: int) -> dict:
    """The source notebook, read once for all students; `changed` is when it was written."""
    return json.loads(path.read_text(encoding="utf-8"))


def files_of(course: Course, folder: Path) -> dict[str, str]:
    """The graded files of an autograded hand-in, name -> text."""
    files = {}
    for name in course.handin.files:
        try:
            data = plain_file.read(folder, name, MAX_CODE + 1)
        except OSError:
            continue
        if len(data) <= MAX_CODE:
            files[name] = data.decode("utf-8", "replace")
    return files
