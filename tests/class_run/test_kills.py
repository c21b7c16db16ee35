"""Killed at any moment: a class run goes on where it stopped, nothing lost, nothing double."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from support.class_courses import (
    EXERCISE,
    HeldRun,
    copy_of,
    grade,
    gradebook,
    graded,
    hand_in,
    points,
    prepared,
    rows,
    verdicts,
)
from support.handins import COURSE, reference
from support.patience import until

from i2dl_course.class_run import course_kit
from i2dl_course.class_run.grading_process import PROCESSES_PER_JOB, GradingProcess, Job, setup_for
from i2dl_course.class_run.only_run import only_run
from i2dl_course.class_run.process_pool import ProcessPool
from i2dl_course.class_run.run import ClassRun
from i2dl_course.judging.assessment import Execute
from i2dl_course.judging.referee import Referee
from i2dl_course.records.gradebook import CourseGradebook
from i2dl_course.reporting.outcome import Standing
from i2dl_course.sandbox.process import open_process, start_deadline, wait_for

CLASS = {
    "anna": "perfect",
    "ben": "transposed",
    "cem": "forward_only",
    "dana": "untouched",
    "eva": "one_file_missing",
}
POINTS = {"anna": 100.0, "ben": 60.0, "cem": 45.0, "dana": 0.0, "eva": 50.0}


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kills") / "course"
    course = copy_of(prepared(tmp_path_factory), folder)
    for student, persona in CLASS.items():
        hand_in(course, student, persona)
    return folder


@pytest.fixture
def course(template, tmp_path):
    return copy_of(template, tmp_path / "course")


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """The temporary folder of the runs, which nobody else uses."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


def recorded(course):
    """How many verdicts the gradebook holds; 0 before there is a table for them."""
    return len(verdicts(gradebook(course))) if "course_verdict" in tables(course) else 0


def tables(course):
    with sqlite3.connect(f"file:{course.root / 'gradebook.db'}?mode=rw", uri=True) as book:
        return {name for (name,) in book.execute("SELECT name FROM sqlite_master")}


def offspring(pid):
    """The processes that `pid` has started itself."""
    found = []
    for children_of_thread in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
            found += map(int, children_of_thread.read_text().split())
    return found


def family(pid):
    """Every process that descends from `pid`."""
    return [member for child in offspring(pid) for member in (child, *family(child))]


