"""Makes the site: python -m website [FOLDER]."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from sphinx.cmd.build import build_main

from website.collecting import collect

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent


def main(argv: list[str] | None = None) -> int:
    """Write the site into a folder, which is emptied before; Sphinx's exit code."""
    parser = argparse.ArgumentParser(prog="python -m website", description=__doc__)
    parser.add_argument(
        "folder", nargs="?", type=Path, default=ROOT / "docs" / "_build", metavar="FOLDER"
    )
    folder = parser.parse_args(argv).folder
    with tempfile.TemporaryDirectory() as work:
        source, made = Path(work) / "source", Path(work) / "made"
        collect(ROOT, source)
        # A warning is a mistake: a link that leads nowhere, a page that nobody can find.
        failed = build_main(
            [
                "-q",
                "-W",
                "--keep-going",
                "-c",
                str(HERE),
                "-d",
                f"{work}/read",
                str(source),
                str(made),
            ]
        )
        if not failed:
            shutil.rmtree(folder, ignore_errors=True)
            shutil.move(made, folder)
            print(f"The site is ready: {folder / 'index.html'}")
    return failed


if __name__ == "__main__":
    sys.exit(main())
