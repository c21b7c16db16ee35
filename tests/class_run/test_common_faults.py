"""What no hand-in has caused is said once, leaves nothing half-written, and can be mended."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import sys
from pathlib import Path

import pytest
from nbgrader.converters import Autograde, GenerateFeedback
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from sqlalchemy.exc import OperationalError
from support.bad_inputs import damage_index
from support.prepared_small_course import make_prepared_course
from support.small_course import snapshot

from i2dl_course import cli, manifest
from i2dl_course.class_run import course_kit, grading_process, output_folders
from i2dl_course.class_run.grading_process import Job, JobResult, setup_for
from i2dl_course.class_run.run import ClassRun
from i2dl_course.errors import CourseError
from i2dl_course.handins.failure import CommonFault
from i2dl_course.handins.opening import HandIn
from i2dl_course.judging.assessment import Assessment, Execute
from i2dl_course.nbgrader_side import course_lock
from i2dl_course.nbgrader_side.one_by_one import one_by_one
from i2dl_course.records import database
from i2dl_course.records.gradebook import CourseGradebook
from i2dl_course.records.settings import Settings
from i2dl_course.reporting.outcome import Standing
from i2dl_course.verdicts import Judgement, TaskVerdict

STUDENTS = ("anna", "ben", "mira")
FULL = OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    return make_prepared_course(tmp_path_factory.mktemp("common") / "course", *STUDENTS).root


@pytest.fixture
def course(template, tmp_path, monkeypatch):
    shutil.copytree(template, tmp_path / "course")
    monkeypatch.chdir(tmp_path / "course")
    monkeypatch.setenv("PATH", os.environ["PATH"])
    monkeypatch.setattr(sys, "path", list(sys.path))
    return manifest.load(tmp_path / "course")


class FullMarks:
    """An engine that gives everybody all points, and nothing to judge with."""

    def __init__(self, course):
        self._course = course

    def result(self, job):
        tasks = {
            task.name: TaskVerdict(task.name, task.points, task.points, True, "right", None, "")
            for task in self._course.tasks
        }
        judgement = Judgement(tasks, 80, "bubblewrap", job.seed)
        assessment = Assessment(judgement, {"1_graded": b"{}"}, {"1_graded": b"page"}, ())
        return JobResult(job.student, assessment, "", 0.1)

    def results(self, jobs):
        for job in jobs:
            yield self.result(job)


def grade(course, engine=None):
    settings = Settings(course)
    book = CourseGradebook(settings, course)
    try:
        setup = setup_for(course, None, Execute.GRADED, 10.0)
        run = ClassRun(course, settings, book, course_kit.pack(course), setup)
        return run.run(settings.students(), engine or FullMarks(course))
    finally:
        book.close()


def recorded(course):
    book = sqlite3.connect(course.root / "gradebook.db")
    try:
        return {row[0] for row in book.execute("SELECT student FROM course_verdict")}
    finally:
        book.close()


def full_at(monkeypatch, name, method="write_bytes"):
    """From now on, the disk is full for files of this name."""
    original = getattr(Path, method)

    def write(path, *values):
        if path.name == name:
            raise OSError(*FULL.args)
        return original(path, *values)

    monkeypatch.setattr(Path, method, write)


# --- full disks -----------------------------------------------------------------------------------


def test_a_folder_that_cannot_be_written_stays_as_it_was(tmp_path, monkeypatch):
    folder = tmp_path / "ex"
    output_folders.replace(folder, {"a": b"old"}, 0o644)
    before = snapshot(tmp_path)
    full_at(monkeypatch, "b")
    with pytest.raises(OSError) as caught:
        output_folders.replace(folder, {"a": b"new", "b": b"new"}, 0o644)
    assert caught.value.filename == str(folder)
    assert snapshot(tmp_path) == before, "what was written before would keep the disk full"


def test_a_folder_that_cannot_be_renamed_stays_as_it_was(tmp_path, monkeypatch):
    folder = tmp_path / "ex"
    output_folders.replace(folder, {"a": b"old"}, 0o644)
    before = snapshot(tmp_path)
    full_at(monkeypatch, ".ex.new", "rename")
    with pytest.raises(OSError):
        output_folders.replace(folder, {"a": b"new"}, 0o644)
    assert snapshot(tmp_path) == before


def test_a_full_disk_ends_the_run_with_one_sentence_and_the_next_goes_on(course, monkeypatch):
    with monkeypatch.context() as patch:
        full_at(patch, "1_graded.html")
        with pytest.raises(CommonFault, match=r"^The disk that .*/feedback/anna/ex is on is full"):
            grade(course)
    assert recorded(course) == set()
    assert not [path for path in course.root.rglob(".ex.*")]
    report = grade(course)
    assert (report.graded, report.failed, recorded(course)) == (3, {}, set(STUDENTS))


def test_a_fault_of_the_place_where_it_is_graded_ends_the_run(course):
    class Broken(FullMarks):
        def result(self, job):
            if job.student == "ben":
                return JobResult("ben", None, "no sandbox.", 0.1, common=True)
            return super().result(job)

    with pytest.raises(CommonFault, match=r"^No hand-in can be graded: no sandbox\.$"):
        grade(course, Broken(course))
    assert grade(course).unchanged >= 1, "what was recorded is kept"


def _raising(error):
    def raise_it(*_):
        raise error

    return raise_it


@pytest.mark.parametrize(
    ("before", "during", "common", "says"),
    [
        (CourseError("No sandbox works here."), None, True, "No sandbox works here."),
        (OSError(*FULL.args, "/t/x"), None, True, "The disk that /t/x is on is full"),
        (None, OSError(*FULL.args, "/t/x"), True, "The disk that /t/x is on is full"),
        (None, OSError(errno.EROFS, "Read-only", "/t/x"), True, "/t/x cannot be read or written"),
        (None, OSError(errno.EIO, "Input/output error"), False, "could not be graded (Input/out"),
        (None, ValueError("odd"), False, "could not be graded (ValueError: odd)"),
    ],
)
def test_whose_fault_it_is(before, during, common, says):
    class Grader:
        assess = _raising(during)

    assessor = _raising(before) if before else Grader
    job = Job("anna", HandIn({}), 5, Standing())
    result = grading_process.grade(job, assessor)
    assert (result.common, result.assessment) == (common, None)
    assert result.problem.startswith(says)


def test_the_copy_that_a_process_grades_with_is_not_named(course, tmp_path):
    course_kit.pack(course).unpack(tmp_path / "kit")
    shutil.rmtree(tmp_path / "kit" / "exercise_code")
    setup = setup_for(course, "none", Execute.NOTHING, 10.0, str(tmp_path / "kit"))
    with pytest.raises(CourseError) as caught:
        grading_process._assessor(setup)
    assert "the course" in str(caught.value) and str(tmp_path) not in str(caught.value)


@pytest.mark.parametrize("name", ["autograded", "feedback"])
def test_nothing_is_graded_where_it_cannot_be_kept(course, monkeypatch, name):
    (course.root / name).mkdir(exist_ok=True)
    asked = os.access
    monkeypatch.setattr(
        os, "access", lambda path, mode: Path(path).name != name and asked(path, mode)
    )
    engine = FullMarks(course)
    monkeypatch.setattr(engine, "result", _raising(AssertionError("nobody should be graded")))
    with pytest.raises(CourseError, match=rf"written to .*/{name} \(it is read-only\)"):
        grade(course, engine)


# --- gradebooks -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "spoiled",
    ["", "{", "[]", "5", '{"tasks": 5}', '{"tasks": [5]}', '{"tasks": [{}]}', "[" * 100_000],
)
@pytest.mark.parametrize("column", ["verdicts", "outputs"])
def test_a_verdict_that_cannot_be_read_is_reached_anew(course, column, spoiled):
    grade(course)
    book = sqlite3.connect(course.root / "gradebook.db")
    with book:
        book.execute(f"UPDATE course_verdict SET {column} = ? WHERE student = 'ben'", (spoiled,))
    book.close()
    report = grade(course)
    assert (report.graded, report.unchanged, report.failed) == (1, 2, {})
    assert grade(course).unchanged == 3


def test_a_locked_gradebook_is_one_sentence(course, monkeypatch, capfd):
    monkeypatch.setattr(database, "_SECONDS_TO_WAIT", 0)
    book = sqlite3.connect(course.root / "gradebook.db", isolation_level=None)
    book.execute("BEGIN EXCLUSIVE")
    assert cli.main(["grade", "ex"]) == 2
    book.close()
    said = capfd.readouterr().err
    assert said.count("\n") == 1 and "course prepare" not in said
    assert "is held by another program (database is locked); close the formgrader" in said


def test_damage_that_is_met_late_ends_the_run_in_one_sentence(course):
    damage_index(course.root)
    with pytest.raises(CourseError, match=r"gradebook\.db is damaged .*put a copy of it in its pl"):
        grade(course)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("attempt to write a readonly database", "is read-only"),
        ("database or disk is full", "is on a full disk"),
        ("disk I/O error", "is damaged"),
        ("unable to open database file", "cannot be opened"),
        ("odd", "cannot be used (odd)"),
    ],
)
def test_a_gradebook_that_cannot_be_written_ends_the_run(course, monkeypatch, words, says):
    error = OperationalError("INSERT", {}, sqlite3.OperationalError(words))
    with monkeypatch.context() as patch:
        patch.setattr(CourseGradebook, "_write", _raising(error))
        with pytest.raises(CommonFault, match="the same command goes on") as caught:
            grade(course)
    assert says in str(caught.value) and "INSERT" not in str(caught.value)
    assert grade(course).graded == 3


# --- who has a grade ------------------------------------------------------------------------------


def test_an_old_grade_is_named_only_where_there_is_one(course, capfd):
    grade(course)
    for student in ("anna", "zoe"):
        folder = course.root / "submitted" / student / "ex"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    assert grade(course).old_grades == {"anna"}
    shutil.rmtree(course.root / "submitted" / "anna")
    shutil.rmtree(course.root / "submitted" / "ben")
    shutil.rmtree(course.root / "submitted" / "mira")
    assert cli.main(["grade", "ex", "--sandbox", "none"]) == 1
    said = capfd.readouterr().out
    assert "Not graded: zoe:" in said and "old grade" not in said
    assert said.endswith("The same command tries them again.\n")


# --- two at once, and a path ----------------------------------------------------------------------


def test_nbgraders_commands_share_the_lock_and_course_grade_does_not(tmp_path):
    with course_lock.held(tmp_path, shared=True), course_lock.held(tmp_path, shared=True):
        with pytest.raises(CourseError, match="or nbgrader's autograde or generate_feedback; wait"):
            with course_lock.held(tmp_path):
                pass
    with course_lock.held(tmp_path):
        for shared in (True, False):
            with pytest.raises(CourseError, match="Another `course grade` is running"):
                with course_lock.held(tmp_path, shared):
                    pass
    with course_lock.held(tmp_path):
        pass


@pytest.mark.parametrize("command", [Autograde, GenerateFeedback])
def test_nbgraders_commands_keep_out_of_a_course_grade(course, command):
    folders = CourseDirectory(root=str(course.root), assignment_id="ex")
    converter = command(coursedir=folders)
    one_by_one(converter)
    converter.assignments = {str(course.root / "submitted" / "anna" / "ex"): []}
    with course_lock.held(course.root):
        with pytest.raises(NbGraderException, match="Another `course grade` is running in .*wait"):
            converter.convert_notebooks()
    assert not (course.root / "autograded").exists()


def test_course_grade_keeps_out_of_nbgraders_commands(course, capfd):
    with course_lock.held(course.root, shared=True):
        assert cli.main(["grade", "ex"]) == 2
    assert "Another `course grade` is running" in capfd.readouterr().err


@pytest.mark.parametrize("arguments", [["grade", "ex"], ["prepare"]])
def test_brackets_in_the_path_are_told(course, tmp_path, monkeypatch, capfd, arguments):
    root = course.root.rename(tmp_path / "course [1]")
    monkeypatch.chdir(root)
    assert cli.main(arguments) == 2
    said = capfd.readouterr().err
    assert "course [1] for a pattern" in said and "a name without [ and ]." in said
