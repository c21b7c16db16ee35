"""Of mistakes that no rule knows, how many does the search find in the code, and where?

    .venv/bin/python -m benchmarks.located [--mistakes 300] [--seed 1] [--part 0.12] [--jobs 2]
                                        [--show 0]

A machine changes one piece of one of the right answers (report_card/operators.py, which the search
does not share). Of those that fail with an array that shows no known mistake, it is counted for how
many one change is found that makes an array right, and for how many it stands in the very line, or
beside it where several lines compute the same. With --show, so many others are printed.

Exit code 1 when too few are found, or too few in their line.
"""

import argparse
import os
import sys
import time
import warnings
from typing import NamedTuple

from benchmarks import in_process
from benchmarks.report_card import card, children, trees
from exercise_code.tests import CHECKS

FOUND, IN_LINE = 0.80, 0.90  # of all mistakes, and of those that are found
DRAWN = 20  # the seed of the cases


class Located(NamedTuple):
    """What the search says of one mistake."""

    seconds: float
    found: bool
    in_line: bool
    says: str


def look(made: card.Made) -> Located | None:
    """Judge one mistake; None where a rule knows it, nothing fails, or it is not in one line."""
    warnings.simplefilter("ignore")
    bases = {base.name: base.files for base in card.bases()}
    file, changed = next((f, t) for f, t in made.files.items() if t != bases[made.base][f])
    old, new = (text.splitlines() for text in (trees.written(bases[made.base][file]), changed))
    lines = [n for n, pair in enumerate(zip(old, new, strict=False), 1) if pair[0] != pair[1]]
    if len(old) != len(new) or len(lines) != 1:
        return None
    try:
        student = in_process.submission(made.files)
    except Exception:
        return None
    for task in made.tasks:
        check = CHECKS[task]
        verdict = check.run(student, drawn=card.drawn(DRAWN)[task])
        if not verdict.passed:
            if not verdict.unknown or check.file != file:
                return None
            begun = time.process_time()
            traced = check.traced(verdict, student)
            spent = time.process_time() - begun
            in_line = f"line {lines[0]} of {file.rpartition('/')[2]}" in traced.says
            return Located(
                spent, traced.says != verdict.says, in_line, f"{made}\n    {traced.says}"
            )
    return None


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mistakes", type=int, default=300, help="at most so many (300)")
    parser.add_argument("--seed", type=int, default=1, help="draws them (1)")
    parser.add_argument("--part", type=float, default=0.12, help="of what can be made (0.12)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes (all cores)")
    parser.add_argument("--show", type=int, default=0, help="print so many not in their line (0)")
    given = parser.parse_args(arguments)
    begun = time.perf_counter()
    made = card.mutants(given.seed, given.part)
    seen = [one for one in children.each(look, made, given.jobs) if one][: given.mistakes]
    for one in [one for one in seen if not one.in_line][: given.show]:
        print(one.says)
    found = [one for one in seen if one.found]
    in_line = [one for one in found if one.in_line]
    spent = sorted(one.seconds for one in seen)
    print(f"{len(seen)} mistakes that no rule knows, {time.perf_counter() - begun:.0f} s")
    print(f"one change found                 {len(found) / len(seen):6.1%}")
    print(f"    of which in the very line    {len(in_line) / len(found):6.1%}")
    print(
        f"processor time of a search       {sum(spent) / len(spent):.2f} s, at most {spent[-1]:.2f}"
    )
    return int(len(found) < FOUND * len(seen) or len(in_line) < IN_LINE * len(found))


if __name__ == "__main__":
    sys.exit(main())
