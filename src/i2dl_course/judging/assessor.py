"""One hand-in → its verdicts, its notebooks and its pages of feedback: the one task of a class run.

The same function serves one machine and many: it takes the hand-in as bytes and gives bytes back,
and touches neither the gradebook nor the course's run-time folders.
"""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Mapping

from i2dl_course import sandbox
from i2dl_course.errors import CourseError
from i2dl_course.handins.failure import sentence
from i2dl_course.handins.opening import HandIn
from i2dl_course.handins.sanitise import rebuild
from i2dl_course.judging.allowance import SECONDS_FOR_NOTEBOOKS, SECONDS_PER_TASK
from i2dl_course.judging.assessment import Assessment, Execute
from i2dl_course.judging.notebook_runner import (
    NOTEBOOK_LIMITS,
    SECONDS_PER_CELL,
    Runner,
    is_graded,
    leave_out,
    stream,
)
from i2dl_course.judging.referee import Referee
from i2dl_course.manifest import Course
from i2dl_course.reporting import outcome
from i2dl_course.reporting.outcome import Standing
from i2dl_course.verdicts import Judgement


class Assessor:
    """Assesses hand-ins one after the other, with warm sandboxes. Close it, or use it in a `with`.

    Parameters
    ----------
    course : Course
    level : str, optional
        The sandbox; by default the best that works here.
    execute : Execute
        Which notebooks are run, and written as notebooks and pages; with NOTHING there are
        verdicts only.
    seconds : float
        Time limit of one task, of all calls of the student's functions together.
    seconds_per_cell : float
        Time limit of one cell of a notebook.
    warm : bool
        Whether processes are forked from one that has everything imported, or each starts anew.

    Raises CourseError when no sandbox is to be had.
    """

    def __init__(
        self,
        course: Course,
        level: str | None = None,
        execute: Execute = Execute.GRADED,
        seconds: float = SECONDS_PER_TASK,
        seconds_per_cell: float = SECONDS_PER_CELL,
        warm: bool = True,
    ):
        self.course = course
        self.execute = execute
        self._launch_worker = sandbox.launcher(level, warm=warm)
        self._launch_shell = sandbox.launcher(
            level, limits=NOTEBOOK_LIMITS, threads=True, warm=warm
        )
        self._referee = Referee(course, self._launch_worker, seconds)
        self._runner = Runner(course, self._launch_shell, seconds_per_cell)
        self._sources: dict[str, dict] = {}

    @property
    def level(self) -> str:
        """The sandbox that is used, as verdicts name it."""
        return self._launch_worker.level

    def get_ready(self) -> None:
        """Do what can be done before there is a hand-in. Raises CourseError."""
        self._referee.get_ready()

    def assess(
        self,
        handin: HandIn,
        seed: int,
        standing: Standing | None = None,
        judgement: Judgement | None = None,
    ) -> Assessment:
        """Judge `handin` on the cases of `seed`; run its notebooks and write its pages.

        With a `judgement` that was reached before, only the latter. Raises CourseError when no
        sandboxed process can be had.
        """
        judgement = judgement or self._referee.judge(handin, seed)
        if self.execute is Execute.NOTHING:
            return Assessment(judgement, {}, {}, tuple(handin.notes()))
        standing = standing or Standing()
        rebuilt = {}
        for name in self.course.exercise.notebooks:
            submitted = handin.files.get(f"{name}.ipynb")
            if submitted is not None:
                rebuilt[name] = rebuild(self.source(name), submitted)
        notes = (*handin.notes(), *(note for one in rebuilt.values() for note in one.notes))
        notebooks, pages = {}, {}
        end = time.monotonic() + SECONDS_FOR_NOTEBOOKS
        for name, one in rebuilt.items():
            left = end - time.monotonic()
            self.complete(one.notebook, name, handin, judgement, notes, left, standing.tried)
            notebooks[name] = to_bytes(one.notebook)
            page = self._page(name, one.notebook, handin, judgement, notes, standing)
            pages[name] = page.encode()
        return Assessment(judgement, notebooks, pages, notes)

    def judge(self, handin: HandIn, seed: int | None = None) -> Judgement:
        """The verdicts alone; without `seed`, a fresh one is drawn."""
        return self._referee.judge(handin, seed)

    def complete(
        self,
        notebook: dict,
        name: str,
        handin: HandIn,
        judgement: Judgement | None,
        notes: tuple[str, ...] = (),
        seconds: float = SECONDS_FOR_NOTEBOOKS,
        tried: Collection[str] = (),
    ) -> None:
        """Put into a rebuilt `notebook` what its cells print, and the verdicts.

        For the tasks in `tried`, which were failed with other code, too, also a second hint.
        Whatever becomes of the run, for which there are `seconds`, the verdicts are there: a
        failure is an output with a sentence.
        """
        graded = any(map(is_graded, notebook["cells"]))
        if self.execute is Execute.ALL or (self.execute is Execute.GRADED and graded):
            files = {
                file: handin.files[file]
                for file in self.course.handin.files
                if file in handin.files
            }
            try:
                files[f"{name}.ipynb"] = to_bytes(notebook)
                self._runner.run(notebook, files, seconds)
            except Exception as error:
                leave_out(notebook, sentence(error, "the run of this notebook failed"))
        if graded and judgement is not None:
            self._put_verdicts(notebook, judgement)
            outcome.record(notebook, judgement.verdicts.values(), notes, tried)

    def _put_verdicts(self, notebook: dict, judgement: Judgement) -> None:
        """The output of a graded cell is what the referee says, as the check in it would say it."""
        for cell in notebook["cells"]:
            if not is_graded(cell):
                continue
            verdict = judgement.verdicts[cell["metadata"]["nbgrader"]["grade_id"]]
            cell["outputs"] = [
                stream(verdict.words + "\n"),
                {
                    "output_type": "execute_result",
                    "execution_count": None,
                    "metadata": {},
                    "data": {"text/plain": repr(float(verdict.points))},
                },
            ]

    def _page(
        self,
        name: str,
        notebook: dict,
        handin: HandIn,
        judgement: Judgement,
        notes: tuple[str, ...],
        standing: Standing,
    ) -> str:
        graded = name == self.course.graded_notebook_name
        result = (
            outcome.of_verdicts(judgement.verdicts.values(), judgement.pass_mark, standing)
            if graded
            else None
        )
        # Its libraries take as long to import as NumPy, and verdicts alone need none of them.
        from i2dl_course.reporting.page import page

        return page(
            notebook,
            self.source(name),
            result,
            title=self.course.exercise.title,
            notes=notes,
            files=self._texts(handin) if graded else None,
        )

    def _texts(self, handin: HandIn) -> Mapping[str, str]:
        return {
            name: handin.files[name].decode("utf-8", "replace")
            for name in self.course.handin.files
            if name in handin.files
        }

    def source(self, name: str) -> dict:
        """The source notebook `name`. Raises CourseError when it cannot be read."""
        if name not in self._sources:
            path = self.course.source_dir / f"{name}.ipynb"
            try:
                self._sources[name] = json.loads(path.read_text(encoding="utf-8"))
            except (OSError, ValueError) as error:
                raise CourseError(f"{path} cannot be read ({error}); run `course build`.") from None
        return self._sources[name]

    def close(self) -> None:
        """End what is kept warm."""
        for held in (self._launch_worker, self._launch_shell, self._referee, self._runner):
            held.close()

    def __enter__(self) -> Assessor:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def to_bytes(notebook: dict) -> bytes:
    """A notebook as Jupyter writes it."""
    return (json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode(
        "utf-8", "replace"
    )
