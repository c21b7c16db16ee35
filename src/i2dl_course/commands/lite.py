"""`course lite`: the student tree as a site on which Python runs in the browser alone."""

from __future__ import annotations

import argparse
from pathlib import Path

from i2dl_course.commands.publish import checked_tree
from i2dl_course.manifest import load
from i2dl_course.publishing import lite
from i2dl_course.publishing.links import opens_in_lite
from i2dl_course.sandbox import ScratchFolder

HELP = "make a site on which students need nothing but a browser (JupyterLite)"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Where to, and what the site brings along."""
    parser.add_argument(
        "--to", required=True, type=Path, metavar="FOLDER", help="a new folder for the site"
    )
    parser.add_argument(
        "--pyodide",
        type=Path,
        metavar="FOLDER",
        help=f"Pyodide {lite.PYODIDE}, unpacked: it becomes part of the site, which then asks no "
        "other server for anything",
    )


def run(args: argparse.Namespace) -> int:
    """Make the site, and say how it is looked at."""
    course = load()
    tree = checked_tree(course)
    with ScratchFolder("lite") as scratch:
        lite.site(course, tree, args.to, args.pyodide, scratch)
    print(f"The site is in {args.to}: copy it to any web server. To look at it here:")
    print(f"  python -m http.server --bind 127.0.0.1 --directory {args.to}")
    print(f"and open http://127.0.0.1:8000/{opens_in_lite(course)}")
    if args.pyodide:
        print("It asks no other server for anything.")
    else:
        print(
            "Browsers get Python from cdn.jsdelivr.net and a package from the package index; with "
            "--pyodide they ask no other server (see docs/publishing.md)."
        )
    return 0
