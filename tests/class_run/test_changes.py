"""What is graded again, and what an assessment becomes in folders and gradebook.

The engine here gives the same assessment to everybody at once: what is judged is tested elsewhere.
"""

from __future__ import annotations

import os
import secrets
import shutil
import sqlite3
import time
from types import SimpleNamespace

import pytest
from nbgrader.api import Gradebook
from support.class_courses import (
    EXERCISE,
    LATE,
    copy_of,
    gradebook,
    hand_in,
    points,
    prepared,
    rows,
    verdicts,
)
from support.handins import LAYER

from i2dl_course import manifest
from i2dl_course.class_run import course_kit, look
from i2dl_course.class_run import run as class_run
from i2dl_course.class_run.grading_process import JobResult, setup_for
from i2dl_course.class_run.run import ClassRun
from i2dl_course.errors import CourseError
from i2dl_course.judging.assessment import Assessment, Execute
from i2dl_course.records.gradebook import CourseGradebook
from i2dl_course.records.settings import Settings
from i2dl_course.verdicts import Judgement, TaskVerdict

PEOPLE = ("anna", "ben")


class Engine:
    """Assesses at once: everything right, and a notebook and a page that name the run."""

    def __init__(self, setup, course):
        self.execute, self.course, self.jobs = setup.execute, course, []

    def results(self, jobs):
        for job in jobs:
            self.jobs.append(job)
            tasks = {
                task.name: TaskVerdict(
                    task.name, float(task.points), task.points, True, "right", None, ""
                )
                for task in self.course.tasks
            }
            judgement = Judgement(tasks, 80, "bubblewrap", job.seed)
            written = (
                {}
                if self.execute is Execute.NOTHING
                else {
                    name: f"{name} of {job.seed}".encode()
                    for name in self.course.exercise.notebooks
                }
            )
            yield JobResult(job.student, Assessment(judgement, written, written, ()), "", 0.1)


@pytest.fixture
def course(tmp_path, tmp_path_factory):
    made = copy_of(prepared(tmp_path_factory), tmp_path / "course")
    for student in PEOPLE:
        hand_in(made, student)
    return made


def run(course, execute=Execute.GRADED, force=False, engine=None, level=None, seconds=10.0):
    """One run over everybody: its report, and the jobs that there were."""
    settings = Settings(course)
    setup = setup_for(course, level, execute, seconds)
    engine = engine or Engine(setup, course)
    recorded = CourseGradebook(settings, course)
    try:
        class_run = ClassRun(course, settings, recorded, course_kit.pack(course), setup, force)
        return class_run.run(settings.students(), engine), getattr(engine, "jobs", [])
    finally:
        recorded.close()


def who(jobs):
    return [job.student for job in jobs]


# --- changes --------------------------------------------------------------------------------------


def of_anna(course):
    return course.root / "submitted" / "anna" / EXERCISE


def append(path, text):
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


def in_gradebook(change):
    def changed(course):
        with Gradebook(gradebook(course), course.id) as book:
            change(book, course)
            book.db.commit()

    return changed


def grade_of_anna(book, course):
    return book.find_grade("affine_forward", course.graded_notebook_name, EXERCISE, "anna")


HERS = {
    "her code": lambda course: append(of_anna(course) / LAYER, "\n# changed\n"),
    "her notebook": lambda course: append(of_anna(course) / course.handin.graded_notebook, " "),
    "a file taken away": lambda course: (of_anna(course) / LAYER).unlink(),
    "a file that is left out": lambda course: append(of_anna(course) / "notes.txt", "hello"),
    "the time": lambda course: (of_anna(course) / "timestamp.txt").write_text(LATE),
    "points by hand": in_gradebook(
        lambda book, course: setattr(grade_of_anna(book, course), "manual_score", 3.0)
    ),
    "automatic points that are not ours": in_gradebook(
        lambda book, course: setattr(grade_of_anna(book, course), "auto_score", 3.0)
    ),
    "a page lost": lambda course: shutil.rmtree(course.root / "feedback" / "anna" / EXERCISE),
    "a notebook emptied by a power cut": lambda course: os.truncate(
        _writeable(course.root / "autograded" / "anna" / EXERCISE / course.handin.graded_notebook),
        0,
    ),
    "her grades removed": in_gradebook(
        lambda book, course: book.remove_submission(EXERCISE, "anna")
    ),
}

EVERYBODYS = {
    "a check": lambda course: append(course.root / "exercise_code/tests/checks.py", "\n# x\n"),
    "a notebook of ours": lambda course: append(
        course.source_dir / course.handin.graded_notebook, "\n"
    ),
    "the manifest": lambda course: append(course.root / "course.toml", "\n# x\n"),
    "the rule for lateness": lambda course: append(
        course.root / "nbgrader_config.py", "\nc.LateSubmissionPlugin.penalty_method = 'none'\n"
    ),
}


