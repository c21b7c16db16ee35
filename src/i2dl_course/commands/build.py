"""`course build`: stubs, source/ and release/ from what the authors wrote."""

from __future__ import annotations

import argparse

from i2dl_course.authoring.build import build, write_stubs
from i2dl_course.manifest import load

HELP = "build the stubs, source/ and release/ from notebooks/, exercise_code/ and instructor/"
STALE = 1


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add this verb's arguments."""
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--check",
        action="store_true",
        help="write nothing; list what is stale, missing or surplus, and exit 1 when there is any",
    )
    what.add_argument(
        "--stubs",
        action="store_true",
        help="write only the stubs in exercise_code/, without nbgrader",
    )


def run(args: argparse.Namespace) -> int:
    """Build, or compare the tree with what would be built."""
    course = load()
    if args.stubs:
        written = write_stubs(course)
        for path in written:
            print(f"written  {path}")
        print(f"{len(course.handin.files)} stubs, {len(written)} of them changed.")
        return 0
    built = build(course)
    if args.check:
        differences = built.differences()
        for difference in differences:
            print(f"{difference.kind:<8} {difference.path}")
        if differences:
            print(
                f"{len(differences)} of {len(built.files)} generated files are not fresh: "
                "run `course build`."
            )
            return STALE
        print(f"All {len(built.files)} generated files are fresh.")
        return 0
    changed = built.write()
    for difference in changed:
        print(f"{'removed' if difference.kind == 'surplus' else 'written':<8} {difference.path}")
    print(f"{len(built.files)} files built, {len(changed)} of them changed.")
    return 0
