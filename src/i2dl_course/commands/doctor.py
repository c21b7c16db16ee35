"""`course doctor`: whether a course can run here, what this computer offers, and what to do."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from i2dl_course import manifest
from i2dl_course.errors import CourseError
from i2dl_course.faults import how_to_install
from i2dl_course.sandbox.choice import NONE
from i2dl_course.sandbox.doctor import HostReport, examine

HELP = "whether all is well here: sandbox, versions, database, exchange, clock, disk, service"
SERVICE = "http://127.0.0.1:8505"
_TO_BE_MENDED = 1
_MARKS = {"ok": "✓ ok", "look": "· look", "mend": "✗ mend"}


def arguments(parser: argparse.ArgumentParser) -> None:
    """How the report is shown."""
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object and nothing else"
    )
    parser.add_argument(
        "--service",
        metavar="URL",
        default=SERVICE,
        help="where `course serve` runs, if it does (%(default)s)",
    )


def run(args: argparse.Namespace) -> int:
    """Report; 1 when something is to be mended, such as that there is no sandbox, else 0."""
    if not args.service.startswith(("http://", "https://")):
        raise CourseError(f"--service {args.service} is no address; give one such as {SERVICE}.")
    try:
        root = manifest.find_root()
    except CourseError:  # then there is no course to look at, and the rest holds all the same
        root = None
    report = examine(root)
    found = _course(root, args.service) if root else {}
    if args.json:
        print(json.dumps({**report.as_json(), "readiness": found}, indent=2))
    else:
        _print(report, found, Console())
    mend = report.sandbox == NONE or any(line["state"] == "mend" for line in found.values())
    return _TO_BE_MENDED if mend else 0


def _course(root: Path, service: str) -> dict[str, dict[str, str]]:
    """What there is to say of the course at `root`, by what it is about: its state, and words."""
    try:
        course = manifest.load(root)
    except CourseError as error:
        return {manifest.MANIFEST: {"state": "mend", "says": str(error)}}
    try:
        from i2dl_course.nbgrader_side.readiness import readiness
    except ImportError as error:
        return {"nbgrader": {"state": "mend", "says": f"{error}: {how_to_install()}."}}
    return {
        line.what: {"state": line.state.value, "says": line.says}
        for line in readiness(course, service)
    }


def _print(report: HostReport, found: dict[str, dict[str, str]], console: Console) -> None:
    table = Table(pad_edge=False, show_header=False, box=None)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    none = report.sandbox == NONE
    says = "none works here" if none else f"students' code runs under {report.sandbox}"
    table.add_row(_MARKS["mend" if none else "ok"], "sandbox", Text(f"{says}."))
    differs = report.lock_differences
    table.add_row(_MARKS["look" if differs else "ok"], "versions", Text(_lock(differs)))
    for what, line in found.items():
        table.add_row(_MARKS[line["state"]], what, Text(line["says"]))
    console.print(table)
    console.print()
    _print_host(report, console)


def _print_host(report: HostReport, console: Console) -> None:
    table = Table(pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for finding in report.levels:
        words = "✓ works" if finding.works else f"✗ {finding.why_not}"
        by = f", by {finding.program}" if finding.program else ""
        table.add_row(f"sandbox {finding.level}", Text(words + by))
    for name, value in {**report.host, **report.course}.items():
        table.add_row(name, Text(value))
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
        return "There is no requirements.lock here to compare with."
    if not differences:
        return "All are installed as in requirements.lock."
    return f"{len(differences)} differ from requirements.lock: {'; '.join(differences)}."
