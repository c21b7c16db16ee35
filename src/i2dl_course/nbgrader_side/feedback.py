"""nbgrader's feedback in our page: the exporter of ``nbgrader generate_feedback``."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from nbconvert.exporters import Exporter
from nbformat import NotebookNode
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


class FeedbackExporter(Exporter):
    """Stands as ``GenerateFeedback.exporter_class``, with GetGrades alone as its preprocessor.

    GetGrades brings the scores from the gradebook, with what a person has changed there and the
    penalty for a late hand-in; everything else stands in the autograded notebook.
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
        notes = dict.fromkeys((*stored_notes(folder), *outcome.notes_of(notebook)))
        html = page(
            notebook,
            _source(course, known["notebook"]),
            result,
            title=course.exercise.title,
            notes=notes,
            files=_files(course, folder) if result else None,
        )
        return html, resources


def _source(course: Course, name: str) -> dict:
    path = course.source_dir / f"{name}.ipynb"
    try:
        return _read_source(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        raise CourseError(f"There is no {path}; run `course build`.") from None


@lru_cache(maxsize=16)
def _read_source(path: Path, changed: int) -> dict:
    """The source notebook, read once for all students; `changed` is when it was written."""
    return json.loads(path.read_text(encoding="utf-8"))


def _files(course: Course, folder: Path) -> dict[str, str]:
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
