"""Options that several verbs have, each declared once."""

from __future__ import annotations

import argparse
import math
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from i2dl_course import sandbox
from i2dl_course.judging.allowance import SECONDS_PER_TASK
from i2dl_course.judging.assessment import Execute

if TYPE_CHECKING:
    from i2dl_course.class_run.course_kit import CourseKit
    from i2dl_course.class_run.dask_engine import DaskEngine
    from i2dl_course.class_run.grading_process import Setup


def jobs(parser: argparse.ArgumentParser) -> None:
    """Declare --jobs: a process for each core by default."""
    parser.add_argument(
        "--jobs",
        type=number_of_jobs,
        default=len(os.sched_getaffinity(0)),
        metavar="N",
        help="how many hand-ins at once (%(default)s)",
    )


def verdicts_only(parser: argparse._ActionsContainer) -> None:
    """Declare --verdicts-only, which decides `execute`; a group of the parser will do, too."""
    parser.add_argument(
        "--verdicts-only",
        dest="execute",
        action="store_const",
        const=Execute.NOTHING.value,
        default=Execute.GRADED.value,
        help="run no notebook, and write none and no feedback",
    )


def sandboxes(parser: argparse.ArgumentParser) -> None:
    """Declare --sandbox."""
    parser.add_argument(
        "--sandbox",
        choices=sandbox.CHOICES,
        help="what holds the students' code; by default the best that works",
    )


def seconds(parser: argparse.ArgumentParser) -> None:
    """Declare --seconds."""
    parser.add_argument(
        "--seconds",
        type=seconds_of_a_task,
        default=SECONDS_PER_TASK,
        metavar="S",
        help="time limit of one task, all its calls together (%(default)g)",
    )


def cluster(parser: argparse.ArgumentParser) -> None:
    """Declare --scheduler, and the files for TLS."""
    dask = parser.add_argument_group("on several computers, by the workers of a Dask cluster")
    dask.add_argument("--scheduler", metavar="ADDRESS", help="such as tls://10.0.0.7:8786")
    for name, what in (("ca", "who signed"), ("cert", "our certificate"), ("key", "our key")):
        dask.add_argument(f"--tls-{name}", type=Path, metavar="FILE", help=f"{what}, for TLS")


def cluster_of(args: argparse.Namespace) -> Callable[[Setup, CourseKit], DaskEngine] | None:
    """What makes an engine of the cluster that is named; None without one. Raises CourseError."""
    if not args.scheduler:
        return None
    from i2dl_course.class_run import dask_engine  # only who asks for it pays for it

    secure = dask_engine.security(args.tls_ca, args.tls_cert, args.tls_key)
    return partial(dask_engine.DaskEngine, args.scheduler, secure=secure)


def number_of_jobs(text: str) -> int:
    """The value of --jobs, for argparse."""
    if not text.isdecimal() or not 1 <= int(text) <= 1000:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of jobs; give one from 1 to 1000")
    return int(text)


def seconds_of_a_task(text: str) -> float:
    """The value of --seconds, for argparse."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < 3600:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no time limit; give seconds, more than 0 and less than 3600"
        )
    return seconds
