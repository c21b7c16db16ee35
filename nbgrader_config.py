"""Makes the stock nbgrader commands do the right thing for this course; docs/instructors.md.

What an instructor may want to change stands in course.toml, not here.
"""

import os
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent

# Only src/, never this folder itself: the stub package exercise_code/ stands here, and would take
# the place of a package that a student has not handed in.
sys.path.insert(0, str(HERE / "src"))

from i2dl_course import manifest  # noqa: E402  (src/ has to be on the path first)
from i2dl_course.handins.opening import wanted_files  # noqa: E402
from i2dl_course.handins.storing import NOTES, SECRET  # noqa: E402
from i2dl_course.nbgrader_side.run import path_with_our_commands  # noqa: E402

os.environ["PATH"] = path_with_our_commands()

course = manifest.load(HERE)
exercise = course.exercise.name

c = get_config()  # noqa: F821  (nbgrader provides it)

c.CourseDirectory.root = str(HERE)
c.CourseDirectory.course_id = course.id

# --- messages ----------------------------------------------------------------------------------
# nbgrader names files and folders of students in them as they are, escapes for terminals too.
c.Application.logging_config = {
    "filters": {"plain": {"()": "i2dl_course.nbgrader_side.log.PlainMessages"}},
    "handlers": {"console": {"filters": ["plain"]}},
}

# --- generate_assignment -----------------------------------------------------------------------
# As nbgrader has it, but for SaveCells: each graded cell has room for a comment in the gradebook.
c.GenerateAssignment.preprocessors = [
    "nbgrader.preprocessors.IncludeHeaderFooter",
    "nbgrader.preprocessors.InstantiateTests",
    "nbgrader.preprocessors.LockCells",
    "nbgrader.preprocessors.ClearSolutions",
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.CheckCellMetadata",
    "nbgrader.preprocessors.ComputeChecksums",
    "i2dl_course.nbgrader_side.comments.SaveCellsWithComments",
    "nbgrader.preprocessors.ClearHiddenTests",
    "nbgrader.preprocessors.ClearMarkScheme",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.CheckCellMetadata",
]

# --- autograde ---------------------------------------------------------------------------------
# A hand-in is rebuilt from source/ and judged by the referee, in a sandbox: docs/threat-model.md.
c.Autograde.exporter_class = "i2dl_course.nbgrader_side.autograde.AnyNotebook"
c.Autograde.sanitize_preprocessors = [
    "i2dl_course.nbgrader_side.autograde.Rebuild",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.Autograde.autograde_preprocessors = [
    "i2dl_course.nbgrader_side.autograde.Judge",  # in place of nbgrader.preprocessors.Execute
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]
# Should the classes above ever be left out: only what is not the student's is overwritten from
# source/. The names must be exact: with a pattern or a forgotten file the instructor's version is
# graded in place of the student's.
c.Autograde.exclude_overwriting = {exercise: list(course.handin.files)}

# --- late hand-ins -----------------------------------------------------------------------------
# The due date itself stands in the gradebook; `course prepare` puts it there from course.toml.
c.LateSubmissionPlugin.penalty_method = "zero"
# Time stamps in anything but UTC are misread: an abbreviation such as CEST counts as UTC.
c.Exchange.timezone = "UTC"

# --- feedback ----------------------------------------------------------------------------------
# reporting/page.py writes the pages; with what people have changed in the gradebook and written.
c.GenerateFeedback.exporter_class = "i2dl_course.nbgrader_side.feedback.FeedbackExporter"
c.GenerateFeedback.preprocessors = ["i2dl_course.nbgrader_side.feedback.GetGradesAndComments"]
# release_feedback publishes every *.html in feedback/, so nothing but pages may get there.
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", "feedback", "*.html"]

# --- formgrader --------------------------------------------------------------------------------
# Its page of a hand-in begins with verdicts, files and boxes for points and comments; nothing that
# a student has written is laid out by nbconvert.
c.HTMLExporter.preprocessors = ["i2dl_course.nbgrader_side.formgrader.GradersPage"]

# --- collect -----------------------------------------------------------------------------------
c.ExchangeFactory.collect = "i2dl_course.nbgrader_side.collect.SafeCollect"

# --- release_feedback --------------------------------------------------------------------------
c.ExchangeFactory.release_feedback = "i2dl_course.nbgrader_side.release_feedback.ReleaseOneByOne"

# --- zip_collect -------------------------------------------------------------------------------
# downloaded/<exercise>/archive/ takes STUDENT_<exercise>.zip, also with what learning platforms put
# between or after: STUDENT_12345_<exercise>-1.zip, STUDENT_2020-05-26T183000Z_<exercise>.zip.
c.ZipCollectApp.extractor_plugin = "i2dl_course.nbgrader_side.zip_collect.SafeExtractor"
c.ZipCollectApp.collector_plugin = "i2dl_course.nbgrader_side.zip_collect.SafeNames"
# Who is who, where platforms call students by other names. nbgrader reads its command line before
# this file, so no short option can be added for it; a file of this name is enough.
if (roster := HERE / "roster.csv").is_file():
    c.SafeExtractor.roster = str(roster)
c.FileNameCollectorPlugin.valid_ext = [".ipynb", ".py", ".txt"]  # .py is dropped by default
c.FileNameCollectorPlugin.named_regexp = (
    r".*/extracted/(?:[^/]+/)*?"
    r"(?P<student_id>\w[^/]*?)"  # what it may hold: handins/student_names.py
    r"(?:_(?i:late))?(?:_\d{3,13})*(?:_assignsubmission_file)?"
    r"(?:_(?P<timestamp>\d{4}-\d\d-\d\dT\d{6}Z)|_(?P<local>\d{14}))?"
    rf"_{re.escape(exercise)}(?:[-_ ]?\(?\d+\)?)?"
    rf"/(?P<file_id>{'|'.join(map(re.escape, (*wanted_files(course), SECRET, NOTES)))})$"
)
