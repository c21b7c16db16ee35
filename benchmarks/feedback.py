"""How much sooner is a page of feedback written than by stock nbgrader?

    .venv/bin/python -m benchmarks.feedback [--rounds 9]

Both write the pages of one hand-in of three notebooks, with the same cells and outputs: nbgrader by
nbconvert's HTML with the template of its feedback, we by reporting/page.py. Each round is another
hand-in, with cells and figures of its own, and both take turns, so that a busy moment of the
machine hits both. The time is CPU seconds of this process. Neither imports nor the gradebook are
in it, which both need alike; what is the same in all hand-ins has been rendered in a round before.
"""

import argparse
import base64
import json
import statistics
import time
from functools import cache
from io import BytesIO
from pathlib import Path

import nbformat
from matplotlib.figure import Figure
from nbconvert.exporters import HTMLExporter
from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
from nbgrader.converters import GenerateFeedback
from nbgrader.coursedir import CourseDirectory

from benchmarks.showing import show
from i2dl_course import manifest
from i2dl_course.handins.outputs import Budget, clean
from i2dl_course.handins.sanitise import rebuild
from i2dl_course.reporting import outcome
from i2dl_course.reporting.page import page
from i2dl_course.verdicts import TaskVerdict

COURSE = manifest.load(Path(__file__).resolve().parents[1])
SOURCES = {
    name: json.loads((COURSE.source_dir / f"{name}.ipynb").read_text(encoding="utf-8"))
    for name in COURSE.exercise.notebooks
}
TARGET = 5.0


def figure(number):
    """A plot as the notebooks draw it, different for each number."""
    drawn, file = Figure(figsize=(6.4, 4.0)), BytesIO()
    drawn.subplots().plot([number % 7, 4, 2, 5, number % 11])
    drawn.savefig(file, format="png")
    return base64.b64encode(file.getvalue()).decode()


def hand_in(number):
    """The three notebooks of one student, as grading leaves them."""
    notebooks = {}
    for name, source in SOURCES.items():
        own = [
            {"cell_type": "code", "metadata": {}, "source": f"print({number})\nx = {number}"},
            {"cell_type": "markdown", "metadata": {}, "source": f"My thoughts, {number}."},
        ]
        submitted = {**source, "cells": [*source["cells"], *own]}
        notebook, budget = rebuild(source, json.dumps(submitted).encode()).notebook, Budget()
        for at, cell in enumerate(notebook["cells"]):
            if cell["cell_type"] != "code":
                continue
            printed = {"output_type": "stream", "name": "stdout", "text": f"loss {at / 7}\n" * 8}
            drawn = {"output_type": "display_data", "data": {"text/plain": "<Figure>"}}
            if "plots." in cell["source"]:
                drawn["data"]["image/png"] = figure(number + at)
            cell["outputs"] = clean([printed, drawn], budget)
            grading = cell["metadata"].get("nbgrader", {})
            if grading.get("grade"):
                grading["score"] = grading["points"]
        notebooks[name] = notebook
    return notebooks


@cache
def exporter():
    """The exporter of `nbgrader generate_feedback`, one for all hand-ins, and its settings."""
    converter = GenerateFeedback(coursedir=CourseDirectory())
    made = HTMLExporter(config=converter.config)
    made.register_preprocessor(CSSHTMLHeaderPreprocessor)
    return made


def stock(notebooks):
    """The pages by nbgrader's own exporter and template."""
    known = {
        "notebook": "x",
        "assignment": "x",
        "student": "x",
        "score": 100,
        "max_score": 100,
        "late_penalty": 0,
    }
    return [
        exporter().from_notebook_node(notebook, {"nbgrader": known})[0]
        for notebook in notebooks.values()
    ]


def ours(notebooks, verdicts):
    """The same pages by reporting/page.py."""
    result = outcome.of_verdicts(verdicts, COURSE.exercise.pass_mark)
    return [
        page(
            notebook,
            SOURCES[name],
            result if name == COURSE.graded_notebook_name else None,
            title=COURSE.exercise.title,
        )
        for name, notebook in notebooks.items()
    ]


def seconds(write, *arguments):
    """CPU seconds of one call."""
    start = time.process_time()
    pages = write(*arguments)
    taken = time.process_time() - start
    if not all(len(html) > 10_000 for html in pages):
        raise SystemExit("A page is missing.")
    return taken


def measure(rounds):
    """CPU seconds for each of `rounds` hand-ins: by stock nbgrader, and by us."""
    verdicts = [
        TaskVerdict(
            task.name, float(task.points), task.points, True, "All values are right.", None, ""
        )
        for task in COURSE.tasks
    ]
    pairs = []
    for number in range(rounds + 1):
        notebooks = hand_in(number)
        nodes = {name: nbformat.from_dict(notebook) for name, notebook in notebooks.items()}
        pairs.append((seconds(stock, nodes), seconds(ours, notebooks, verdicts)))
    return list(zip(*pairs[1:], strict=True))


def rows(quick=False, rounds=None):
    """The figures as rows: name, value, target, reached."""
    theirs, own = measure(rounds or (3 if quick else 9))
    ratio = statistics.median(a / b for a, b in zip(theirs, own, strict=True))
    return [
        {
            "name": "pages of feedback, CPU: stock / ours",
            "value": round(ratio, 1),
            "target": f"≥ {TARGET:g}",
            "reached": ratio >= TARGET,
        },
        *(
            {
                "name": f"CPU milliseconds for the pages of a hand-in: {name}",
                "value": round(1000 * statistics.median(times), 1),
                "target": "report",
                "reached": None,
            }
            for name, times in (("stock", theirs), ("ours", own))
        ),
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9, help="hand-ins (9)")
    for row in rows(rounds=parser.parse_args().rounds):
        show(row)


if __name__ == "__main__":
    main()
