"""A class of sample hand-ins, graded from release to feedback by the real nbgrader commands.

Everything happens in a scratch course: a folder with its own gradebook, exchange and homes. Only
the `nbgrader` commands that an instructor and the students would give are used to get there.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import string
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol, TypeVar

from i2dl_course import manifest, package
from i2dl_course.errors import CourseError
from i2dl_course.manifest import Course
from i2dl_course.nbgrader_side.run import (
    command_environment,
    kill_what_is_running,
    nbgrader,
    prepare_gradebook,
    running,
)
from i2dl_course.records.grades import Grades, read_grades
from i2dl_course.records.nbgraders_import import without_slow_library
from i2dl_course.samples import personas
from i2dl_course.samples.at_the_door import Answer, hand_in_over_http
from i2dl_course.samples.personas import Persona
from i2dl_course.sandbox import ONE_THREAD
from i2dl_course.verdicts import TaskVerdict

# The endless loop of one persona must not cost the demo the minutes that an instructor grants.
DEMO_SECONDS_PER_CELL = 10
DEMO_SECONDS_PER_TASK = 4
SEED = 5
_COURSE = (sys.executable, "-P", "-m", "i2dl_course.cli")  # the command, as anybody would give it

T = TypeVar("T")
R = TypeVar("R")


class ShowsStages(Protocol):
    """Who is told how far a demo is; `times` are the seconds that each stage has taken, by name."""

    times: dict[str, float]

    def stage(
        self, name: str, total: int | None = None
    ) -> AbstractContextManager[Callable[[], None]]:
        """A stage with `total` steps; yields the function to call after each step."""


@dataclass(frozen=True)
class Result:
    """One persona, what the gradebook holds for it, and what the referee says about it.

    `fetched` says whether the student found the page of feedback in the exchange.
    """

    persona: Persona
    grades: Grades | None
    verdicts: dict[str, TaskVerdict]
    pass_mark: int
    fetched: bool

    @property
    def bonus(self) -> bool:
        return self.grades is not None and self.grades.total >= self.pass_mark

    def surprises(self) -> list[str]:
        """Where the outcome differs from what the persona expects, one sentence each."""
        name, expect = self.persona.name, self.persona.expect
        if self.grades is None:
            return [f"{name}: the gradebook holds no hand-in."]
        found = []

        def compare(what: str, wanted: object, got: object) -> None:
            if wanted != got:
                found.append(f"{name}: {what} should be {wanted}, and it is {got}.")

        compare("the total", float(expect.total), self.grades.total)
        compare("late", expect.late, self.grades.late)
        compare("the bonus", expect.bonus, self.bonus)
        # Who uploads a zip has handed in nothing by which a page could be asked for.
        compare("the page fetched", self.persona.route == "exchange", self.fetched)
        for task, points in expect.points.items():
            verdict = self.verdicts[task]
            compare(f"{task} in the gradebook", float(points), self.grades.points[task])
            compare(f"{task} from the referee", float(points), verdict.points)
            compare(f"the cause of {task}", expect.causes.get(task), verdict.cause)
        return found


@dataclass(frozen=True)
class Demo:
    """What one run has left behind: the scratch course and the results, by student.

    `at_the_door` is the answer to one more hand-in, over HTTP, in a course of its own.
    """

    course: Course
    results: dict[str, Result]
    times: dict[str, float]
    at_the_door: Answer

    def feedback(self, student: str) -> list[Path]:
        """The pages of feedback of one student that say something: of notebooks with points."""
        folder = self.course.root / "feedback" / student / self.course.exercise.name
        return sorted(folder.glob(f"{self.course.graded_notebook_name}.html"))

    def surprises(self) -> list[str]:
        """Every difference between what is and what the personas expect."""
        return [line for result in self.results.values() for line in result.surprises()]


def run(course: Course, scratch: Path, temporary: Path, stages: ShowsStages, jobs: int) -> Demo:
    """Grade all personas of `course` in the empty folder `scratch`.

    The commands have their temporary folders in `temporary`, which a sandbox's user must be able to
    enter. Raises CourseError when a command fails.
    """
    people = personas.load_all(course)
    class_ = _Class(course, scratch, temporary, jobs)
    with stages.stage("release"):
        class_.release()
    with stages.stage(f"{len(people)} students: fetch, work, submit", len(people)) as step:
        class_.in_parallel(class_.hand_in, people, step)
    with stages.stage("collect"):
        class_.collect()
    with stages.stage("autograde", len(people)) as step:
        class_.by_student(
            "autograde",
            people,
            step,
            "Autograding ",
            f"--Judge.seconds_per_task={DEMO_SECONDS_PER_TASK}",
            f"--Judge.seconds_per_cell={DEMO_SECONDS_PER_CELL}",
        )
    with stages.stage("feedback", len(people)) as step:
        class_.by_student("generate_feedback", people, step, "Converting notebook ")
    with stages.stage("grade again, release, fetch", len(people)) as step:
        # One for each way of handing in, by `course grade`: what it leaves can be released, too.
        class_.grade_again({one.route: one for one in people if one.expect.bonus}.values())
        class_.instructor("generate_feedback", course.exercise.name)
        class_.instructor("release_feedback", course.exercise.name)
        fetched = class_.in_parallel(class_.fetch, people, step)
    with stages.stage("causes, from the referee", len(people)) as step:
        # From the referee, not from the text in the notebook: a cause is a name there, not prose,
        # and the demo so proves that both ways of judging agree on every task.
        verdicts = class_.in_parallel(class_.verdicts_of, people, step)
    with stages.stage("one hand-in at the door, over HTTP"):
        at_the_door = class_.at_the_door(next(one for one in people if one.expect.bonus))
    grades = read_grades(class_.course)
    results = {
        person.name: Result(
            person, grades.get(person.name), found, course.exercise.pass_mark, has_page
        )
        for person, found, has_page in zip(people, verdicts, fetched, strict=True)
    }
    return Demo(class_.course, results, stages.times, at_the_door)


class _Class:
    """The scratch course and its people."""

    def __init__(self, original: Course, scratch: Path, temporary: Path, jobs: int):
        self._original = original
        self._temporary = temporary
        self._jobs = jobs
        self._log = scratch / "nbgrader.log"
        self._homes = scratch / "homes"
        self._settings = scratch / "settings"
        self._door = scratch / "door"
        root = scratch / "course"
        root.mkdir(parents=True)
        for name in (manifest.MANIFEST, "nbgrader_config.py"):
            shutil.copy(original.root / name, root / name)
        if not original.source_dir.is_dir():
            raise CourseError("There is no source/ to release; run `course build` first.")
        shutil.copytree(original.source_dir, root / "source" / original.exercise.name)
        package.copy(original.root, root)
        (root / "src").symlink_to(original.root / "src", target_is_directory=True)
        self.course = manifest.load(root)
        exchange = scratch / "exchange"
        exchange.mkdir()
        exchange.chmod(0o777)
        self._quickly = without_slow_library(scratch / "quick")
        # What the administrator of a hub sets once for everybody.
        self._settings.mkdir()
        (self._settings / "nbgrader_config.py").write_text(
            "c = get_config()\n"
            f"c.Exchange.root = {str(exchange)!r}\n"
            f"c.CourseDirectory.course_id = {original.id!r}\n",
            encoding="utf-8",
        )

    def _environment(self, person: str) -> dict[str, str]:
        home = self._homes / person
        home.mkdir(parents=True, exist_ok=True)
        environment = command_environment(
            HOME=str(home),
            LOGNAME=person,
            USER=person,
            JUPYTER_CONFIG_PATH=str(self._settings),
            TMPDIR=str(self._temporary),
            **self._quickly,
            **ONE_THREAD,
        )
        for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR"):
            environment.pop(name, None)
        return environment

    def instructor(self, *arguments: str, on_line: Callable[[str], None] | None = None) -> None:
        nbgrader(arguments, self.course.root, self._environment("instructor"), self._log, on_line)

    def release(self) -> None:
        prepare_gradebook(self.course, self._environment("instructor"), self._log)
        shutil.copytree(self.course.root, self._door, symlinks=True)
        declared = self._door / manifest.MANIFEST  # a term that is to come has not opened yet
        text = declared.read_text(encoding="utf-8")
        opened = re.sub(r"^opens = .*$", "opens = 2000-01-01T00:00:00", text, flags=re.MULTILINE)
        declared.write_text(opened, encoding="utf-8")
        self.instructor("release_assignment", self.course.exercise.name)

    def hand_in(self, person: Persona) -> None:
        """What one student does: fetch the exercise, work on it, hand it in."""
        home = self._homes / person.name
        environment = self._environment(person.name)
        exercise = self.course.exercise.name
        log = home / "nbgrader.log"
        nbgrader(["fetch_assignment", exercise], home, environment, log)
        folder = home / exercise

        def submit(moment: datetime) -> None:
            # nbgrader stamps a hand-in with the student's own clock. The exercise was due in 2020,
            # so the stamp is given as a literal text: it holds none of strftime's % signs.
            nbgrader(
                [
                    "submit",
                    exercise,
                    f"--student={person.name}",
                    f"--Exchange.timestamp_format={moment:%Y-%m-%d %H:%M:%S} UTC",
                ],
                home,
                environment,
                log,
            )

        if person.first_handed_in:
            submit(person.first_handed_in)
        personas.apply(person, self._original, folder)
        if person.route == "exchange":
            submit(person.handed_in)
            if person.handed_in_again:
                submit(person.handed_in_again)
        else:
            self._upload(person, folder, environment)

    def _upload(self, person: Persona, folder: Path, environment: dict[str, str]) -> None:
        """Pack the hand-in as notebook 1 does, and put it where the instructor's downloads go."""
        exercise = self.course.exercise.name
        pack = "from exercise_code.handin import pack; pack()"
        done = subprocess.run(
            [sys.executable, "-c", pack],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise CourseError(f"{person.name} could not pack the hand-in: {done.stderr.strip()}")
        archive = self.course.root / "downloaded" / exercise / "archive"
        archive.mkdir(parents=True, exist_ok=True)
        stamp = f"{person.handed_in:%Y-%m-%dT%H%M%SZ}"
        shutil.move(folder / f"{exercise}.zip", archive / f"{person.name}_{stamp}_{exercise}.zip")

    def collect(self) -> None:
        # All hand-ins arrive now, whatever day of 2020 their stamps say.
        self.instructor(
            "collect",
            self.course.exercise.name,
            "--before-duedate",
            "--SafeCollect.trust_stamp=True",
        )
        self.instructor("zip_collect", self.course.exercise.name)

    def by_student(
        self,
        command: str,
        people: Sequence[Persona],
        step: Callable[[], None],
        sign: str,
        *options: str,
    ) -> None:
        """Run `command` as one process a job, each for a share of the students."""
        graded = f"{self.course.graded_notebook_name}.ipynb"

        def on_line(line: str) -> None:
            if sign in line and graded in line:
                step()

        def one(pattern: str) -> None:
            self.instructor(
                command,
                self.course.exercise.name,
                f"--student={pattern}",
                *options,
                on_line=on_line,
            )

        names = [person.name for person in people]
        self.in_parallel(one, share_out(names, self._jobs), lambda: None)

    def verdicts_of(self, person: Persona) -> dict[str, TaskVerdict]:
        """The verdicts of ``course judge`` on the collected hand-in, by task."""
        folder = self.course.root / "submitted" / person.name / self.course.exercise.name
        said = self._course_command(
            self._original.root, "judge", str(folder), "--json", f"--seed={SEED}"
        )
        return {task["name"]: TaskVerdict(**task) for task in json.loads(said)["tasks"]}

    def grade_again(self, people: Iterable[Persona]) -> None:
        """``course grade`` for some."""
        names = ",".join(person.name for person in people)
        exercise = self.course.exercise.name
        self._course_command(self.course.root, "grade", exercise, f"--students={names}")

    def at_the_door(self, person: Persona) -> Answer:
        """What the door says to the hand-in of `person`, in a course where nobody else hands in."""
        folder = self._door / "hand-in"
        personas.build(person, self._original, folder)
        archive = Path(shutil.make_archive(str(folder), "zip", folder))
        environment = self._environment("instructor")
        del environment["JUPYTER_CONFIG_PATH"]  # where the exchange stands, which is not watched
        environment["PYTHONPATH"] = str(self._original.root / "src")
        return hand_in_over_http(_COURSE, self._door, environment, person.name, archive)

    def _course_command(self, folder: Path, *arguments: str) -> str:
        """What the `course` command prints in `folder`. Raises CourseError when it fails."""
        with running(
            [
                *_COURSE,
                *(*arguments, f"--seconds={DEMO_SECONDS_PER_TASK}"),
            ],
            cwd=folder,
            env={
                **self._environment("instructor"),
                "PYTHONPATH": str(self._original.root / "src"),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            output, errors = process.communicate()
        if process.returncode:
            raise CourseError(f"`course {' '.join(arguments)}` failed: {errors.strip()}")
        return output

    def fetch(self, person: Persona) -> bool:
        """Ask for feedback as the student does; whether the graded notebook has a page."""
        home, exercise = self._homes / person.name, self.course.exercise.name
        command = ["fetch_feedback", exercise]
        nbgrader(command, home, self._environment(person.name), home / "nbgrader.log")
        pages = (home / exercise / "feedback").glob(f"*/{self.course.graded_notebook_name}.html")
        return any(pages)

    def in_parallel(
        self, function: Callable[[T], R], items: Sequence[T], step: Callable[[], None]
    ) -> list[R]:
        def one(item: T) -> R:
            result = function(item)
            step()
            return result

        with ThreadPoolExecutor(max(1, self._jobs)) as pool:
            futures = [pool.submit(one, item) for item in items]
            try:
                return [future.result() for future in futures]
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                while left := [future for future in futures if not future.done()]:
                    kill_what_is_running()  # and what a thread has begun meanwhile
                    wait(left, timeout=0.1)
                raise


def share_out(names: Sequence[str], jobs: int) -> list[str]:
    """Patterns of nbgrader's --student option, at most `jobs`, that share out the `names`.

    nbgrader knows shell patterns, so the share is by first letter: [abc]*.
    """
    shares: list[list[str]] = [[] for _ in range(max(1, jobs))]
    loads = [0] * len(shares)
    letters = sorted({name[0] for name in names})
    for letter in sorted(letters, key=lambda one: -sum(name[0] == one for name in names)):
        lightest = loads.index(min(loads))
        shares[lightest].append(letter)
        loads[lightest] += sum(name[0] == letter for name in names)
    if not set(letters) <= set(string.ascii_letters + string.digits):
        return ["*"]
    return [f"[{''.join(sorted(share))}]*" for share in shares if share]


def cores() -> int:
    """How many processes this computer runs at once."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
