"""What a grader sees of a hand-in on nbgrader's own page: verdicts, files, and boxes to fill in.

It is a piece of a page, within the same bounds as the student's: page.py. The boxes are those that
nbgrader's script for that page looks for, which loads and saves points and comments.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from i2dl_course.manifest import Task
from i2dl_course.reporting.outcome import Outcome
from i2dl_course.reporting.page import MAX_FILE, parts
from i2dl_course.reporting.templates import template, visible


def formgrader_page(
    notebook: dict,
    source: dict,
    outcome: Outcome | None,
    *,
    handed_in: str | None,
    notes: Iterable[str],
    files: Mapping[str, str],
    tasks: Sequence[Task],
) -> str:
    """HTML for `notebook`, with the student's `files` before it, each with the tasks in it.

    Parameters
    ----------
    notebook, source, outcome, notes
        As for `page`; `outcome` has what the gradebook holds.
    handed_in : str, optional
        The time, in words.
    files : dict
        Name -> text of those that were handed in.
    tasks : sequence of Task
        Those of the course, which say in which file each is.
    """
    shown = parts(notebook, source, outcome, notes, files)
    checks = {cell["task"].name: cell["code"] for cell in shown["cells"] if "task" in cell}
    by_name = {task.name: task for task in outcome.tasks} if outcome else {}
    there = {file["name"]: file for file in shown["files"]}
    sections = []
    for name in dict.fromkeys(task.file for task in tasks if task.name in by_name):
        within = [
            {"found": by_name[task.name], "line": _line(files.get(name, ""), task.function)}
            for task in tasks
            if task.file == name
        ]
        sections.append({"name": name, "file": there.get(name), "tasks": within})
    return template("reporting/formgrader_page.html").render(
        **shown, handed_in=handed_in, sections=sections, checks=checks
    )


def _line(text: str, function: str) -> int | None:
    """The line in which `function`, such as "Net.forward", begins in `text`; None without one."""
    text, at = visible(text[:MAX_FILE]), 0
    for name in function.split("."):
        found = re.compile(rf"^[ \t]*(?:def|class) {name}\b", re.MULTILINE).search(text, at)
        if not found:
            return None
        at = found.end()
    return text.count("\n", 0, at) + 1
