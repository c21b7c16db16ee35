"""The report on a class takes all that it is given for text, and leads to no other place."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from support.handins import COURSE
from support.untrusted import HOSTILE, danger

from i2dl_course.analysis.results import ClassResults, StudentResult, Try
from i2dl_course.reporting.class_page import class_page
from i2dl_course.reporting.class_tables import csv_of
from i2dl_course.verdicts import TaskVerdict

CONTROLS = [*map(chr, range(32)), *map(chr, range(0x7F, 0xA0))]
TURNS = [chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))]


def page(text: str, feedback: Path | None = None) -> str:
    """A class of two, in which everything that can be text is `text`."""
    verdicts = tuple(
        TaskVerdict(task.name, 0.0, task.points, False, text, text, text) for task in COURSE.tasks
    )
    nothing = {task.name: 0.0 for task in COURSE.tasks}
    students = (
        StudentResult(text, (Try(1, None, verdicts),), nothing, sandbox=text, page=feedback),
        StudentResult(f"{text}2"),
    )
    title = replace(COURSE.exercise, title=text, time_zone=text)
    course = replace(COURSE, exercise=title)
    code = f"def {COURSE.tasks[0].function}(x):\n    {text}"
    meanings = {text: text}
    return class_page(
        ClassResults(course, students), meanings, lambda _: code, Path("/r"), {text: 1.0}
    )


def test_names_causes_sentences_and_code_are_text():
    calm = danger(page("calm"))
    for text in HOSTILE:
        assert danger(page(text)) == calm
        assert not set(page(text + "".join(CONTROLS + TURNS))) & {*CONTROLS, *TURNS} - {"\n", "\t"}


def test_a_link_to_feedback_leads_below_the_course_whatever_a_folder_is_called():
    found = page("calm", Path('/course/feedback/javascript:"x" <b>?#/ex/1.html'))
    (link,) = re.findall(r'href="([^#"][^"]*)"', found)
    assert link == "../course/feedback/javascript%3A%22x%22%20%3Cb%3E%3F%23/ex/1.html"


def test_no_cell_of_a_table_is_a_formula():
    for text in ("=1+1", "+1", "-1", "@A1", "\t=1", "\r=1"):
        assert csv_of([[text, -1.5, True, None]]) == f'"\'{text}",-1.5,"yes",""\r\n'
