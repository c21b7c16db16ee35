"""`course publish`: the student tree, into a folder or a Git repository."""

from __future__ import annotations

import argparse
from pathlib import Path

from i2dl_course.authoring import leaks
from i2dl_course.errors import CourseError
from i2dl_course.manifest import Course, load
from i2dl_course.publishing import folder, repository
from i2dl_course.publishing.change import Allowed, Change
from i2dl_course.publishing.links import links
from i2dl_course.publishing.tree import StudentTree, student_tree
from i2dl_course.sandbox import ScratchFolder

HELP = "publish what students get: release/ with all they need beside it, to a folder or Git"
DIFFERS = 1


def arguments(parser: argparse.ArgumentParser) -> None:
    """Where to, and what may change there."""
    parser.add_argument(
        "--to",
        required=True,
        metavar="FOLDER|REPOSITORY",
        help="a folder, or a Git repository: its folder or its address",
    )
    parser.add_argument(
        "--branch", help="the branch of the repository (the one that it shows by itself)"
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="write nothing; list what would change, and exit 1 when there is any",
    )
    parser.add_argument(
        "--change",
        action="append",
        default=[],
        metavar="FILE",
        help="change this file although students edit it; can be given several times",
    )
    parser.add_argument(
        "--because", metavar="REASON", help="why; students read it in the commit's message"
    )


def run(args: argparse.Namespace) -> int:
    """Publish, or say what publishing would change."""
    if bool(args.change) != bool(args.because):
        raise CourseError("--change FILE and --because REASON go together; give both.")
    course = load()
    tree = checked_tree(course)
    allowed = Allowed(frozenset(args.change), args.because)
    _require_apart(course, args.to)
    if not repository.is_repository(args.to):
        if args.branch:
            raise CourseError(f"{args.to} is no Git repository, so it has no branch; leave it out.")
        place = Path(args.to)
        what = folder.change_in(place, tree, allowed)
        if what and not args.check:
            folder.write(place, tree, what)
        return _tell(course, tree, what, args.check, str(place))
    with (
        ScratchFolder("publish") as scratch,
        repository.checkout(args.to, args.branch, scratch) as checkout,
    ):
        what = checkout.change(tree, allowed)
        where = f"{args.to}, branch {checkout.branch}"
        if what and not args.check:
            commit = checkout.publish(tree, what, course.exercise.title)
            where += f", commit {commit}"
            if not checkout.remote:
                where += f"; now push it: git -C {args.to} push"
    return _tell(course, tree, what, args.check, where)


def checked_tree(course: Course) -> StudentTree:
    """The student tree, in which nothing of the solution leaks. Raises CourseError, or lists it."""
    tree = student_tree(course)
    leaks.check(course, tree.files)
    return tree


def _require_apart(course: Course, to: str) -> None:
    """The course itself is no place for students. Raises CourseError."""
    if Path(to).resolve() in (course.root, *course.root.parents):
        raise CourseError(
            f"{to} is the course itself, with its solution, or a folder that holds it; give a "
            "folder or a repository of its own."
        )


def _tell(course: Course, tree: StudentTree, what: Change, only_check: bool, where: str) -> int:
    for kind, paths in (("new", what.new), ("changed", what.changed), ("kept", what.kept)):
        for path in paths:
            print(f"{kind:<8} {path}")
    if what.kept:
        print("Kept: no longer part of the exercise; students have it, so it is not deleted.")
    if not links(course).badges:
        print(
            "README.md has no badges: [publish] of course.toml names no address to open it at (see "
            "docs/publishing.md)."
        )
    if not what:
        print(f"Nothing to publish: all {len(tree.files)} files are there as they are. {where}")
    elif only_check:
        print(f"{len(what.new)} new and {len(what.changed)} changed files would go to {where}.")
        return DIFFERS
    else:
        print(f"Published {len(what.new)} new and {len(what.changed)} changed files: {where}")
    return 0
