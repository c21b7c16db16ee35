"""The floor of grading: what the cells of hand-ins cost in one warm process that does nothing else.

    .venv/bin/python -m benchmarks.floor COURSE SIZE

prints the mean CPU seconds of the first SIZE hand-ins of a course, without what comes before the
first cell of each. No sandbox, no verdict of a referee, no gradebook, no feedback.
"""

import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from i2dl_course import manifest
from i2dl_course.handins.sanitise import rebuild
from i2dl_course.inside import shell as cells


def run(course, homes):
    """The mean CPU seconds of the hand-ins in the folders `homes`; the working folder is ours."""
    from IPython import get_ipython

    notebooks = [
        rebuild(json.loads((course.source_dir / f"{name}.ipynb").read_text("utf-8")), None).notebook
        for name in course.exercise.notebooks
    ]
    cells.prepare()
    shell, terminal = get_ipython(), sys.stdout
    sys.stdout = cells.Stream("stdout", shell)
    try:
        one(shell, course, notebooks, homes[0])  # the first one still warms something up
        return statistics.mean(one(shell, course, notebooks, home) for home in homes)
    finally:
        sys.stdout = terminal


def one(shell, course, notebooks, home):
    """CPU seconds of all code cells of one hand-in, graded ones too."""
    for name in course.handin.files:
        shutil.copy(home / name, name)
    seconds = 0.0
    for notebook in notebooks:
        for name in course.handin.files:
            sys.modules.pop(name.removesuffix(".py").replace("/", "."), None)
        shell.reset(new_session=True)
        begun = time.process_time()
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                cells.run(shell, cell["source"])
        seconds += time.process_time() - begun
    return seconds


def main():
    course, size = manifest.load(Path(sys.argv[1])), int(sys.argv[2])
    homes = sorted((course.root / "submitted").glob("*/*"))[:size]
    with tempfile.TemporaryDirectory(prefix="i2dl-floor-") as work:
        shutil.copytree(homes[0], work, dirs_exist_ok=True)
        os.chdir(work)
        os.environ["MPLCONFIGDIR"] = work
        print(run(course, homes))
        os.chdir("/")


if __name__ == "__main__":
    main()
