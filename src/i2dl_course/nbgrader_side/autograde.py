"""What makes ``nbgrader autograde`` and the formgrader's button grade as the referee does.

nbgrader_config.py names these classes. Rebuild stands in Autograde.sanitize_preprocessors, Judge in
Autograde.autograde_preprocessors before nbgrader's own SaveAutoGrades, which then records what the
graded cells of the notebook hold: the referee's points. Whatever fails here fails the hand-in's
conversion, loudly, before anything is recorded.
"""

from __future__ import annotations

import atexit
import json
import os
import secrets
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from functools import cache, cached_property
from pathlib import Path
from typing import IO, Any

import nbformat
from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Enum, Float, Unicode

from i2dl_course import manifest
from i2dl_course.handins.failure import CommonFault
from i2dl_course.handins.opening import open_collected
from i2dl_course.handins.sanitise import rebuild
from i2dl_course.handins.storing import NOTES, SECRET, TIMESTAMP
from i2dl_course.judging.allowance import SECONDS_FOR_NOTEBOOKS, SECONDS_PER_TASK
from i2dl_course.judging.assessment import Execute
from i2dl_course.judging.assessor import Assessor
from i2dl_course.judging.notebook_runner import SECONDS_PER_CELL, is_graded
from i2dl_course.nbgrader_side.one_by_one import one_by_one
from i2dl_course.receiving.archive import Archive, Received
from i2dl_course.records import counting, database, extensions
from i2dl_course.records.judged import JudgedHandin, JudgedHandins
from i2dl_course.records.tables import OURS
from i2dl_course.verdicts import Judgement


class AnyNotebook(NotebookExporter):
    """Stands as Autograde.exporter_class: nothing of a student's notebook is parsed here.

    Rebuild reads the file itself, within its limits, and puts a notebook of ours in its place. The
    stock class takes 0.7 GB for a megabyte of brackets, and fails the whole hand-in for a notebook
    that cannot be read, although the student's .py files may be right.
    """

    def __init__(self, *arguments: Any, **options: Any):
        super().__init__(*arguments, **options)
        self._choice: _BestFirst | None = None
        one_by_one(self.parent, self._best_first)

    def _best_first(self, student: str) -> None:
        if self._choice is None:
            self._choice = _BestFirst(self)
        self._choice(student)

    def from_file(
        self, file_stream: IO[str], resources: dict | None = None, **kwargs: Any
    ) -> tuple[Any, dict]:
        """As the stock class for what Rebuild has made; an empty notebook for it to begin with."""
        if any(isinstance(step, Rebuild) for step in self._preprocessors):
            return self.from_notebook_node(
                nbformat.v4.new_notebook(), resources=resources, **kwargs
            )
        return super().from_file(file_stream, resources=resources, **kwargs)


class Rebuild(NbGraderPreprocessor):
    """Rebuilds a handed-in notebook from source/, and puts the files beside it in order.

    nbgrader has copied the hand-in to autograded/ by now, with every file in it and through every
    link. Only the student's own files stay, read anew without following any link, and the given
    package, which nbgrader has put back from source/.
    """

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """The notebook of nbformat's kind that stands for `nb`."""
        given = _NbgraderHandIn(self, resources)
        given.put_files_in_order()
        rebuilt = rebuild(given.source(), given.handin.files.get(given.file_name))
        for note in rebuilt.notes:
            self.log.warning("%s: %s", given.student, note)
        rebuilt.notebook["metadata"]["i2dl"] = {"notes": list(rebuilt.notes)}
        return nbformat.from_dict(rebuilt.notebook), resources


