"""The plug-in for nbgrader's feedback, and what the formgrader shows of a hostile notebook."""

import base64
import json
import os
import shutil
import sys
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import pytest
from matplotlib.figure import Figure
from nbconvert.exporters import HTMLExporter
from nbgrader.api import Gradebook
from nbgrader.converters import GenerateFeedback
from nbgrader.coursedir import CourseDirectory
from nbgrader.server_extensions.formgrader import handlers
from support.handins import COURSE, LAYER
from support.untrusted import HOSTILE, danger
from traitlets.config import Config

from i2dl_course.handins.outputs import Budget, clean
from i2dl_course.handins.sanitise import rebuild
from i2dl_course.reporting import outcome

EXERCISE, NOTEBOOK = COURSE.exercise.name, COURSE.graded_notebook_name
SOURCE = json.loads((COURSE.source_dir / f"{NOTEBOOK}.ipynb").read_text(encoding="utf-8"))
STUDENT = "anna"


def verdict(task, points):
    says = "All values are right." if points else f"Wrong at {LAYER.rpartition('/')[2]}, line 1."
    return SimpleNamespace(name=task.name, points=points, says=says, hint="Look again.")


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """A course whose one student passes all tasks but the first, as autograding leaves it."""
    root = tmp_path_factory.mktemp("graded")
    shutil.copy(COURSE.root / "course.toml", root)
    shutil.copytree(COURSE.source_dir, root / "source" / EXERCISE)
    folder = root / "autograded" / STUDENT / EXERCISE
    (folder / LAYER).parent.mkdir(parents=True)
    (folder / LAYER).write_text("def affine_forward(): <b>wrong\n")
    (folder / "timestamp.txt").write_text("2020-05-26 18:30:00 UTC")
    notebook = rebuild(SOURCE, None).notebook
    verdicts = [verdict(task, task.points if n else 0) for n, task in enumerate(COURSE.tasks)]
    outcome.record(notebook, verdicts, ["numpy.py was left out."])
    (folder / f"{NOTEBOOK}.ipynb").write_text(json.dumps(notebook))
    with pytest.MonkeyPatch.context() as patch:
        # nbgrader calls alembic by name.
        patch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
        with Gradebook(f"sqlite:///{root}/gradebook.db") as book:
            book.add_assignment(EXERCISE)
            book.add_notebook(NOTEBOOK, EXERCISE)
            book.add_student(STUDENT)
            for task in COURSE.tasks:
                book.add_grade_cell(
                    task.name, NOTEBOOK, EXERCISE, max_score=task.points, cell_type="code"
                )
                book.add_solution_cell(task.name, NOTEBOOK, EXERCISE)
            book.add_submission(EXERCISE, STUDENT)
            for one in verdicts:
                book.find_grade(one.name, NOTEBOOK, EXERCISE, STUDENT).auto_score = one.points
            book.db.commit()
    return root


@pytest.fixture
def graded(original, tmp_path):
    """A copy of the course for one test."""
    root = tmp_path / "course"
    shutil.copytree(original, root)
    url = f"sqlite:///{root}/gradebook.db"
    config = Config()
    config.CourseDirectory.root = str(root)
    config.CourseDirectory.db_url = url
    config.CourseDirectory.assignment_id = EXERCISE
    config.CourseDirectory.ignore = ["*.html"]
    config.GenerateFeedback.exporter_class = "i2dl_course.nbgrader_side.feedback.FeedbackExporter"
    config.GenerateFeedback.preprocessors = [
        "i2dl_course.nbgrader_side.feedback.GetGradesAndComments"
    ]
    folder = root / "autograded" / STUDENT / EXERCISE
    return SimpleNamespace(root=root, folder=folder, url=url, config=config)


def feedback(course):
    """The page that `nbgrader generate_feedback` writes."""
    coursedir = CourseDirectory(config=course.config)
    GenerateFeedback(coursedir=coursedir, config=course.config, force=True).start()
    folder = course.root / "feedback" / STUDENT / EXERCISE
    assert [path.name for path in folder.glob("*.html")] == [f"{NOTEBOOK}.html"]
    return (folder / f"{NOTEBOOK}.html").read_text(encoding="utf-8")


def test_generate_feedback_writes_our_page_with_verdicts_notes_and_files(graded):
    html = feedback(graded)
    assert "<strong>90</strong> of 100 points" in html and "You receive the bonus" in html
    assert "Look again." in html and "numpy.py was left out." in html
    assert '<a href="#layer-1">layer.py, line 1</a>' in html
    assert "&lt;" in html and "<b>wrong" not in html


def test_what_a_person_has_changed_in_the_gradebook_is_on_the_page(graded):
    with Gradebook(graded.url) as book:
        book.find_grade(COURSE.tasks[0].name, NOTEBOOK, EXERCISE, STUDENT).manual_score = 5
        book.db.commit()
    html = feedback(graded)
    assert "<strong>95</strong> of 100 points" in html and "given by a person" in html


