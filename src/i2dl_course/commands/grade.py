"""`course grade`: grade a class into nbgrader's gradebook, in parallel, and only what changed."""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from i2dl_course import manifest
from i2dl_course.class_run import course_kit
from i2dl_course.class_run.grading_process import Engine, Setup, setup_for
from i2dl_course.class_run.only_run import only_run
from i2dl_course.class_run.process_pool import ProcessPool
from i2dl_course.commands import options
from i2dl_course.errors import CourseError
from i2dl_course.handins.student_names import require_student_name
from i2dl_course.judging.assessment import Execute
from i2dl_course.manifest import Course

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

    from i2dl_course.class_run.run import RunReport

HELP = "grade a class into the gradebook, in parallel, and only what has changed"
_SECONDS_BETWEEN_LINES = 15
_FAILED_SHOWN = 20


def arguments(parser: argparse.ArgumentParser) -> None:
    """The exercise, whose hand-ins, how, and by how many processes or which computers."""
    parser.add_argument("exercise", metavar="EXERCISE", help="its name in course.toml")
    options.jobs(parser)
    parser.add_argument(
        "--students",
        type=names,
        metavar="A,B,…",
        help="only these, as their folders in submitted/ are called",
    )
    how = parser.add_mutually_exclusive_group()
    options.verdicts_only(how)
    how.add_argument(
        "--execute",
        choices=[Execute.GRADED.value, Execute.ALL.value],
        default=Execute.GRADED.value,
        help=f"'{Execute.ALL.value}' also runs the notebooks without points (%(default)s)",
    )
    parser.add_argument("--force", action="store_true", help="also grade what has not changed")
    parser.add_argument(
        "--json",
        action="store_true",
        help="print one JSON object, nothing else, on the standard output",
    )
    options.sandboxes(parser)
    options.seconds(parser)
    options.cluster(parser)


def names(text: str) -> list[str]:
    """The value of --students, for argparse."""
    found = [name.strip() for name in text.split(",") if name.strip()]
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} names nobody; give names, with commas between")
    return found


def run(args: argparse.Namespace) -> int:
    """Grade; 0 when every hand-in has its grade, 1 when some could not be graded."""
    course = manifest.load()
    require_exercise(args.exercise, course)
    with only_run(course.root) as scratch:
        kit = course_kit.pack(course)
        setup = setup_for(course, args.sandbox, Execute(args.execute), args.seconds)
        engine = _engine(args, kit, setup, scratch)
        try:
            report = _report(args, course, kit, setup, engine)
        finally:
            engine.close()
    if args.json:
        print(json.dumps(report.as_json()))
    else:
        from rich.console import Console

        _summary(report, Console(soft_wrap=False))
    return 1 if report.failed else 0


def _report(
    args: argparse.Namespace,
    course: Course,
    kit: course_kit.CourseKit,
    setup: Setup,
    engine: Engine,
) -> RunReport:
    """What comes of the run."""
    # nbgrader's import takes half a second, in which the processes that grade start.
    from i2dl_course.class_run.best import BestHandins
    from i2dl_course.class_run.run import ClassRun
    from i2dl_course.records.gradebook import CourseGradebook
    from i2dl_course.records.settings import Settings

    settings = Settings(course)
    students = chosen_students(args.students, settings.students(), course)
    gradebook = CourseGradebook(settings, course)
    try:
        _warn_of_other_checks(gradebook.reached_otherwise(kit.digest), course)
        best = BestHandins(course, settings, gradebook, kit, setup, args.force)
        class_run = ClassRun(course, settings, gradebook, kit, setup, args.force, best)
        told = best.choose(students, engine, class_run.report.seed)
        with _Progress(len(students)) as progress:
            report = class_run.run(students, engine, progress)
        report.notes.update(told)
        report.failed.update(best.failed)
        return report
    finally:
        gradebook.close()


def _warn_of_other_checks(count: int, course: Course) -> None:
    if count:
        from rich.console import Console

        Console(stderr=True).print(
            f"The course has changed since {count} hand-ins were graded: their grades may go down. "
            f"`course regrade {course.exercise.name} --preview` says whose would, before it is so.",
            highlight=False,
        )