class Judge(NbGraderPreprocessor):
    """Puts the referee's verdicts into the graded cells, and runs the others for the feedback.

    A notebook without a graded cell is not run, unless `execute` says "all": it has no points to
    earn, and costs more time than everything that counts.
    """

    sandbox = Unicode(
        "",
        help="What holds the students' code: bubblewrap, landlock or none; empty for the best "
        "that works here. With none, it has all your rights over your files.",
    ).tag(config=True)
    execute = Enum(
        [one.value for one in Execute],
        Execute.GRADED.value,
        help="Which notebooks are run for the feedback: nothing, graded or all.",
    ).tag(config=True)
    seconds_per_task = Float(
        SECONDS_PER_TASK, help="Time limit of one task, of all calls of a check together."
    ).tag(config=True)
    seconds_per_cell = Float(
        SECONDS_PER_CELL, help="Time limit of a cell that is run for the feedback."
    ).tag(config=True)

    def assessor(self, root: Path) -> Assessor:
        """What judges as these settings say, for the course at `root`."""
        return _assessor(
            root,
            self.sandbox or None,
            Execute(self.execute),
            self.seconds_per_task,
            self.seconds_per_cell,
        )

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """`nb` with the outputs of its cells."""
        given = _NbgraderHandIn(self, resources)
        assessor = self.assessor(given.course.root)
        notebook = json.loads(nbformat.writes(nb))
        for cell in notebook["cells"]:  # writes() has split the texts into lines
            cell["source"] = "".join(cell["source"])
        judgement, tried = None, frozenset[str]()
        if any(map(is_graded, notebook["cells"])):
            judgement = assessor.judge(given.handin)
            self.log.info(
                "%s: %g of %g points; sandbox %s, cases of seed %s",
                given.student,
                judgement.score,
                judgement.max_score,
                judgement.sandbox,
                judgement.seed,
            )
            tried = given.keep(judgement)
        notes = (*given.handin.notes(), *notebook["metadata"].get("i2dl", {}).get("notes", ()))
        with _time_for_notebooks.of(given.submitted, given.name) as seconds:
            assessor.complete(notebook, given.name, given.handin, judgement, notes, seconds, tried)
        return nbformat.from_dict(notebook), resources


class _TimeForNotebooks:
    """What is left to all notebooks of one hand-in, which nbgrader brings one after the other."""

    def __init__(self) -> None:
        self._handin: Path | None = None
        self._run: set[str] = set()
        self._left = 0.0

    @contextmanager
    def of(self, handin: Path, notebook: str) -> Iterator[float]:
        """The seconds for the run of one of its notebooks, in the block."""
        if handin != self._handin or notebook in self._run:  # another one, or the same anew
            self._handin, self._run, self._left = handin, set(), SECONDS_FOR_NOTEBOOKS
        self._run.add(notebook)
        begun = time.monotonic()
        try:
            yield self._left
        finally:
            self._left -= time.monotonic() - begun


_time_for_notebooks = _TimeForNotebooks()


class _BestFirst:
    """Puts the best hand-in in time of a student into submitted/, before it is graded there.

    Where there are several they are judged anew, on the same cases: whoever gives this command
    wants to know what is true by the checks of today.
    """

    def __init__(self, exporter: NotebookExporter):
        self._exporter = exporter
        self._coursedir: Any = exporter.parent.coursedir  # type: ignore[union-attr]
        self._exercise = self._coursedir.assignment_id
        self._course = _course(Path(self._coursedir.root))
        self._archive = _archive(self._course.root)

    def __call__(self, student: str) -> None:
        handins = self._archive.of(student)
        if len(handins) < 2:
            return
        extension = self._extensions.get(student)
        timely = counting.in_time(self._course, handins, extension)
        judged = self._judged(timely) if len(timely) > 1 else {}
        folder = self._coursedir.format_path(
            self._coursedir.submitted_directory, student, self._exercise
        )
        told = counting.settle(
            self._course,
            self._archive,
            handins,
            extension,
            {number: judgement.score for number, judgement in judged.items()},
            Path(folder),
            self._coursedir.groupshared,
        )
        if told:
            self._exporter.log.warning("%s: %s", student, told)

    @cached_property
    def _extensions(self) -> Mapping[str, timedelta]:
        return extensions.lengths(self._coursedir.db_url, self._exercise)

    def _judged(self, handins: list[Received]) -> dict[int, Judgement]:
        assessor = Judge(parent=self._exporter).assessor(self._course.root)
        seed = secrets.randbits(48)
        found = {
            one.number: assessor.judge(self._archive.open(one).code(self._course), seed)
            for one in handins
        }
        _keep(self._coursedir.db_url, self._exercise, {one: found[one.number] for one in handins})
        return found


