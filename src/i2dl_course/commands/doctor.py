"""`course doctor`: what this computer offers, and how to get a better sandbox."""

from __future__ import annotations

import argparse
import json

from rich.console import Console
from rich.table import Table
from rich.text import Text

from i2dl_course.errors import CourseError
from i2dl_course.manifest import find_root
from i2dl_course.sandbox.choice import NONE
from i2dl_course.sandbox.doctor import HostReport, examine

HELP = "say what this computer offers: which sandbox, which versions, what is missing"
NO_SANDBOX = 1


def arguments(parser: argparse.ArgumentParser) -> None:
    """How the report is shown."""
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object and nothing else"
    )


def run(args: argparse.Namespace) -> int:
    """Report; 0 when students' code can be run in a sandbox here, 1 when not."""
    try:
        root = find_root()
    except CourseError:  # then there is no lock to compare with, and the rest holds all the same
        root = None
    report = examine(root)
    if args.json:
        print(json.dumps(report.as_json(), indent=2))
    else:
        _print(report, Console())
    return NO_SANDBOX if report.sandbox == NONE else 0


def _print(report: HostReport, console: Console) -> None:
    table = Table(pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for finding in report.levels:
        words = "✓ works" if finding.works else f"✗ {finding.why_not}"
        by = f", by {finding.program}" if finding.program else ""
        table.add_row(f"sandbox {finding.level}", Text(words + by))
    for name, value in {**report.host, **report.course}.items():
        table.add_row(name, Text(value))
    table.add_row("lock", Text(_lock(report.lock_differences)))
    console.print(table)
    if report.sandbox == NONE:
        console.print(
            Text(
                "No sandbox works here: students' code is only run when asked for with "
                "`--sandbox none`, and then with your own rights."
            )
        )
    else:
        console.print(Text(f"Students' code runs under: {report.sandbox}."))
    for sentence in report.advice:
        console.print(Text(f"- {sentence}"))


def _lock(differences: list[str] | None) -> str:
    if differences is None:
        return "no requirements.lock here to compare with"
    if not differences:
        return "all installed as in requirements.lock"
    return f"{len(differences)} differ from requirements.lock: {'; '.join(differences)}"
