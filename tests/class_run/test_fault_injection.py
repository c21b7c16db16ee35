"""Whatever is raised while one hand-in is dealt with is that hand-in's failure, and no other's.

At every step of collect, zip_collect, `course grade`, autograde and feedback, every kind of error
is raised for one hand-in of its own, and the honest ones must get all that is theirs.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import sys
from pathlib import Path

import nbformat
import pytest
from nbgrader.converters import Autograde, GenerateFeedback
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange import ExchangeError
from support.class_courses import EXERCISE, IN_TIME, copy_of, gradebook, points, prepared
from support.exchange import Exchange
from support.faults import HONEST, inject, raised, victims
from support.handins import COURSE, LAYER, reference
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from i2dl_course import cli
from i2dl_course.class_run import course_kit, fingerprint, grading_process, output_folders
from i2dl_course.class_run import run as class_run
from i2dl_course.class_run.grading_process import setup_for
from i2dl_course.class_run.run import ClassRun
from i2dl_course.errors import CourseError
from i2dl_course.handins.opening import HandIn
from i2dl_course.handins.plain_text import shown
from i2dl_course.judging import assessor as assessing
from i2dl_course.judging import referee
from i2dl_course.judging.assessment import Execute
from i2dl_course.judging.assessor import Assessor
from i2dl_course.judging.notebook_runner import Runner
from i2dl_course.judging.referee import Referee
from i2dl_course.nbgrader_side import autograde, collect, feedback, zip_collect
from i2dl_course.receiving.archive import Archive
from i2dl_course.records import counting
from i2dl_course.records.gradebook import CourseGradebook
from i2dl_course.records.settings import Settings
from i2dl_course.reporting import page as reporting_page
from i2dl_course.verdicts import Judgement, TaskVerdict

NOTEBOOK = COURSE.handin.graded_notebook
PAGE = f"{COURSE.graded_notebook_name}.html"


def signed(student: str) -> HandIn:
    """The reference, signed in each file, with a notebook that costs no time."""
    student = shown(student)
    cells = [
        nbformat.v4.new_markdown_cell(student, id="signed"),
        nbformat.v4.new_code_cell("1", id="mine"),
    ]
    notebook = nbformat.writes(nbformat.v4.new_notebook(cells=cells))
    files = reference().files
    return HandIn(
        {
            NOTEBOOK: notebook.encode(),
            **{name: data + f"# {student}\n".encode() for name, data in files.items()},
        }
    )


@pytest.fixture
def course(tmp_path, tmp_path_factory):
    return copy_of(prepared(tmp_path_factory), tmp_path / "course")


def submitted(course, student):
    return course.root / "submitted" / student / EXERCISE


def hand_in(course, students):
    """Put signed hand-ins into submitted/, as collecting would."""
    for student in students:
        signed(student).write(submitted(course, student))
        (submitted(course, student) / "timestamp.txt").write_text(IN_TIME)


def require_named(sentences: list[str], expected: dict[str, str]) -> None:
    """Every victim has a sentence with its name and the kind of error; no honest student has."""
    sentences = [line for line in sentences if re.search(r"could not be|cannot be", line)]
    for student, kind in expected.items():
        word = "Input/output error" if kind == "OSError" else type(raised(kind)).__name__
        mine = re.compile(rf"{re.escape(student)}[:+_].*\({word}.*\)\.$")
        assert any(map(mine.search, sentences)), student
    assert not [line for line in sentences for student in HONEST if f"{student}:" in line]


# --- collecting -----------------------------------------------------------------------------------

COLLECT = {
    "look": (collect, "_last_change"),
    "open": (collect, "open_handin"),
    "secret": (collect, "read_secret"),
    "take": (Archive, "take"),
    "notes": (counting, "notes"),
    "place": (counting, "place"),
    "folder": (os, "makedirs"),
    "move": (shutil, "move"),
    "time": (CourseDirectory, "get_existing_timestamp"),
}


def test_collect(course, caplog, monkeypatch):
    exchange, odd = Exchange(course.root), victims(COLLECT)
    for student in (*HONEST, *odd):
        exchange.hand_in(student, handin=signed(student))
    already = [student for student in odd if ".time." in student]  # only theirs is looked at
    hand_in(course, already)
    with monkeypatch.context() as patch, caplog.at_level(logging.ERROR):
        reached = inject(patch, COLLECT)
        with pytest.raises(ExchangeError, match=f"{len(odd)} hand-ins were not collected"):
            exchange.collect(update=True)
    assert reached == set(odd)
    for student in HONEST:
        assert (exchange.collected(student) / LAYER).read_bytes().endswith(f"{student}\n".encode())
    for student in set(odd) - set(already):
        assert not exchange.collected(student).exists()
    require_named(caplog.messages, odd)
    exchange.collect(update=True)  # the second try
    assert set(exchange.students()) == {*HONEST, *odd}


ZIP_COLLECT = {
    "name": (zip_collect.SafeNames, "collect"),
    "open": (zip_collect, "open_zip"),
    "take": (Archive, "take"),
    "notes": (counting, "notes"),
    "store": (zip_collect, "store"),
    "copy": (shutil, "copy"),
    "touch": (Path, "touch"),
    "place": (counting, "place"),
}


def test_zip_collect(course, capfd, monkeypatch):
    exchange, odd = Exchange(course.root), victims(ZIP_COLLECT)
    for student in (*HONEST, *odd):
        exchange.upload(f"{student}_2020-05-26T183000Z_{EXERCISE}.zip", signed(student))
    with monkeypatch.context() as patch:
        reached = inject(patch, ZIP_COLLECT)
        with pytest.raises(SystemExit):
            exchange.zip_collect("--force")
    assert reached == set(odd)
    for student in HONEST:
        assert (submitted(course, student) / LAYER).is_file()
    for student in odd:
        assert not submitted(course, student).exists()
    require_named(capfd.readouterr().err.splitlines(), odd)
    exchange.zip_collect("--force")
    assert all((submitted(course, student) / LAYER).is_file() for student in (*HONEST, *odd))


# --- course grade ---------------------------------------------------------------------------------

GRADE = {
    "look": (class_run, "look_at"),
    "open": (class_run, "open_collected"),
    "stamp": (class_run, "read_stamp"),
    "secret": (class_run, "read_secret"),
    "content": (fingerprint, "content_of"),
    "penalty": (Settings, "penalty"),
    "judge": (Referee, "judge"),
    "rebuild": (assessing, "rebuild"),
    "page": (reporting_page, "page"),
    "bytes": (assessing, "to_bytes"),
    "folders": (output_folders, "replace"),
    "record": (CourseGradebook, "record"),
    "verdict": (CourseGradebook, "_keep_verdict"),
}


# A notebook is run for the feedback only: without its outputs, the verdicts are as good.
RUN = {"run": (Runner, "run")}


def all_right(*_: object) -> Judgement:
    """What the referee says of the reference."""
    tasks = {
        task.name: TaskVerdict(task.name, float(task.points), task.points, True, "right", None, "")
        for task in COURSE.tasks
    }
    return Judgement(tasks, COURSE.exercise.pass_mark, "bubblewrap", 5)


@pytest.fixture
def judged(monkeypatch):
    """Nothing is judged or run; what is done with it is what can fail."""
    monkeypatch.setattr(Referee, "judge", all_right)
    monkeypatch.setattr(Runner, "run", lambda *_: None)
    checks = referee.checks_of(COURSE)  # a process has those of one course
    monkeypatch.setattr(referee, "checks_of", lambda root: checks)


class Here:
    """An engine that grades in this process, as a grading process would."""

    def __init__(self, course):
        self._assessor = Assessor(course, execute=Execute.GRADED)

    def results(self, jobs):
        for job in jobs:
            yield grading_process.grade(job, lambda: self._assessor)

    def close(self):
        self._assessor.close()


def grade(course):
    settings = Settings(course)
    book, engine = CourseGradebook(settings, course), Here(course)
    try:
        setup = setup_for(course, None, Execute.GRADED, 10.0)
        run = ClassRun(course, settings, book, course_kit.pack(course), setup)
        return run.run(settings.students(), engine)
    finally:
        engine.close()
        book.close()


def test_course_grade(course, monkeypatch, judged):
    odd = victims(GRADE)
    hand_in(course, (*HONEST, *odd))
    with monkeypatch.context() as patch:
        reached = inject(patch, GRADE)
        report = grade(course)
    assert reached == set(odd) == set(report.failed)
    require_named([f"{name}: {sentence}" for name, sentence in report.failed.items()], odd)
    assert report.graded == len(HONEST)
    assert points(gradebook(course)) == dict.fromkeys(HONEST, 100.0)
    for student in HONEST:
        assert (course.root / "autograded" / student / EXERCISE / NOTEBOOK).is_file()
        assert student in (course.root / "feedback" / student / EXERCISE / PAGE).read_text()
    again = grade(course)
    assert (again.graded, again.unchanged, again.failed) == (len(odd), len(HONEST), {})


def test_a_run_of_a_notebook_that_fails_costs_its_outputs_only(course, monkeypatch, judged):
    odd = victims(RUN)
    hand_in(course, (*HONEST, *odd))
    with monkeypatch.context() as patch:
        reached = inject(patch, RUN)
        report = grade(course)
    assert (reached, report.failed) == (set(odd), {})
    assert points(gradebook(course)) == dict.fromkeys((*HONEST, *odd), 100.0)
    for student in (*HONEST, *odd):
        page = (course.root / "feedback" / student / EXERCISE / PAGE).read_text()
        assert ("the run of this notebook failed" in page) == (student in odd)


def test_the_exit_code_says_that_some_have_no_grade(course, monkeypatch, capfd):
    """By the command and its processes, which grade the others."""
    steps = {"open": (class_run, "open_collected")}
    hand_in(course, (*HONEST, "v.open.Mute"))
    inject(monkeypatch, steps)
    monkeypatch.chdir(course.root)
    assert cli.main(["grade", EXERCISE, "--verdicts-only"]) == 1
    said = capfd.readouterr().out
    assert "4 graded" in said and "Not graded: v.open.Mute: could not be opened (Mute)." in said
    assert points(gradebook(course)) == dict.fromkeys(HONEST, 100.0)


# --- the stock commands ---------------------------------------------------------------------------

AUTOGRADE = {
    "copy": (shutil, "copy"),
    "read": (autograde.AnyNotebook, "from_filename"),
    "open": (autograde, "open_collected"),
    "rebuild": (autograde, "rebuild"),
    "judge": (Assessor, "judge"),
    "complete": (Assessor, "complete"),
    "time": (CourseDirectory, "get_existing_timestamp"),
    "rights": (os, "chmod"),
}
FEEDBACK = {
    "exist": (CourseDirectory, "get_existing_timestamp"),
    "paint": (feedback, "page"),
    "files": (feedback, "files_of"),
    "notes": (feedback, "stored_notes"),
}


@pytest.fixture
def nbgraders_traces(monkeypatch):
    """What loading nbgrader_config.py changes is undone."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setenv("PATH", os.environ["PATH"])