def _engine(
    args: argparse.Namespace, kit: course_kit.CourseKit, setup: Setup, scratch: Path
) -> Engine:
    """What grades: processes here, or the workers of a cluster."""
    if cluster := options.cluster_of(args):
        return cluster(setup, kit)
    # Who names a few students, or wants all anew, has work for us; else nothing may have changed.
    named = len(args.students or ())
    ahead = named if 0 < named <= args.jobs else args.jobs if args.force else 0
    return process_pool(kit, setup, args.jobs, scratch, ahead)


def process_pool(
    kit: course_kit.CourseKit, setup: Setup, jobs: int, scratch: Path, ahead: int = 0
) -> ProcessPool:
    """Processes here that grade by `kit`, which is unpacked in `scratch`; `ahead` start at once."""
    folder = scratch / "kit"
    kit.unpack(folder)
    return ProcessPool(replace(setup, folder=str(folder)), jobs, ahead)


def require_exercise(name: str, course: Course) -> None:
    """Raise CourseError when `name` is not that of the exercise."""
    if name != course.exercise.name:
        raise CourseError(
            f"There is no exercise {name!r} in course.toml; it is {course.exercise.name}."
        )


def chosen_students(asked: list[str] | None, found: list[str], course: Course) -> list[str]:
    """Those `asked` for, or all. Raises CourseError for one who has handed in nothing."""
    if asked is None:
        if not found:
            raise CourseError(
                f"There is no hand-in of {course.exercise.name} in submitted/; collect first."
            )
        return found
    for student in asked:
        require_student_name(student)
    if missing := sorted(set(asked) - set(found)):
        raise CourseError(
            f"There is no hand-in of {course.exercise.name} by {', '.join(missing)} in submitted/."
        )
    return sorted(set(asked))


class _Progress:
    """A bar with the time left in a terminal, else a line now and then; on the standard error."""

    def __init__(self, total: int):
        self._total = total
        self._begun = self._said = time.monotonic()
        self._bar = _bar() if sys.stderr and sys.stderr.isatty() else None
        self._task = self._bar.add_task("", total=total) if self._bar else None

    def __enter__(self) -> _Progress:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar:
            self._bar.stop()

    def __call__(self, report: RunReport) -> None:
        if self._bar and self._task is not None:
            self._bar.update(self._task, completed=report.done)
            return
        now = time.monotonic()
        if now - self._said >= _SECONDS_BETWEEN_LINES:
            self._said = now
            left = (now - self._begun) / report.done * (self._total - report.done)
            print(f"{report.done} of {self._total}, about {left:.0f} s left", file=sys.stderr)


def _bar() -> Progress:
    from rich import progress  # only who looks at it waits for it
    from rich.console import Console

    return progress.Progress(
        progress.TextColumn("grading"),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TextColumn("left"),
        progress.TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )


def _summary(report: RunReport, console: Console) -> None:
    """What was done, who is slow, who has no grade; 80 columns are enough."""

    def say(text: str) -> None:
        console.print(text, highlight=False, markup=False)

    say(
        f"{report.exercise}: {report.graded} graded, {report.unchanged} unchanged, "
        f"{len(report.failed)} failed, in {report.seconds:.1f} s."
    )
    if report.graded:
        slowest = ", ".join(f"{name} {seconds:.1f} s" for seconds, name in report.slowest)
        say(f"Slowest: {slowest}.")
        say(
            f"Student code ran under: {', '.join(sorted(report.sandboxes))}. "
            f"Cases drawn from seed {report.seed}."
        )
    for kind, sentences in (("Note", report.notes), ("Not graded", report.failed)):
        for name, sentence in list(sentences.items())[:_FAILED_SHOWN]:
            say(f"{kind}: {name}: {sentence}")
        if len(sentences) > _FAILED_SHOWN:
            say(f"{kind}: {len(sentences) - _FAILED_SHOWN} more; --json names all.")
    if report.failed:
        if old := report.old_grades:
            whose = "theirs" if len(old) == len(report.failed) else f"{len(old)} of them"
            say(f"An old grade of {whose} is still there.")
        say("The same command tries them again.")
