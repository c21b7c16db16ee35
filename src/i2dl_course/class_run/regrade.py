"""What grading a class anew would change, before it does: who would move, how far and why.

It goes the way of `course grade`, on the same cases when it is given the same seed, and writes
nothing. Who has not changed since is not judged, for there nothing can move.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from i2dl_course.class_run.best import BestHandins
from i2dl_course.class_run.course_kit import CourseKit
from i2dl_course.class_run.grading_process import Engine, Job, Setup
from i2dl_course.class_run.run import ClassRun, RunReport
from i2dl_course.handins.failure import CommonFault
from i2dl_course.manifest import Course
from i2dl_course.records import counting
from i2dl_course.records.gradebook import CourseGradebook, Known
from i2dl_course.records.judged import JudgedHandin
from i2dl_course.records.settings import Settings
from i2dl_course.verdicts import Judgement, TaskVerdict


@dataclass(frozen=True)
class TaskMove:
    """The points of one task, before and after, and what is said of it."""

    name: str
    before: float
    after: float
    said_before: str
    says: str


@dataclass(frozen=True)
class Move:
    """One student whose total would change, by the points that count; `tasks` are those that do."""

    student: str
    before: float
    after: float
    tasks: tuple[TaskMove, ...]

    @property
    def is_down(self) -> bool:
        """Whether points would be lost."""
        return self.after < self.before


@dataclass
class Preview:
    """What would change. `new` are those without a grade so far, `same` those who keep theirs."""

    seed: int
    moves: list[Move] = field(default_factory=list)
    same: int = 0
    new: int = 0
    failed: dict[str, str] = field(default_factory=dict)

    @property
    def down(self) -> list[Move]:
        """Those who would lose points."""
        return [move for move in self.moves if move.is_down]


class Regrade:
    """Previews a class run over `students`, and does it."""

    def __init__(
        self,
        course: Course,
        settings: Settings,
        gradebook: CourseGradebook,
        kit: CourseKit,
        setup: Setup,
        engine: Engine,
        students: Sequence[str],
    ):
        self._course = course
        self._settings = settings
        self._gradebook = gradebook
        self._kit = kit
        self._setup = setup
        self._engine = engine
        self._students = students

    def _run(self, seed: int, best: BestHandins) -> ClassRun:
        run = ClassRun(
            self._course,
            self._settings,
            self._gradebook,
            self._kit,
            self._setup,
            before=best,
        )
        run.report.seed = seed
        return run

    def _best(self) -> BestHandins:
        return BestHandins(self._course, self._settings, self._gradebook, self._kit, self._setup)

    # --- what would be ----------------------------------------------------------------------------

    def preview(self, seed: int) -> Preview:
        """What would become of everybody on the cases of `seed`; nothing is written."""
        preview, best = Preview(seed), self._best()
        run = self._run(seed, best)
        self._known, self._said = self._gradebook.known(), self._gradebook.verdicts()
        moved = self._other_handins(best, seed)
        for student, one in moved.items():
            self._compare(preview, student, one.judgement.as_json(), late=0.0)
        rest = [student for student in self._students if student not in moved]
        for result in self._engine.results(self._verdicts_alone(run, rest)):
            if result.assessment is None:
                if result.common:
                    raise CommonFault(f"No hand-in can be graded: {result.problem}")
                preview.failed[result.student] = result.problem
                continue
            found = result.assessment.judgement.as_json()
            if self._course.graded_notebook_name not in run.notebooks(result.student):
                for task in found["tasks"]:
                    task["points"] = 0.0  # as nbgrader counts them
            self._compare(preview, result.student, found, run.seconds_late(result.student))
        preview.same += run.report.unchanged
        preview.failed.update(run.report.failed | best.failed)
        preview.moves.sort(key=lambda move: (move.after - move.before, move.student))
        return preview

    def _verdicts_alone(self, run: ClassRun, students: Iterable[str]) -> Iterator[Job]:
        """The jobs of `run`, without notebooks."""
        for job in run.changed(students):
            yield replace(job, handin=job.handin.code(self._course), standing=None)

    def _other_handins(self, best: BestHandins, seed: int) -> dict[str, JudgedHandin]:
        """Whose best would be another hand-in than the one that lies in submitted/."""
        several = best.several(self._students)
        judged = {one.number: one for one, _ in best.judged(several, self._engine, seed)}
        scores = {number: one.score for number, one in judged.items()}
        found = {}
        for student, theirs in several.items():
            folder = self._settings.submitted(student)
            there = counting.lying(folder)
            chosen = counting.counting(self._course, theirs.handins, theirs.extension, scores)
            if chosen.number not in judged or chosen.number == there:
                continue
            if not folder.exists() or counting.is_ours(self._course, theirs.handins, there, folder):
                found[student] = judged[chosen.number]
        return found

    def _compare(self, preview: Preview, student: str, found: dict[str, Any], late: float) -> None:
        known = self._known.get(student, Known())
        if not known.has_grade:
            preview.new += 1
            return
        said = {task["name"]: task for task in self._said.get(student, {}).get("tasks", ())}
        before = {name: points or 0.0 for name, points in known.automatic.items()} | known.manual
        after = {task["name"]: task["points"] for task in found["tasks"]} | known.manual
        extra = sum(known.extra.values())
        old, score = sum(before.values()) + extra - known.penalty, sum(after.values()) + extra
        new = score - (self._settings.penalty(student, score, late) or 0.0)
        if old == new:
            preview.same += 1
            return
        tasks = tuple(
            TaskMove(
                task["name"],
                before.get(task["name"], 0.0),
                after[task["name"]],
                said.get(task["name"], {}).get("says", ""),
                task["says"],
            )
            for task in found["tasks"]
            if before.get(task["name"], 0.0) != after[task["name"]]
        )
        preview.moves.append(Move(student, old, new, tasks))

    # --- and what then is -------------------------------------------------------------------------

    def write(
        self,
        preview: Preview,
        never_down: bool,
        on_progress: Callable[[RunReport], None] = lambda report: None,
    ) -> RunReport:
        """Grade as previewed; with `never_down`, who would lose points keeps what there is."""
        down = {move.student for move in preview.down} if never_down else set()
        kept = down & self._said.keys()
        self._hold(kept)
        rest = [student for student in self._students if student not in down]
        best = self._best()
        run = self._run(preview.seed, best)
        told = best.choose(rest, self._engine, preview.seed)
        report = run.run(rest, self._engine, on_progress)
        report.notes.update(told)
        report.failed.update(best.failed)
        for student in down - kept:
            report.failed[student] = (
                "its grade is not of `course grade` and would be lower in the next run; give it by "
                "hand in the formgrader, and it stays."
            )
        return report

    def _hold(self, students: Collection[str]) -> None:
        """Have the verdicts of `students` hold under the checks of today, as they are.

        Those of their other hand-ins, too: else one of these, judged by now, might take the place.
        """
        if not students:
            return
        best, judged = self._best(), self._gradebook.judged.known()
        run = self._run(0, best)
        self._gradebook.hold({job.student: run.key(job.student) for job in run.changed(students)})
        held = []
        for student in students:
            there = counting.lying(self._settings.submitted(student))
            for one in best.archive.of(student):
                if one.number == there:
                    made, key = self._said[student].get("made", {}), best.key_of(one)
                    found = self._recorded(student)
                    held.append(JudgedHandin.of(there, student, key, found, made))
                elif one.number in judged:
                    held.append(replace(judged[one.number], key=best.key_of(one)))
        self._gradebook.judged.keep(held)

    def _recorded(self, student: str) -> Judgement:
        """The judgement that the gradebook holds; what is printed in the notebook is not kept."""
        found = self._said[student]
        tasks = [
            {field.name: task.get(field.name, task["says"]) for field in fields(TaskVerdict)}
            for task in found["tasks"]
        ]
        verdicts = {task["name"]: TaskVerdict(**task) for task in tasks}
        mark = self._course.exercise.pass_mark
        return Judgement(verdicts, mark, found["sandbox"], int(found["seed"]))
