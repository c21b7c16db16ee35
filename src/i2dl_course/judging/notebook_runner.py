"""Running a rebuilt notebook in a sandbox, for the feedback; what happens here decides nothing.

The graded cells are not run: their output is the referee's verdict. Of their code only the imports
are, so that a later cell finds the names.
"""

from __future__ import annotations

import ast
import base64
import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from i2dl_course import sandbox
from i2dl_course.handins.outputs import Budget, clean
from i2dl_course.judging.allowance import SECONDS_FOR_NOTEBOOKS
from i2dl_course.judging.line import (
    STARTS,
    TIME_LIMIT,
    Line,
    LineBroken,
    LineEnded,
)
from i2dl_course.judging.sandbox_folder import furnish
from i2dl_course.manifest import Course

SECONDS_PER_CELL = 60.0  # the longest of ours trains for a few
# A process that has ended after more than this is not started again: an end from outside does not
# come that often, and a notebook is run for its pictures only.
SECONDS_OF_A_FIRST_TRY = 10.0
# A notebook may start threads and write files; processes it may not.
NOTEBOOK_LIMITS = {**sandbox.LIMITS, "CPU": 600, "FSIZE": 16 << 20, "NPROC": 64}


class Runner:
    """Runs notebooks one after the other, each in a process of its own. Close it after use.

    Parameters
    ----------
    course : Course
    launch : sandbox.Launcher
        Starts the processes; made for NOTEBOOK_LIMITS, with threads. Not closed with the runner.
    seconds : float
        Time limit of one cell.
    clock : callable
        Gives seconds, as time.monotonic does.
    """

    def __init__(
        self,
        course: Course,
        launch: sandbox.Launcher,
        seconds: float = SECONDS_PER_CELL,
        clock: Callable[[], float] = time.monotonic,
    ):
        self._launch = launch
        self._seconds = seconds
        self._clock = clock
        self._scratch = sandbox.ScratchFolder("notebooks")
        self._folder = self._scratch.path
        self._program = furnish(self._folder, course, "shell.py")

    def run(
        self,
        notebook: dict,
        files: Mapping[str, bytes],
        seconds: float = SECONDS_FOR_NOTEBOOKS,
    ) -> None:
        """Run `notebook`, a rebuilt one, beside `files`, and put the outputs into it.

        `seconds` are the time limit of all cells together, and of both tries where there are two.
        Raises CourseError when no process can be had.
        """
        begun = self._clock()
        for _ in range(STARTS):
            if self._run_once(notebook, files, begun + seconds):
                break
            if self._clock() - begun > SECONDS_OF_A_FIRST_TRY:
                break

    def _run_once(self, notebook: dict, files: Mapping[str, bytes], end: float) -> bool:
        """Whether the process has lasted to the end of the notebook, or of its time."""
        line = Line(self._launch(self._program, self._folder))
        try:
            line.load(files)
            run = _Run(line, self._seconds, lambda: end - self._clock())
            run.all_cells(notebook)
            return not run.ended
        finally:
            line.close()

    def close(self) -> None:
        """Remove the folder that the processes see."""
        self._scratch.close()

    def __enter__(self) -> Runner:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Run:
    """One run of one notebook: which cells are run, and what is said of those that are not."""

    def __init__(self, line: Line, seconds: float, left: Callable[[], float]):
        self._line = line
        self._seconds = seconds
        self._left = left
        self._budget = Budget()
        self._why_no_more = ""
        self.ended = False

    def all_cells(self, notebook: dict) -> None:
        for cell in notebook["cells"]:
            if cell["cell_type"] != "code" or not cell["source"].strip():
                continue
            if is_graded(cell):
                self._import_only(cell["source"])
            elif self._why_no_more:
                cell["outputs"] = [stream(self._why_no_more)]
            else:
                self._run(cell)

    def _run(self, cell: dict) -> None:
        try:
            answer, pictures = self._ask(cell["source"], cell=True)
        except LineBroken as error:
            cell["outputs"] = [self._broken(error)]
            return
        outputs = answer.get("outputs")
        outputs = outputs if isinstance(outputs, list) else []
        found = [_as_in_a_notebook(output, pictures) for output in outputs]
        cell["outputs"] = clean(found, self._budget)
        if answer.get("more") is True:
            cell["outputs"].append(stream("… and more, which is not kept.\n"))
        count = answer.get("count")
        if isinstance(count, int) and not isinstance(count, bool) and 0 < count < 10**6:
            cell["execution_count"] = count
            for output in cell["outputs"]:
                if output["output_type"] == "execute_result":
                    output["execution_count"] = count

    def _import_only(self, source: str) -> None:
        if self._why_no_more:
            return
        try:
            statements = ast.parse(source).body
        except SyntaxError:  # magics; ours have none
            return
        imports = [one for one in statements if isinstance(one, (ast.Import, ast.ImportFrom))]
        try:
            self._ask("\n".join(map(ast.unparse, imports)), cell=False)
        except LineBroken as error:
            self._broken(error)

    def _ask(self, source: str, cell: bool) -> tuple[dict, list[np.ndarray]]:
        blob = np.frombuffer(source.encode("utf-8", "replace"), np.uint8)
        seconds = min(self._seconds, self._left())
        return self._line.ask({"op": "run", "cell": cell}, [blob], seconds)

    def _broken(self, error: LineBroken) -> dict:
        """The output of a cell that gave no answer; the cells after it are not run."""
        self.ended = isinstance(error, LineEnded)
        if error.kind != TIME_LIMIT:
            self._why_no_more = "Not run: an earlier cell ended the Python process.\n"
            return _error("DeadKernelError", f"This cell gave no answer: {error.message}.")
        if self._left() <= 0:
            self._why_no_more = "Not run: the time of the notebook was used up.\n"
            return _error(
                "CellTimeoutError",
                "This cell was stopped: all cells together have some minutes when a hand-in is "
                "graded, and those were used up.",
            )
        self._why_no_more = (
            f"Not run: an earlier cell took longer than {self._seconds:g} seconds.\n"
        )
        return _error(
            "CellTimeoutError",
            f"This cell took longer than {self._seconds:g} seconds and was stopped: probably a "
            "loop in your code does not end.",
        )


