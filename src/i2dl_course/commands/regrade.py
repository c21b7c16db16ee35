"""`course regrade`: after a change of the checks, who would move and why; then, if so, moved."""

from __future__ import annotations

import argparse
import json
import secrets
from dataclasses import asdict
from typing import TYPE_CHECKING

from rich.console import Console

from i2dl_course import manifest
from i2dl_course.class_run import course_kit
from i2dl_course.class_run.grading_process import setup_for
from i2dl_course.class_run.only_run import only_run
from i2dl_course.commands import options
from i2dl_course.commands.grade import process_pool, require_exercise
from i2dl_course.judging.allowance import SECONDS_PER_TASK
from i2dl_course.judging.assessment import Execute

if TYPE_CHECKING:
    from i2dl_course.class_run.regrade import Move, Preview

HELP = "after a change of checks: who would move, how far and why, before anything is written"
_MOVES_SHOWN = 40


def arguments(parser: argparse.ArgumentParser) -> None:
    """The exercise, and whether to look or to write."""
    parser.add_argument("exercise", metavar="EXERCISE", help="its name in course.toml")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--preview", action="store_true", help="say what would change; write nothing")
    what.add_argument("--yes", action="store_true", help="say it, and write it")
    parser.add_argument(
        "--never-down", action="store_true", help="who would lose points keeps the old grade"
    )
    parser.add_argument(
        "--seed", type=int, metavar="N", help="that of a preview, for its very cases"
    )
    options.verdicts_only(parser)
    options.jobs(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object, nothing else")


def run(args: argparse.Namespace) -> int:
    """Preview, and with --yes write; 1 when some hand-ins could not be judged."""
    from i2dl_course.class_run.regrade import Regrade
    from i2dl_course.records.gradebook import CourseGradebook
    from i2dl_course.records.settings import Settings

    course = manifest.load()
    require_exercise(args.exercise, course)
    settings = Settings(course)
    failed: dict[str, str] = {}
    with only_run(course.root) as scratch:
        kit = course_kit.pack(course)
        setup = setup_for(course, None, Execute(args.execute), SECONDS_PER_TASK)
        gradebook = CourseGradebook(settings, course)
        engine = process_pool(kit, setup, args.jobs, scratch)
        try:
            students = settings.students()
            regrade = Regrade(course, settings, gradebook, kit, setup, engine, students)
            preview = regrade.preview(secrets.randbits(48) if args.seed is None else args.seed)
            failed |= preview.failed
            if args.yes:
                failed |= regrade.write(preview, args.never_down).failed
        finally:
            engine.close()
            gradebook.close()
    if args.json:
        print(json.dumps(_as_json(preview, args.never_down, failed)))
    else:
        _tell(preview, args, failed, Console(soft_wrap=False))
    return 1 if failed else 0


def _as_json(preview: Preview, never_down: bool, failed: dict[str, str]) -> dict:
    return {
        "moves": [asdict(move) for move in preview.moves if not (never_down and move.is_down)],
        "kept": [move.student for move in preview.down] if never_down else [],
        "same": preview.same,
        "new": preview.new,
        "failed": failed,
        "seed": str(preview.seed),
    }


def _tell(
    preview: Preview, args: argparse.Namespace, failed: dict[str, str], console: Console
) -> None:
    def say(text: str) -> None:
        console.print(text, highlight=False, markup=False)

    up = len(preview.moves) - len(preview.down)
    have = "moved" if args.yes else "would move"
    kept = f", {len(preview.down)} kept" if args.never_down else f", {len(preview.down)} down"
    say(
        f"{args.exercise}: {up} {have} up{kept}, {preview.same} stay, {preview.new} had no grade, "
        f"{len(failed)} failed."
    )
    for move in preview.moves[:_MOVES_SHOWN]:
        for line in _lines(move, args.never_down and move.is_down):
            say(line)
    if len(preview.moves) > _MOVES_SHOWN:
        say(f"{len(preview.moves) - _MOVES_SHOWN} more; --json names all.")
    for name, sentence in list(failed.items())[:_MOVES_SHOWN]:
        say(f"Not judged: {name}: {sentence}")
    if args.preview:
        choice = " --never-down" if args.never_down else ""
        choice += " --verdicts-only" if Execute(args.execute) is Execute.NOTHING else ""
        say("Nothing is written. To write this, on the same cases:")
        say(f"  course regrade {args.exercise} --yes{choice} --seed {preview.seed}")


def _lines(move: Move, kept: bool) -> list[str]:
    head = f"{move.student}: {move.before:g} → {move.after:g}"
    lines = [f"{head}, keeps {move.before:g}" if kept else head]
    if not move.tasks:
        lines.append("  what lateness costs is another")
    for task in move.tasks:
        lines.append(f"  {task.name} {task.before:g} → {task.after:g}: {task.says}")
        if task.said_before and task.said_before != task.says:
            lines.append(f"    was: {task.said_before}")
    return lines