def _writeable(path):
    path.chmod(0o644)
    return path


@pytest.mark.parametrize("change", HERS)
def test_a_change_of_one_is_graded_again_and_nobody_else(course, change):
    run(course)
    if change == "points by hand":
        with Gradebook(gradebook(course), course.id) as book:
            assert grade_of_anna(book, course).manual_score is None
    HERS[change](course)
    report, jobs = run(course)
    assert (who(jobs), report.unchanged) == (["anna"], 1)
    assert run(course)[1] == [], "and once only"


@pytest.mark.parametrize("change", EVERYBODYS)
def test_a_change_of_the_exercise_is_graded_again_for_all(course, change):
    run(course)
    EVERYBODYS[change](course)
    changed = manifest.load(course.root)
    assert who(run(changed)[1]) == list(PEOPLE)
    assert run(changed)[1] == []


@pytest.mark.parametrize(
    "setting", [{"level": "none"}, {"seconds": 4.0}, {"force": True}, {"execute": Execute.ALL}]
)
def test_other_settings_are_graded_again(course, setting):
    run(course)
    assert who(run(course, **setting)[1]) == list(PEOPLE)


def test_nothing_is_graded_again_for_a_seed_or_a_lesser_wish(course):
    first, _ = run(course, execute=Execute.ALL)
    second, jobs = run(course, execute=Execute.NOTHING)
    assert jobs == [] and second.unchanged == 2
    assert {row.seed for row in verdicts(gradebook(course)).values()} == {str(first.seed)}
    assert (course.root / "feedback" / "anna" / EXERCISE).is_dir()


def test_other_versions_are_graded_again(course, monkeypatch):
    run(course)
    from i2dl_course.class_run import fingerprint

    monkeypatch.setattr(fingerprint, "versions", lambda: {"numpy": "of tomorrow"})
    assert who(run(course)[1]) == list(PEOPLE)


def test_verdicts_only_leaves_no_page_about_another_verdict(course):
    run(course)
    run(course, execute=Execute.NOTHING, force=True)
    for step in ("autograded", "feedback"):
        assert not (course.root / step / "anna" / EXERCISE).exists()
    assert run(course, execute=Execute.NOTHING)[1] == []


def test_a_wish_for_pages_after_verdicts_only_is_met(course):
    run(course, execute=Execute.NOTHING)
    report, _ = run(course)
    assert report.graded == 2
    page = course.root / "feedback" / "anna" / EXERCISE / f"{course.graded_notebook_name}.html"
    assert page.read_text().endswith(f"of {report.seed}") and page.stat().st_mode & 0o777 == 0o644


# --- what is read again ---------------------------------------------------------------------------


@pytest.fixture
def an_hour_later(monkeypatch):
    """All hand-ins have been at rest for an hour, as far as their looks can tell."""
    clock = SimpleNamespace(time_ns=lambda: time.time_ns() + 3600 * 10**9)
    monkeypatch.setattr(look, "time", clock)


@pytest.fixture
def at_once(monkeypatch):
    """However long this takes, all hand-ins have just been changed, as far as their looks tell."""
    monkeypatch.setattr(look, "time", SimpleNamespace(time_ns=lambda: 0))


@pytest.fixture
def opened(monkeypatch):
    """Whose hand-ins are read, in their order."""
    students, open_collected = [], class_run.open_collected

    def noted(folder, course):
        students.append(folder.parent.name)
        return open_collected(folder, course)

    monkeypatch.setattr(class_run, "open_collected", noted)
    return students


def read_after(course, opened, change=lambda: None):
    """Who is read, and who is graded, when a second run follows on `change`."""
    run(course)
    opened.clear()
    change()
    jobs = run(course)[1]
    return opened, who(jobs)


def test_what_looks_as_it_did_is_not_read(course, an_hour_later, opened):
    assert read_after(course, opened) == ([], [])


def test_other_bytes_of_the_same_size_and_time_are_graded_again(course, an_hour_later, opened):
    def rewrite():
        path = of_anna(course) / LAYER
        times, data = path.stat(), path.read_bytes()
        path.write_bytes(data.replace(b"import", b"IMPORT"))
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
        assert path.read_bytes() != data

    assert read_after(course, opened, rewrite) == (["anna"], ["anna"])


def test_a_touch_is_read_once_and_not_graded(course, an_hour_later, opened):
    assert read_after(course, opened, (of_anna(course) / LAYER).touch) == (["anna"], [])
    assert run(course)[1] == [] and opened == ["anna"]


def test_another_exercise_is_graded_again_whatever_the_looks(course, an_hour_later, opened):
    def change():
        EVERYBODYS["a check"](course)

    assert read_after(course, opened, change) == (list(PEOPLE), list(PEOPLE))


