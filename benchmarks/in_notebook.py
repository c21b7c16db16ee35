"""Hand-ins as a notebook checks them: the cells of the tasks, in IPython's shell, in a folder.

One kernel checks many hand-ins, as a student's kernel checks many states of the same files. Only
for what we have written ourselves, never for a student's code: nothing here is locked up.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from exercise_code.tests import CHECKS, Verdict
from i2dl_course import package
from i2dl_course.manifest import Course

# Runs in the kernel. The cells are those of the notebook, but for the numbers, which are those that
# the referee draws from the same seed.
_KERNEL = '''
import contextlib, io, json, os, sys
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

seed, tasks = int(sys.argv[1]), sys.argv[2:]
answers = os.fdopen(os.dup(1), "w")
os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
folder = sys.path[0] = os.getcwd()
config = Config()
config.HistoryManager.enabled = False
shell = InteractiveShell.instance(config=config)
FIRST = """
%load_ext autoreload
%autoreload 2
import numpy as np
from exercise_code import plots
from exercise_code.networks import MSE
from exercise_code.tests import check
"""
OWN = """
from exercise_code.networks import layer
from exercise_code.networks.two_layer_net import TwoLayerNet
"""

shell.run_cell(FIRST)
for line in sys.stdin:
    files = json.loads(line)
    for name, text in files.items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    with contextlib.redirect_stderr(io.StringIO()):
        shell.run_cell(OWN)
    verdicts = {}
    for number, task in enumerate(tasks):
        stderr = io.StringIO()
        with contextlib.redirect_stderr(stderr):
            shell.run_cell(f"check({task!r}, np.random.default_rng([{seed}, {number}]), rounds=1)")
        verdicts[task] = {**shell.user_ns["_"].to_dict(), "stderr": stderr.getvalue()}
    print(json.dumps(verdicts), file=answers, flush=True)
'''


class Kernel:
    """A kernel in a student's folder; close it after use.

    Parameters
    ----------
    course : Course
    seed : int
        What the referee draws from it for its first round, the cells check on.
    """

    def __init__(self, course: Course, seed: int):
        self._known: dict[tuple[tuple[str, str], ...], dict[str, Verdict]] = {}
        self._folder = tempfile.TemporaryDirectory(prefix="i2dl-notebook-")
        package.copy(course.root, Path(self._folder.name))
        self._process = subprocess.Popen(
            [sys.executable, "-c", _KERNEL, str(seed), *CHECKS],
            cwd=self._folder.name,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def verdicts(
        self, files: Mapping[str, str], beside: Mapping[str, str] | None = None
    ) -> dict[str, Verdict]:
        """The verdict of each task's cell on the texts of the files to hand in.

        Files `beside` them stay in the folder; what was checked once is remembered. Raises
        RuntimeError when the kernel has died, or
        when a cell has said something on standard error, which costs a student points.
        """
        key = tuple({**files, **(beside or {})}.items())
        if key not in self._known:
            self._known[key] = self._checked(key)
        return self._known[key]

    def _checked(self, files: tuple[tuple[str, str], ...]) -> dict[str, Verdict]:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps(dict(files)) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError("the kernel has died")
        verdicts = {}
        for task, told in json.loads(answer).items():
            if stderr := told.pop("stderr"):
                raise RuntimeError(f"the cell of {task} said on stderr: {stderr}")
            del told["name"]
            verdicts[task] = Verdict(task, **told)
        return verdicts

    def close(self) -> None:
        """End the kernel and remove its folder."""
        self._process.kill()
        self._process.communicate()
        self._folder.cleanup()

    def __enter__(self) -> Kernel:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
