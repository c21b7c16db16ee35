"""`course check-markers`: the strict marker check alone, for pre-commit."""

from __future__ import annotations

import argparse
from pathlib import Path

from i2dl_course.authoring.solutions import HIDDEN, check_markers, cut
from i2dl_course.errors import CourseError
from i2dl_course.faults import read_text
from i2dl_course.manifest import find_root

HELP = "check that solution and hidden-test markers are written exactly"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add this verb's arguments."""
    parser.add_argument(
        "paths",
        nargs="*",
        metavar="PATH",
        type=Path,
        help="Python files; without any: the reference, the notebooks and the hidden tests",
    )


def run(args: argparse.Namespace) -> int:
    """Check every file; one sentence a file that is wrong, exit code 1 when there is one."""
    root = find_root()
    paths = args.paths or [
        path
        for folder in ("instructor/solution", "instructor/hidden", "notebooks")
        for path in sorted((root / folder).rglob("*.py"))
    ]
    wrong = 0
    for path in paths:
        try:
            _check(path, root)
        except CourseError as error:
            print(error)
            wrong += 1
    if not wrong:
        print(f"The markers of {len(paths)} files are exact.")
    return 1 if wrong else 0


def _check(path: Path, root: Path) -> None:
    text = read_text(path, f"{path}:")
    inside = path.resolve()
    if inside.is_relative_to(root / "instructor" / "solution"):
        cut(text, str(path))
    elif inside.is_relative_to(root / "notebooks"):
        check_markers(text, str(path), allowed=(HIDDEN,))
    else:
        check_markers(text, str(path), allowed=())
