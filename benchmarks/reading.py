"""How much there is to read in the notebooks, how plain it is, and how much there is to do.

    .venv/bin/python -m benchmarks.reading [--run]

Prints the table of docs/teaching.md. The level is Flesch's reading ease, by a rough count of
syllables: 60 and more is plain English. With --run each notebook is run with the reference, too,
and the seconds that it took are printed, by the clock and of the processor; the exit code is 1 when
one took longer by the clock than a student should wait, so run that on a quiet machine.
"""

import argparse
import re
import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbclient import NotebookClient

from benchmarks.verdicts import COURSE
from i2dl_course.samples import variants

# What a student does: write code, guess, answer, set something.
TO_DO = re.compile(
    r"^(score = check|predict\(|right = check_|puzzle\.answer|my_runs|class MyOptimizer"
    r"|plots\.\w+_player)",
    re.M,
)
LIMITS = (10, 25, 25)  # seconds of a whole run, by notebook in their order
HEAD = (
    "| notebook | words | words a sentence | Flesch | things to do | cells between two, at most |",
    "|---|---|---|---|---|---|",
)


def cells(name: str) -> list[Any]:
    """The cells of a notebook, as its author writes them."""
    return jupytext.read(COURSE.root / "notebooks" / f"{name}.py").cells


def things_to_do(cells: list[Any]) -> list[int]:
    """The places of the cells in which there is something to do, among the cells of code."""
    code = [cell.source for cell in cells if cell.cell_type == "code"]
    return [place for place, source in enumerate(code) if TO_DO.search(source)]


def gaps(places: list[int]) -> list[int]:
    """How many cells of code lie between two things to do."""
    return [after - before - 1 for before, after in zip(places, places[1:], strict=False)]


def prose(cells: list[Any]) -> str:
    """The words of a notebook without code, formulas, tables and marks."""
    text = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    text = re.sub(r"```.*?```|\$\$.*?\$\$|</?[a-z]+>", "", text, flags=re.S)
    text = "\n".join(line for line in text.splitlines() if not line.startswith(("|", "#")))
    return re.sub(r"\$[^$]*\$|`[^`]*`", "x", text).replace("*", "")


def measured(text: str) -> tuple[int, float, float]:
    """Words, words a sentence, and Flesch's reading ease."""
    words = re.findall(r"[A-Za-z][a-z']*", text)
    sentences = re.findall(r"[^.!?:]+[.!?:](?:\s|$)", text)
    syllables = sum(
        max(1, len(re.findall("[aeiouy]+", word.lower().removesuffix("e")))) for word in words
    )
    length = len(words) / len(sentences)
    return len(words), length, 206.835 - 1.015 * length - 84.6 * syllables / len(words)


def row(name: str) -> str:
    """The line of a notebook."""
    words, length, ease = measured(prose(cells(name)))
    places = things_to_do(cells(name))
    return (
        f"| {name} | {words:,} | {length:.1f} | {ease:.0f} | {len(places)} | {max(gaps(places))} |"
    )


def seconds(name: str, folder: Path) -> tuple[float, float]:
    """One whole run, the kernel's start included: by the clock, and of the processor."""
    begun, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    notebook = nbformat.read(folder / f"{name}.ipynb", as_version=4)
    where = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, timeout=600, allow_errors=True, resources=where).execute()
    took, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    return took, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", action="store_true", help="run them, and print their seconds")
    given = parser.parse_args(arguments)
    names, too_long = COURSE.exercise.notebooks, False
    print("\n".join([*HEAD, *map(row, names)]))
    if given.run:
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary) / "exercise"
            shutil.copytree(COURSE.release_dir, folder)
            for file, text in variants.reference(COURSE).files.items():
                (folder / file).write_text(text, "utf-8")
            for name, most in zip(names, LIMITS, strict=True):
                took, processor = seconds(name, folder)
                too_long = too_long or took > most
                print(f"{name}: {took:.1f} s of {most} s, {processor:.1f} s of the processor")
    return int(too_long)


if __name__ == "__main__":
    sys.exit(main())