class _NbgraderHandIn:
    """One hand-in as nbgrader's converter knows it."""

    def __init__(self, preprocessor: NbGraderPreprocessor, resources: dict):
        coursedir = preprocessor.parent.parent.coursedir  # of the exporter, of the converter
        known = resources["nbgrader"]
        self._db_url = coursedir.db_url
        self.student, self.name = known["student"], known["notebook"]
        self.file_name = f"{self.name}.ipynb"
        self.course = _course(Path(coursedir.root))

        def folder(step: str) -> Path:
            return Path(coursedir.format_path(step, self.student, known["assignment"]))

        self.submitted = folder(coursedir.submitted_directory)
        self.autograded = folder(coursedir.autograded_directory)
        self.handin = open_collected(self.submitted, self.course)

    def source(self) -> dict:
        return json.loads((self.course.source_dir / self.file_name).read_text(encoding="utf-8"))

    def put_files_in_order(self) -> None:
        """Leave in autograded/ only what should be there; the notebooks are written later."""
        given = {
            str(path.relative_to(self.course.source_dir))
            for path in self.course.source_dir.rglob("*")
        }
        for folder, folders, files in os.walk(self.autograded, topdown=False):
            for name in (*folders, *files):
                path = Path(folder, name)
                relative = str(path.relative_to(self.autograded))
                if path.is_symlink() or (path.is_file() and not self._stays(relative, given)):
                    path.unlink()
                elif path.is_dir() and relative not in given:
                    shutil.rmtree(path)
        for name in self.course.handin.files:
            path = self.autograded / name
            path.unlink(missing_ok=True)
            if name in self.handin.files:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(self.handin.files[name])

    def keep(self, judgement: Judgement) -> frozenset[str]:
        """Have the report on the class know what was found, of a hand-in that the archive has.

        Returns the tasks that its student has failed with other code, too, as far as is known.
        """
        archive, number = _archive(self.course.root), counting.lying(self.submitted)
        one = next((one for one in archive.of(self.student) if one.number == number), None)
        if one is None or not counting.holds(self.handin, one, self.course):
            return frozenset()
        found = _keep(self._db_url, self.course.exercise.name, {one: judgement})
        return counting.tried_otherwise(self.course, archive, one, self.handin.files, found.get)

    def _stays(self, name: str, given: set[str]) -> bool:
        return name in given or name in (TIMESTAMP, SECRET, NOTES)


@cache
def _course(root: Path) -> manifest.Course:
    return manifest.load(root)


@cache
def _archive(root: Path) -> Archive:
    return Archive(_course(root))


def _keep(db_url: str, exercise: str, found: Mapping[Received, Judgement]) -> dict[int, Judgement]:
    """Write what was found into the gradebook's table of all hand-ins. Raises CommonFault.

    Under no key: what `course grade` can know of this run is not enough to trust it. Returns all
    that is known of the hand-ins of the same students, by number.
    """
    engine = database.engine(db_url)
    try:
        with database.told(engine, CommonFault):
            OURS.create_all(engine)
        kept = [JudgedHandin.of(one.number, one.student, "", it, {}) for one, it in found.items()]
        table = JudgedHandins(engine, exercise)
        table.keep(kept)
        known = [table.of(student) for student in {one.student for one in found}]
        return {number: row.judgement for rows in known for number, row in rows.items()}
    finally:
        engine.dispose()


@cache
def _assessor(root: Path, *settings: Any) -> Assessor:
    """The assessor with these settings; it is kept for all hand-ins, and ends with the process."""
    assessor = Assessor(_course(root), *settings)
    atexit.register(assessor.close)
    return assessor
