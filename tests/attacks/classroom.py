"""A class of attackers and one victim, graded once by the real `nbgrader autograde`.

An attack registers what it hands in with :func:`attacker`, starting from the release: stubs, which
earn nothing. So every point would be one that the attack has gained. What must hold for each of
them alike is asserted in :meth:`Classroom.outcome`.
"""

from __future__ import annotations

import fcntl
import json
import os
import pickle
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import pytest
from support.class_courses import EXERCISE, IN_TIME, copy_of, hand_in, prepared
from support.handins import COURSE, LAYER, NET, ROOT

from i2dl_course.errors import CourseError
from i2dl_course.manifest import Course
from i2dl_course.nbgrader_side.course_lock import LOCK_FILE
from i2dl_course.nbgrader_side.run import command_environment, nbgrader
from i2dl_course.records.grades import Grades, read_grades
from i2dl_course.sandbox.process import open_process, wait_for

__all__ = [
    "LAYER",
    "NET",
    "NOTEBOOK",
    "ROOT",
    "attacker",
    "code_cell",
    "graded_class",
    "is_graded",
    "notebook",
    "runs_first",
]

NOTEBOOK = COURSE.handin.graded_notebook
PAGE = NOTEBOOK.replace(".ipynb", ".html")
VICTIM, AFTER = "a_victim", "z_victim"  # graded before and after all attackers
MAX_PAGE = 3 << 20  # bytes
SECONDS_TO_END = 30  # of a process that was killed; what attackers start goes on for longer
_MAY_LOAD = re.compile(r"#[\w.-]*|data:image/png;base64,[A-Za-z0-9+/=\s]*")
_HIDDEN_NUMBERS = [
    number.replace("_", "")
    for file in (ROOT / "instructor/hidden").glob("*.py")
    for number in re.findall(r"\d[\d_]{6,}", file.read_text())
]

ATTACKERS: dict[str, Callable[[Path], None]] = {}


def attacker(change: Callable[[Path], None]) -> Callable[[Path], None]:
    """Registers ``change(folder)``, which makes an untouched release the attacker's hand-in.

    The attacker is called like the file that this stands in.
    """
    ATTACKERS[_student(change.__module__)] = change
    return change


def _student(module: str) -> str:
    return module.rpartition(".")[2].removeprefix("test_")


@contextmanager
def notebook(folder: Path) -> Iterator[dict]:
    """The graded notebook of a hand-in, to be changed."""
    path = folder / NOTEBOOK
    content = json.loads(path.read_text(encoding="utf-8"))
    yield content
    path.write_text(json.dumps(content), encoding="utf-8")


def is_graded(cell: dict) -> bool:
    """Whether a cell counts."""
    return bool(cell["metadata"].get("nbgrader", {}).get("grade"))


def code_cell(source: str, **metadata: object) -> dict:
    """A cell that a student has added."""
    return {
        "cell_type": "code",
        "id": f"own{abs(hash(source)) % 10**8}",
        "metadata": metadata,
        "source": source,
        "execution_count": None,
        "outputs": [],
    }


def runs_first(folder: Path, source: str) -> None:
    """Put a code cell before all others of the graded notebook."""
    with notebook(folder) as content:
        content["cells"].insert(0, code_cell(source))


class _Page(HTMLParser):
    """What a page would run, load or follow."""

    FORBIDDEN = {
        "script",
        "iframe",
        "object",
        "embed",
        "link",
        "base",
        "form",
        "applet",
        "frame",
        "audio",
        "video",
        "source",
        "foreignobject",
    }

    def __init__(self, text: str):
        super().__init__()
        self.offences: list[str] = []
        self._style = False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        if tag in self.FORBIDDEN:
            self.offences.append(f"<{tag}>")
        self._style = tag == "style"
        for name, value in attributes:
            if name == "style":
                self._look_at_style(value or "")
            loads = name in ("src", "href", "srcset", "xlink:href", "action", "background", "data")
            if name.startswith("on") or (loads and not _MAY_LOAD.fullmatch(value or "")):
                self.offences.append(f"<{tag} {name}={value!r:.80}>")
            if name == "http-equiv" and "refresh" in (value or "").lower():
                self.offences.append(f"<{tag} {name}={value!r}>")

    def handle_endtag(self, tag):
        self._style = False

    def handle_data(self, data):
        if self._style:
            self._look_at_style(data)

    def _look_at_style(self, text):
        self.offences += re.findall(r"@import|url\(|expression\(", text)


@dataclass
class Outcome:
    """What became of one attacker."""

    grades: Grades
    cells: list[dict]
    page: str
    log: str
    folder: Path

    def said(self) -> str:
        """All that the outputs of the notebook say."""
        return "".join(_text(output) for cell in self.cells for output in cell.get("outputs", ()))