def convert(converter_class, course):
    """What the stock command does after reading its configuration; what it says of failures."""
    config = PyFileConfigLoader("nbgrader_config.py", path=str(course.root)).load_config()
    config.merge(Config({"CourseDirectory": {"assignment_id": EXERCISE}}))
    folders = CourseDirectory(config=config)
    converter_class(coursedir=folders, config=config).start()


def test_autograde_and_feedback(course, monkeypatch, caplog, judged, nbgraders_traces):
    wrong, unpainted = victims(AUTOGRADE), victims(FEEDBACK)
    hand_in(course, (*HONEST, *wrong, *unpainted))
    with monkeypatch.context() as patch, caplog.at_level(logging.ERROR):
        reached = inject(patch, AUTOGRADE)
        with pytest.raises(NbGraderException, match=f"{len(wrong)} hand-ins have failed"):
            convert(Autograde, course)
    assert reached == set(wrong)
    require_named(caplog.messages, wrong)
    right = {*HONEST, *unpainted}
    found = points(gradebook(course))
    assert {student: found[student] for student in right} == dict.fromkeys(right, 100.0)
    for student in wrong:
        assert not (course.root / "autograded" / student / EXERCISE).exists()
    caplog.clear()
    for student in unpainted:  # a page that is there, whose time is looked at
        if ".exist." in student:
            (course.root / "feedback" / student / EXERCISE).mkdir(parents=True)
    with monkeypatch.context() as patch, caplog.at_level(logging.ERROR):
        reached = inject(patch, FEEDBACK)
        with pytest.raises(NbGraderException, match=f"{len(unpainted)} hand-ins have failed"):
            convert(GenerateFeedback, course)
    assert reached == set(unpainted)
    require_named(caplog.messages, unpainted)
    for student in HONEST:
        assert student in (course.root / "feedback" / student / EXERCISE / PAGE).read_text()


def test_folders_that_are_no_students_take_nothing_from_anybody(
    course, monkeypatch, caplog, judged, nbgraders_traces
):
    """Put into submitted/ by hand: nbgrader takes the first for a pattern, and ends at the last."""
    hand_in(course, ("victim", "[v]ictim", "=1+1", "x" * 200, "m\udcff", "a\nb"))
    linked = course.root / "submitted" / "linked"
    linked.symlink_to(course.root / "submitted" / "victim", target_is_directory=True)
    report = grade(course)
    assert (report.graded, len(report.failed)) == (1, 6)
    shutil.rmtree(course.root / "autograded")
    with caplog.at_level(logging.ERROR), pytest.raises(NbGraderException, match="6 hand-ins"):
        convert(Autograde, course)
    assert points(gradebook(course)) == {"victim": 100.0}
    for said in (*report.failed.values(), *caplog.messages):
        assert said.isprintable() and ("cannot be the name" in said or "is a link" in said)


def test_a_gradebook_that_does_not_answer_ends_the_run_in_one_sentence(course, monkeypatch, judged):
    hand_in(course, HONEST)
    Path(course.root / "gradebook.db").unlink()
    with pytest.raises(CourseError, match="does not know"):
        grade(course)
