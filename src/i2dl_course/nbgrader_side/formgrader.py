"""The formgrader's page of a hand-in: verdicts, the student's files, boxes for points and comments.

The formgrader lays out an autograded notebook by nbconvert's HTMLExporter, in the process of its
server, which does nothing else meanwhile. nbgrader_config.py puts this before it, and then nothing
that a student has written is left to colour or to lay out: it stands in one piece that is made
within the bounds of our own pages, and in which it is text.
"""

from __future__ import annotations

from datetime import UTC
from pathlib import Path
from typing import Any

from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode, v4
from nbgrader.coursedir import CourseDirectory

from i2dl_course import manifest
from i2dl_course.nbgrader_side.feedback import (
    GetGradesAndComments,
    files_of,
    notes_on,
    source_of,
)
from i2dl_course.receiving import rules
from i2dl_course.records.settings import read_stamp
from i2dl_course.reporting import outcome
from i2dl_course.reporting.formgrader_page import formgrader_page


class GradersPage(Preprocessor):
    """Puts what a grader wants to see in the place of all cells; autograded/ stays as it is.

    nbgrader's own script fills the boxes, and sends to the gradebook what is written into them.
    """

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """A notebook with one output, which stands in the page as it is."""
        coursedir = CourseDirectory(config=self.config)
        course = manifest.load(Path(coursedir.root))
        folder = Path(resources["metadata"]["path"])
        known = {
            "notebook": resources["notebook_id"],
            "assignment": resources["assignment_id"],
            "student": resources["student"],
            "db_url": coursedir.db_url,
        }
        GetGradesAndComments(parent=self.parent).preprocess(nb, {"nbgrader": known})
        result = outcome.of_notebook(nb, course.exercise.pass_mark, known["late_penalty"])
        stamp = read_stamp(folder)[1]
        handed_in = rules.local(course.exercise, stamp.replace(tzinfo=UTC)) if stamp else None
        html = formgrader_page(
            nb,
            source_of(course, known["notebook"]),
            result,
            handed_in=handed_in,
            notes=notes_on(nb, folder),
            files=files_of(course, folder),
            tasks=course.tasks,
        )
        shown = v4.new_output("display_data", {"text/html": html})
        alone = {"transient": {"remove_source": True}}
        nb.cells = [v4.new_code_cell(outputs=[shown], metadata=alone)]
        return nb, resources
