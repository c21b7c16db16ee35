"""Killed at any moment: a class run goes on where it stopped, nothing lost, nothing double."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
from pathlib import Path

import pytest
from support.class_courses import (
    EXERCISE,
    copy_of,
    grade,
    gradebook,
    graded,
    hand_in,
    points,
    prepared,
    rows,
    start,
    verdicts,
)
from support.handins import COURSE, reference

from i2dl_course.class_run import course_kit
from i2dl_course.class_run.grading_process import PROCESSES_PER_JOB, GradingProcess, Job
from i2dl_course.class_run.only_run import LOCK_FILE, only_run
from i2dl_course.class_run.process_pool import ProcessPool
from i2dl_course.class_run.run import setup_for
from i2dl_course.judging.assessor import Execute, Standing

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


def recorded(course):
    """How many verdicts the gradebook holds; 0 before there is a table for them."""
    return len(verdicts(gradebook(course))) if "course_verdict" in tables(course) else 0


def tables(course):
    with sqlite3.connect(f"file:{course.root / 'gradebook.db'}?mode=rw", uri=True) as book:
        return {name for (name,) in book.execute("SELECT name FROM sqlite_master")}


def watch(run, ready):
    """Look again and again until `ready()`; fail when the run ends before that."""
    while not ready():
        try:
            run.wait(0.02)
        except subprocess.TimeoutExpired:
            continue
        pytest.fail(f"the run was over too soon:\n{''.join(run.communicate())}")


def children(pid):
    """The processes in which `pid` has hand-ins graded."""
    done = subprocess.run(
        ["ps", "-o", "pid=,args=", "--ppid", str(pid)], capture_output=True, text=True, check=False
    )
    return [int(line.split()[0]) for line in done.stdout.splitlines() if "grading_process" in line]


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


@pytest.mark.parametrize("moment", [0, 1, 3])
def test_a_killed_run_goes_on_where_it_stopped(course, moment):
    """`moment` verdicts are recorded, and the next are in the making, when the run dies."""
    run = start(course, "--verdicts-only", "--jobs", 2)
    watch(run, lambda: children(run.pid) and recorded(course) >= moment)
    workers = children(run.pid)
    run.kill()
    run.communicate()
    kept = verdicts(gradebook(course)) if recorded(course) else {}
    scratch = Path((course.root / LOCK_FILE).read_text())
    report = graded(course, "--verdicts-only")
    assert (report["graded"], report["unchanged"]) == (len(CLASS) - len(kept), len(kept))
    assert points(gradebook(course)) == POINTS
    after = verdicts(gradebook(course))
    assert {name: after[name] for name in kept} == kept, "what was recorded is not done twice"
    assert len(rows(gradebook(course))["grade"]) == 6 * len(CLASS)
    assert not scratch.exists(), "and nothing of the killed run is left in the temporary folder"
    assert not any(map(alive, workers)), "nor any of its processes"


def test_a_killed_pool_process_costs_nothing_but_time(course):
    run = start(course, "--verdicts-only", "--jobs", 2)
    watch(run, lambda: len(children(run.pid)) == 2 and recorded(course) >= 1)
    os.kill(random.Random(5).choice(children(run.pid)), signal.SIGKILL)
    output, errors = run.communicate()
    assert run.returncode == 0, output + errors
    assert "5 graded" in output
    assert points(gradebook(course)) == POINTS


def fork_servers(pid):
    """The fork servers below `pid`, by what only their command lines hold."""
    done = subprocess.run(
        ["ps", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True
    )
    lines = [line.split(None, 2) for line in done.stdout.splitlines()]
    family = {pid}
    for _ in lines:  # as often as the tree can be deep
        more = {int(child) for child, parent, *_ in lines if int(parent) in family} - family
        if not more:
            break
        family |= more
    return [
        int(child)
        for child, _, *command in lines
        if int(child) in family
        and "zygote.py" in "".join(command)
        and "bwrap" not in "".join(command).split()[0]
    ]


def test_a_killed_fork_server_costs_nobody_a_point(course):
    run = start(course, "--verdicts-only", "--jobs", 2)
    watch(run, lambda: len(fork_servers(run.pid)) >= 2 and recorded(course) >= 1)
    for pid in fork_servers(run.pid):
        os.kill(pid, signal.SIGKILL)
    output, errors = run.communicate()
    assert run.returncode == 0, output + errors
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