def test_what_a_person_has_written_is_on_the_page_as_markdown_without_its_html(graded):
    said = "Look at **b**: $b_1$, $\\frac$, <script>alert(1)</script> [x](javascript:alert(1))"
    with Gradebook(graded.url) as book:
        comment = book.find_comment(COURSE.tasks[1].name, NOTEBOOK, EXERCISE, STUDENT)
        comment.manual_comment = said
        book.db.commit()
    html = feedback(graded)
    written = html.partition("Comment by a person:")[2].partition("</div>")[0]
    assert "Look at <strong>b</strong>: <math" in written and "\\frac" in written
    assert "&lt;script&gt;" in written and "<script" not in html and "javascript:" not in html


def test_the_penalty_for_lateness_is_on_the_page(graded):
    with Gradebook(graded.url) as book:
        found = book.find_submission_notebook(NOTEBOOK, EXERCISE, STUDENT)
        found.late_submission_penalty = 90
        book.db.commit()
    html = feedback(graded)
    assert "<strong>0</strong> of 100 points" in html and "Handed in late." in html


def test_a_page_that_lies_among_the_autograded_files_is_not_published(graded):
    (graded.folder / "leak.html").write_text("<script>")
    feedback(graded)


def test_a_link_in_place_of_a_file_shows_nothing_of_its_target(graded):
    (graded.root / "secret").write_text("secrets")
    (graded.folder / LAYER).unlink()
    (graded.folder / LAYER).symlink_to(graded.root / "secret")
    assert "secrets" not in feedback(graded)


# --- the formgrader -----------------------------------------------------------------------------


def formgrader_page(graded, notebook):
    """What /formgrader/submissions/<id>/ shows of an autograded notebook."""
    path = graded.folder / f"{NOTEBOOK}.ipynb"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    config = Config(graded.config)
    config.HTMLExporter.preprocessors = ["i2dl_course.nbgrader_side.formgrader.GradersPage"]
    config.HTMLExporter.template_name = "formgrade"
    config.HTMLExporter.extra_template_basedirs = [handlers.template_path]
    resources = {
        "assignment_id": EXERCISE,
        "notebook_id": NOTEBOOK,
        "submission_id": "1",
        "index": 0,
        "total": 1,
        "base_url": "",
        "student": STUDENT,
        "last_name": None,
        "first_name": None,
        "notebook_path": "x",
    }
    html, _ = HTMLExporter(config=config).from_filename(str(path), resources=resources)
    return html


def with_outputs(notebook, make):
    budget = Budget()
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = clean(make(), budget)
    return notebook


def figure():
    file = BytesIO()
    Figure().savefig(file, format="png")
    return base64.b64encode(file.getvalue()).decode()


def test_a_hostile_hand_in_puts_nothing_of_its_own_into_the_formgrader(graded):
    bad = "\n".join(HOSTILE)
    hostile = [
        {
            "cell_type": kind,
            "source": text,
            "metadata": {"nbgrader": {"grade_id": text}, "tags": [text]},
            "attachments": {text: {"text/html": text}},
        }
        for kind in ("markdown", "raw", "code")
        for text in (*HOSTILE, bad)
    ]
    picture = figure()

    def outputs_of_a_student(text):
        return [
            {"output_type": "stream", "name": "stdout", "text": text},
            {
                "output_type": "display_data",
                "metadata": {"image/png": {"width": '1" onload="x'}},
                "data": {
                    "text/html": text,
                    "text/latex": text,
                    "image/svg+xml": text,
                    "application/javascript": text,
                    "text/markdown": text,
                    "text/plain": text,
                    "image/png": picture,
                },
            },
            {"output_type": "execute_result", "data": {"text/html": text, "text/plain": text}},
            {"output_type": "error", "ename": text, "evalue": text, "traceback": [text]},
        ]

    def page_with(cells, text):
        notebook = rebuild(
            SOURCE,
            json.dumps(
                {
                    "nbformat": 4,
                    "nbformat_minor": 5,
                    "metadata": {"title": text, "authors": text},
                    "cells": cells,
                }
            ).encode(),
        ).notebook
        assert len(notebook["cells"]) == len(hostile) + len(COURSE.tasks)
        says = SimpleNamespace(name=COURSE.tasks[0].name, points=0, says=text, hint=text)
        outcome.record(notebook, [says], [text])
        (graded.folder / LAYER).write_text(text)
        return formgrader_page(graded, with_outputs(notebook, lambda: outputs_of_a_student(text)))

    tame = [{**cell, "source": f"calm {n}"} for n, cell in enumerate(hostile)]
    assert danger(page_with(hostile, bad)) == danger(page_with(tame, "calm"))


def test_the_reader_of_dangers_sees_one():
    """The tests above compare what it finds: it must find something."""
    for text in HOSTILE[:3]:
        assert danger(text)
    assert danger("<p>calm</p><a href='#here'>x</a>") == []
    assert Path(handlers.template_path).is_dir()