def is_graded(cell: dict) -> bool:
    """Whether a cell of a rebuilt notebook has points."""
    return cell["metadata"].get("nbgrader", {}).get("grade") is True


def leave_out(notebook: dict, why: str) -> None:
    """Say in place of the outputs of a student's cells, in one sentence, why there are none."""
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code" and not is_graded(cell):
            cell |= {"outputs": [stream(f"Not run: {why}\n")], "execution_count": None}


def stream(text: str) -> dict:
    """An output that was printed."""
    return {"output_type": "stream", "name": "stdout", "text": text}


def _error(name: str, sentence: str) -> dict:
    return {
        "output_type": "error",
        "ename": name,
        "evalue": sentence,
        "traceback": [f"{name}: {sentence}"],
    }


def _as_in_a_notebook(output: object, pictures: Sequence[np.ndarray]) -> dict | None:
    """An output that crossed the wire, in the form of a notebook; not looked at closely yet."""
    if not isinstance(output, dict):
        return None
    kind = output.get("output_type")
    if kind == "stream":
        return {"output_type": kind, "name": output.get("name"), "text": output.get("text")}
    if kind == "error":
        return {**output, "traceback": [output.get("traceback")]}
    data = {"text/plain": output.get("text")}
    number = output.get("png")
    if isinstance(number, int) and not isinstance(number, bool) and 0 <= number < len(pictures):
        data["image/png"] = base64.b64encode(pictures[number].tobytes()).decode("ascii")
    return {"output_type": kind, "data": data, "metadata": {}, "execution_count": None}