def test_who_has_just_been_collected_is_read_again(course, at_once, opened):
    assert read_after(course, opened) == (list(PEOPLE), [])


def test_a_gradebook_without_readings_is_one_all_the_same(course, an_hour_later, opened):
    """As one of an older version is."""

    def forget():
        with sqlite3.connect(course.root / "gradebook.db") as book:
            book.execute("DROP TABLE course_reading")

    assert read_after(course, opened, forget) == (list(PEOPLE), [])
    assert run(course)[1] == [] and opened == list(PEOPLE)


def test_readings_that_cannot_be_kept_fail_nobody(course, an_hour_later, opened):
    with sqlite3.connect(course.root / "gradebook.db") as book:
        book.execute("CREATE TABLE course_reading (exercise, student, look, content, handed_in)")
        book.execute(
            "CREATE TRIGGER full BEFORE INSERT ON course_reading"
            " BEGIN SELECT RAISE(ABORT, 'disk is full'); END"
        )
    assert read_after(course, opened) == (list(PEOPLE), [])


# --- what jobs know, and what a stop leaves -------------------------------------------------------


def test_a_job_knows_points_by_hand_and_lateness_for_its_page(course):
    run(course)
    HERS["points by hand"](course)
    (of_anna(course) / "timestamp.txt").write_text(LATE)
    (job,) = run(course)[1]
    assert job.standing.manual == {"affine_forward": 3.0}
    assert job.standing.penalty(93.0) == 93.0, "all that there is"


class StopsBeforeTheCommit(BaseException):
    pass


def test_killed_between_folder_and_gradebook_only_means_grading_again(course, monkeypatch):
    def stop(self, record):
        raise StopsBeforeTheCommit

    with monkeypatch.context() as patch:
        patch.setattr(CourseGradebook, "record", stop)
        with pytest.raises(StopsBeforeTheCommit):
            run(course)
    assert rows(gradebook(course))["grade"] == []
    report, jobs = run(course)
    assert (report.graded, who(jobs)) == (2, list(PEOPLE))
    page = course.root / "feedback" / "anna" / EXERCISE / f"{course.graded_notebook_name}.html"
    assert page.read_text().endswith(f"of {report.seed}")


@pytest.mark.parametrize("left", [".exercise_05.new", ".exercise_05.old"])
def test_what_a_killed_run_left_aside_is_removed(course, left):
    aside = course.root / "autograded" / "anna" / left
    aside.mkdir(parents=True)
    (aside / "half a file").write_text("x")
    run(course)
    assert os.listdir(aside.parent) == [EXERCISE]


def test_a_failing_statement_in_the_middle_leaves_no_row(course, monkeypatch):
    """One transaction: students, submissions and grades come with the verdict, or not at all."""
    monkeypatch.setattr(CourseGradebook, "_keep_verdict", lambda *_: secrets.choice([]))
    report, _ = run(course)
    assert set(report.failed) == set(PEOPLE) and "IndexError" in report.failed["anna"]
    assert all(found == [] for found in rows(gradebook(course)).values())


# --- who cannot be graded -------------------------------------------------------------------------


def test_an_unreadable_hand_in_keeps_its_grade_and_stops_nobody(course):
    run(course)
    of_anna(course).rename(course.root / "elsewhere")
    of_anna(course).symlink_to(course.root / "elsewhere")
    report, jobs = run(course, force=True)
    assert who(jobs) == ["ben"]
    assert set(report.failed) == {"anna"} and "link" in report.failed["anna"]
    assert points(gradebook(course)) == {"anna": 100.0, "ben": 100.0}


@pytest.mark.parametrize("content", [b"yesterday", b"\xff\xfe", b"2020-13-45 00:00:00 UTC"])
def test_a_time_that_cannot_be_read_is_a_named_failure_and_not_in_time(course, content):
    (of_anna(course) / "timestamp.txt").write_bytes(content)
    report, _ = run(course)
    assert report.graded == 1 and "timestamp.txt" in report.failed["anna"]


def test_a_time_that_is_a_link_is_not_followed(course):
    stamp = of_anna(course) / "timestamp.txt"
    stamp.unlink()
    stamp.symlink_to("/proc/self/environ")
    assert "timestamp.txt" in run(course)[0].failed["anna"]


def test_a_gradebook_without_the_exercise_is_named_and_no_file_is_made(course):
    book = course.root / "gradebook.db"
    book.unlink()
    with pytest.raises(CourseError, match="course prepare"):
        run(course)
    assert not book.exists()


def test_a_graded_cell_that_is_no_task_is_not_guessed_at(course):
    with Gradebook(gradebook(course), course.id) as book:
        book.add_grade_cell(
            "essay", "2a_StochasticGradientDescent", EXERCISE, max_score=5, cell_type="markdown"
        )
    with pytest.raises(CourseError, match="nbgrader autograde"):
        run(course)