def command(pid):
    """The words that a process was started with; none when it has ended."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    return [""]


def handles(pids):
    """A file descriptor for each process, which can be read once it has ended."""
    found = []
    for pid in pids:
        with suppress(ProcessLookupError):
            found.append(open_process(pid))
    return found


def children(pid):
    """The processes in which `pid` has hand-ins graded."""
    return [
        child for child in offspring(pid) if any("grading_process" in w for w in command(child))
    ]


def fork_servers(pid):
    """The fork servers below `pid`, without their forks, which have their words."""
    found = []
    for child in offspring(pid):
        program, *words = command(child)
        if "bwrap" not in program and any("zygote.py" in word for word in words):
            found.append(child)
        else:
            found += fork_servers(child)
    return found


# Held before the last hand-in is drawn: there is work left for whoever is killed.
BEFORE_THE_LAST = (ClassRun._job, len(CLASS) - 1)


@pytest.mark.parametrize("moment", [0, 1, 3])
def test_a_killed_run_goes_on_where_it_stopped(course, temporary, moment):
    """`moment` verdicts are recorded, and the next are in the making, when the run dies."""
    options = ("--verdicts-only", "--jobs", 2)
    with HeldRun(course, CourseGradebook.record, moment, *options) as run:
        processes = handles(family(run.pid))
        run.kill()
    kept = verdicts(gradebook(course)) if recorded(course) else {}
    assert len(kept) == moment
    report = graded(course, "--verdicts-only")
    assert (report["graded"], report["unchanged"]) == (len(CLASS) - moment, moment)
    assert points(gradebook(course)) == POINTS
    after = verdicts(gradebook(course))
    assert {name: after[name] for name in kept} == kept, "what was recorded is not done twice"
    assert len(rows(gradebook(course))["grade"]) == 6 * len(CLASS)
    assert os.listdir(temporary) == [], "and nothing of the killed run is left"
    for process in processes:
        assert wait_for(process, start_deadline()), "nor any of its processes"
        os.close(process)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_run_that_is_asked_to_end_leaves_nothing_behind(course, temporary, number):
    with HeldRun(course, *BEFORE_THE_LAST, "--verdicts-only", "--jobs", 2) as run:
        processes = handles(family(run.pid))
        os.kill(run.pid, number)
        code, output, errors = run.wait()
    assert (code, output) == (128 + number, "")
    by = "" if number == signal.SIGINT else f" by {number.name}"
    assert errors == f"course: stopped{by}.\n"
    assert os.listdir(temporary) == []
    for process in processes:
        assert wait_for(process, start_deadline())
        os.close(process)


def test_a_judge_that_is_asked_to_end_leaves_nothing_behind(course, temporary):
    """In the middle of a hand-in, whose worker is there."""
    folder = course.root / "submitted" / "anna" / EXERCISE
    with HeldRun(course, Referee._verdict, 3, verb=("judge", folder)) as run:
        processes = handles(family(run.pid))
        assert len(processes) >= 1 and os.listdir(temporary) != []
        os.kill(run.pid, signal.SIGTERM)
        code, output, errors = run.wait()
    assert (code, output) == (128 + signal.SIGTERM, "")
    assert errors == "course: stopped by SIGTERM.\n"
    assert os.listdir(temporary) == []
    for process in processes:
        assert wait_for(process, start_deadline())
        os.close(process)


def test_a_demo_that_is_asked_to_end_leaves_nothing_behind(temporary, tmp_path):
    """While its threads have commands running: several students fetch at once."""
    demo = subprocess.Popen(
        [sys.executable, "-P", "-m", "i2dl_course.cli", "demo", "--keep", tmp_path / "kept"],
        cwd=COURSE.root,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )

    def fetches_or_has_ended():
        commands = [command(pid) for pid in offspring(demo.pid)]
        return demo.poll() is not None or any("fetch_assignment" in one for one in commands)

    until(fetches_or_has_ended)
    processes = handles(family(demo.pid))
    os.kill(demo.pid, signal.SIGTERM)
    _, errors = demo.communicate()
    assert (demo.returncode, errors) == (128 + signal.SIGTERM, "course: stopped by SIGTERM.\n")
    assert os.listdir(temporary) == []
    for process in processes:
        assert wait_for(process, start_deadline())
        os.close(process)


def test_killed_pool_processes_cost_nothing_but_time(course):
    with HeldRun(course, *BEFORE_THE_LAST, "--verdicts-only", "--jobs", 2) as run:
        killed = children(run.pid)
        assert len(killed) == 2
        for pid in killed:
            os.kill(pid, signal.SIGKILL)
        assert "5 graded" in run.finish()
    assert points(gradebook(course)) == POINTS


def test_killed_fork_servers_cost_nobody_a_point(course):
    with HeldRun(course, *BEFORE_THE_LAST, "--verdicts-only", "--jobs", 2) as run:
        until(lambda: len(fork_servers(run.pid)) >= 2)  # each process starts one, and then keeps it
        for pid in fork_servers(run.pid):
            os.kill(pid, signal.SIGKILL)
        assert "5 graded" in run.finish()
    assert points(gradebook(course)) == POINTS


def test_a_second_run_at_the_same_time_is_refused_with_a_sentence(course):
    with only_run(course.root):
        done = grade(course)
    assert done.returncode == 2
    assert done.stderr.startswith("course: Another `course grade` is running")
    assert recorded(course) == 0


def test_a_hand_in_that_cannot_be_read_is_named_and_the_exit_code_says_so(course):
    folder = course.root / "submitted" / "ben" / EXERCISE
    folder.rename(course.root / "elsewhere")
    folder.symlink_to(course.root / "elsewhere")
    done = grade(course, "--students", "ben,dana", "--verdicts-only")
    assert done.returncode == 1
    assert "1 graded, 0 unchanged, 1 failed" in done.stdout and "Not graded: ben:" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert points(gradebook(course)) == {"dana": 0.0}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--students", "nobody"], "no hand-in of exercise_05 by nobody"),
        (["--jobs", "0"], "'0' is no number of jobs; give one from 1 to 1000"),
        (["--sandbox", "glass"], "invalid choice"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(course, arguments, sentence):
    done = grade(course, *arguments)
    assert done.returncode == 2 and sentence in done.stderr
    assert "Traceback" not in done.stderr and recorded(course) == 0


# --- the pool itself ------------------------------------------------------------------------------


@pytest.fixture
def setup(tmp_path):
    """How the real course's hand-ins are judged, by verdicts only."""
    folder = tmp_path / "kit"
    course_kit.pack(COURSE).unpack(folder)
    tmp_path.chmod(0o711)
    return setup_for(COURSE, None, Execute.NOTHING, 10.0, str(folder))


@pytest.fixture
def cursed(monkeypatch):
    """Processes get this signal, and no time, when they begin with the student `cursed`."""

    def with_signal(number):
        begin = GradingProcess.begin

        def begin_and_be_hit(process, job):
            begin(process, job)
            if job.student == "cursed":
                os.kill(process.pid, number)
                process.deadline = 0.0 if number == signal.SIGSTOP else process.deadline

        monkeypatch.setattr(GradingProcess, "begin", begin_and_be_hit)

    return with_signal


def jobs(names):
    return [Job(name, reference(), 7, Standing()) for name in names]


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (signal.SIGKILL, f"ended {PROCESSES_PER_JOB} times (signal 9)"),
        (signal.SIGSTOP, "was stopped"),
    ],
)
def test_a_hand_in_that_ends_or_stops_its_process_costs_nobody_else(
    setup, cursed, number, sentence
):
    cursed(number)
    pool = ProcessPool(setup, 2)
    try:
        found = {
            outcome.student: outcome for outcome in pool.results(jobs(["anna", "cursed", "ben"]))
        }
    finally:
        pool.close()
    assert sentence in found["cursed"].problem and found["cursed"].assessment is None
    assert [found[name].assessment.judgement.score for name in ("anna", "ben")] == [100, 100]


def test_jobs_are_drawn_as_there_is_room_for_them(setup):
    """What waits in memory is one more than there are processes, however large the class."""
    drawn, done, most = 0, 0, 0

    def source():
        nonlocal drawn, most
        for job in jobs(map(str, range(6))):
            drawn += 1
            most = max(most, drawn - done)
            yield job

    pool = ProcessPool(setup, 1)
    try:
        for _ in pool.results(source()):
            done += 1
    finally:
        pool.close()
    assert (drawn, done) == (6, 6) and most <= 3


def test_a_closed_pool_leaves_no_process(setup):
    pool = ProcessPool(setup, 1)
    next(pool.results(jobs(["anna", "ben"])))
    assert len(children(os.getpid())) == 1
    pool.close()
    assert children(os.getpid()) == []
