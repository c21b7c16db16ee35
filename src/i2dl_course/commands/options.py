"""Options that several verbs have, each declared once."""

from __future__ import annotations

import argparse
import math
import os

from i2dl_course import sandbox
from i2dl_course.judging.allowance import SECONDS_PER_TASK


def jobs(parser: argparse.ArgumentParser) -> None:
    """Declare --jobs: a process for each core by default."""
    parser.add_argument(
        "--jobs",
        type=number_of_jobs,
        default=len(os.sched_getaffinity(0)),
        metavar="N",
        help="how many hand-ins at once (%(default)s)",
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