def _text(output: dict) -> str:
    parts = [output.get("text"), output.get("evalue"), output.get("data", {}).get("text/plain")]
    return "".join("".join(part) if isinstance(part, list) else part for part in parts if part)


@dataclass
class Classroom:
    """The class after it was graded."""

    course: Course
    grades: dict[str, Grades]
    before: dict[str, bytes]
    log: str
    secret: str
    left_over: list[str] = field(default_factory=list)

    def outcome(self, module: str, earned: float = 0) -> Outcome:
        """What became of the attacker in `module`, once everything that must hold does."""
        student = _student(module)
        grades = self.grades[student]
        assert grades.total == earned, grades
        for victim in (VICTIM, AFTER):
            assert self.grades[victim].total == 100, "honest work is graded differently"
        assert not self.left_over, "a process has survived"
        assert self.files(self.course) == self.before, "files of the course have changed"
        graded = self.course.root / "autograded" / student / EXERCISE
        feedback = self.course.root / "feedback" / student / EXERCISE
        cells = json.loads((graded / NOTEBOOK).read_text("utf-8"))["cells"]
        page = (feedback / PAGE).read_text("utf-8")
        assert [cell["metadata"]["nbgrader"]["grade_id"] for cell in cells if is_graded(cell)] == [
            task.name for task in COURSE.tasks
        ]
        self._require_harmless(page)
        assert {path.relative_to(feedback).as_posix() for path in feedback.rglob("*.html")} <= {
            f"{name}.html" for name in COURSE.exercise.notebooks
        }
        assert not any(path.is_symlink() for path in graded.rglob("*"))
        outcome = Outcome(grades, cells, page, self.log, graded)
        assert self.secret not in page + outcome.said()
        return outcome

    def _require_harmless(self, page: str) -> None:
        assert len(page.encode()) < MAX_PAGE
        assert _Page(page).offences == []
        assert "HIDDEN TESTS" not in page
        assert not [number for number in _HIDDEN_NUMBERS if number in page.replace("_", "")]

    @staticmethod
    def files(course: Course) -> dict[str, bytes]:
        """What no hand-in may change: all of the course but what grading itself writes."""
        written = ("autograded", "feedback", "gradebook.db", "submitted", LOCK_FILE)
        return {
            str(path.relative_to(course.root)): path.read_bytes()
            for path in course.root.rglob("*")
            if path.is_file()
            and "__pycache__" not in path.parts
            and not path.relative_to(course.root).parts[0].startswith(written)
        }


def graded_class(tmp_path_factory: pytest.TempPathFactory) -> Classroom:
    """The class after grading, which is done once for all processes of the tests."""
    template = prepared(tmp_path_factory)
    place = template.with_name("class-of-attackers")
    kept = place / "classroom.pickle"
    with place.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            place.mkdir()
            with tempfile.TemporaryDirectory(prefix="i2dl-class-", dir="/tmp") as scratch:
                kept.write_bytes(pickle.dumps(grade_class(template, place, Path(scratch))))
        return pickle.loads(kept.read_bytes())


def grade_class(template: Path, place: Path, scratch: Path) -> Classroom:
    """Hand in for everybody, and run autograde and generate_feedback once.

    `scratch` is the temporary folder of the commands, by which their processes are known.
    """
    course = copy_of(template, place / "course")
    secret = "a secret of the course 4711"
    (course.root / "secret.txt").write_text(secret)
    (course.root / "submitted").mkdir()
    hand_in(course, VICTIM)
    hand_in(course, AFTER)
    for student, change in ATTACKERS.items():
        folder = hand_in(course, student, "untouched", IN_TIME)
        change(folder)
    before = Classroom.files(course)
    (place / "home").mkdir()
    environment = command_environment(TMPDIR=str(scratch), HOME=str(place / "home"))
    log = place / "nbgrader.log"
    for command in ("autograde", "generate_feedback"):
        try:
            nbgrader([command, EXERCISE], course.root, environment, log)
        except CourseError as error:
            with log.open("a") as file:
                file.write(str(error))
    return Classroom(
        course,
        read_grades(course),
        before,
        log.read_text(errors="replace"),
        secret,
        _processes(str(scratch)),
    )


def _processes(mark: str) -> list[str]:
    """The processes that have `mark` in their words or environment, and do not end."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            process = open_process(int(path.name))
            known = (path / "cmdline").read_bytes() + (path / "environ").read_bytes()
        except OSError:
            continue
        if mark.encode() in known:
            found.append((process, known.decode(errors="replace")[:200]))
        else:
            os.close(process)
    # What was killed may not have ended yet: it does as soon as this machine finds time for it.
    deadline = time.monotonic() + SECONDS_TO_END
    staying = [known for process, known in found if not wait_for(process, deadline)]
    for process, _ in found:
        os.close(process)
    return staying
