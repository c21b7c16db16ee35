"""The manifest `course.toml`, read strictly: one place for dates, tasks, points and files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any
from zoneinfo import ZoneInfo

from i2dl_course import strict_toml
from i2dl_course.errors import CourseError

MANIFEST = "course.toml"
TOTAL_POINTS = 100


@dataclass(frozen=True)
class Task:
    """One thing a student implements: the function `function` of `file`, worth `points`."""

    name: str
    points: int
    file: str
    function: str


@dataclass(frozen=True)
class Handin:
    """What a student hands in; paths are relative to the exercise folder, with `/`."""

    graded_notebook: str
    files: tuple[str, ...]


@dataclass(frozen=True)
class Exercise:
    """The exercise itself. `opens` and `closes` know their time zone; both ends count."""

    name: str
    title: str
    opens: datetime
    closes: datetime
    time_zone: str
    pass_mark: int
    notebooks: tuple[str, ...]

    @property
    def due_for_nbgrader(self) -> str:
        """The due date as nbgrader's gradebook wants it.

        nbgrader reads an abbreviation such as CEST as UTC and "+0200" as 200 seconds; only the
        zone's full name is read rightly.
        """
        return f"{self.closes:%Y-%m-%d %H:%M:%S} {self.time_zone}"


@dataclass(frozen=True)
class Publish:
    """Where students find the exercise: addresses, of which None is one that there is not."""

    repository: str | None = None
    branch: str = "main"
    hub: str | None = None
    lite: str | None = None
    zip: str | None = None


@dataclass(frozen=True)
class Course:
    """All of course.toml, and `root`, the folder that it stands in."""

    id: str
    title: str
    exercise: Exercise
    handin: Handin
    tasks: tuple[Task, ...]
    publish: Publish
    root: Path

    @property
    def tasks_by_name(self) -> dict[str, Task]:
        """The tasks under their names, in the order of the manifest."""
        return {task.name: task for task in self.tasks}

    @property
    def total_points(self) -> int:
        """The sum of all tasks' points; always 100."""
        return sum(task.points for task in self.tasks)

    @property
    def graded_notebook_name(self) -> str:
        """The graded notebook's name without `.ipynb`, as nbgrader calls it."""
        return self.handin.graded_notebook.removesuffix(".ipynb")

    @property
    def source_dir(self) -> Path:
        """Where the generated source notebooks of the exercise stand."""
        return self.root / "source" / self.exercise.name

    @property
    def release_dir(self) -> Path:
        """Where what a student gets stands."""
        return self.root / "release" / self.exercise.name


def find_root(start: Path | None = None) -> Path:
    """The nearest folder upwards from `start` (the working folder) that holds a course.toml.

    Raises CourseError when there is none.
    """
    start = (start or Path.cwd()).resolve()
    for folder in (start, *start.parents):
        if (folder / MANIFEST).exists():
            return folder
    raise CourseError(
        f"No {MANIFEST} in {start} or any folder above it: run the command inside the course."
    )


def load(root: Path | None = None) -> Course:
    """The course whose course.toml stands in `root`, or in the nearest folder upwards.

    Raises CourseError, naming course.toml and the key, for anything wrong in it.
    """
    root = find_root() if root is None else root.resolve()
    path = root / MANIFEST
    if not path.exists():
        raise CourseError(f"There is no {MANIFEST} in {root}.")
    return _course(strict_toml.read(path, MANIFEST), root)


def _course(data: dict[str, Any], root: Path) -> Course:
    if not data:
        raise CourseError(
            f"{MANIFEST} is empty; it needs [course], [exercise], [handin] and a [[task]] for each "
            "thing that is graded."
        )
    if not isinstance(data.get("task", []), list) or not data.get("task"):
        raise _wrong("[[task]]", "must be given at least once, with name, points, file, function")
    kinds = {"course": dict, "exercise": dict, "handin": dict, "task": list}
    top = strict_toml.table(data, f"{MANIFEST}:", kinds, {"publish": dict})
    course = _table(top["course"], "[course]", id=str, title=str)
    exercise = _exercise(top["exercise"])
    handin = _handin(top["handin"], exercise)
    tasks = _tasks(top["task"], handin)
    publish = _publish(top.get("publish", {}))
    return Course(course["id"], course["title"], exercise, handin, tasks, publish, root)


def _exercise(data: Any) -> Exercise:
    where = "[exercise]"
    table = _table(
        data,
        where,
        name=str,
        title=str,
        opens=datetime,
        closes=datetime,
        time_zone=str,
        pass_mark=int,
        notebooks=list,
    )
    if not re.fullmatch(r"[A-Za-z0-9_-]+", table["name"]):
        raise _wrong(f"{where} name", "may hold only letters, digits, _ and -: it names folders")
    try:
        zone = ZoneInfo(table["time_zone"])
    except (KeyError, ValueError, OSError):
        raise _wrong(
            f"{where} time_zone",
            f'"{table["time_zone"]}" is no known time zone; give one such as "Europe/Berlin"',
        ) from None
    for key in ("opens", "closes"):
        if table[key].tzinfo is not None:
            raise _wrong(
                f"{where} {key}",
                "must be local time without an offset; time_zone says where the clock hangs",
            )
        table[key] = table[key].replace(tzinfo=zone)
        if not _once(table[key]):
            raise _wrong(
                f"{where} {key}",
                f"comes twice or never in {zone}, where the clocks change then; give another time",
            )
    if table["closes"] <= table["opens"]:
        raise _wrong(f"{where} closes", "must be later than opens")
    if not 0 <= table["pass_mark"] <= TOTAL_POINTS:
        raise _wrong(f"{where} pass_mark", f"must be between 0 and {TOTAL_POINTS} points")
    table["notebooks"] = _names(table["notebooks"], f"{where} notebooks")
    for name in table["notebooks"]:
        if not re.fullmatch(r"[A-Za-z0-9_-]+", name):
            raise _wrong(
                f"{where} notebooks", f'"{name}" must be a plain name, without folder or .ipynb'
            )
    return Exercise(**table)


def _once(moment: datetime) -> bool:
    """Whether the clock of its zone shows this time exactly once."""
    return moment.utcoffset() == moment.replace(fold=1).utcoffset()


def _handin(data: Any, exercise: Exercise) -> Handin:
    where = "[handin]"
    table = _table(data, where, graded_notebook=str, files=list)
    if table["graded_notebook"] not in {f"{name}.ipynb" for name in exercise.notebooks}:
        raise _wrong(
            f"{where} graded_notebook",
            f'"{table["graded_notebook"]}" is none of the notebooks of [exercise]',
        )
    files = _names(table["files"], f"{where} files")
    for name in files:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or "\\" in name or str(path) != name:
            raise _wrong(f"{where} files", f'"{name}" must be a plain relative path with /')
        if path.suffix != ".py" or set(name) & set("*?["):
            raise _wrong(
                f"{where} files",
                f'"{name}" must name one .py file exactly, for nbgrader knows no patterns',
            )
    return Handin(table["graded_notebook"], files)


def _tasks(data: list[Any], handin: Handin) -> tuple[Task, ...]:
    tasks: list[Task] = []
    for number, entry in enumerate(data, start=1):
        where = f"[[task]] number {number}"
        table = _table(entry, where, name=str, points=int, file=str, function=str)
        task = Task(**table)
        if not task.name.isidentifier():
            raise _wrong(f"{where} name", f'"{task.name}" must be a plain Python name')
        if task.name in {other.name for other in tasks}:
            raise _wrong(f"{where} name", f'"{task.name}" is used twice')
        if task.points <= 0:
            raise _wrong(f"{where} points", "must be above 0")
        if task.file not in handin.files:
            raise _wrong(
                f"{where} file",
                f'"{task.file}" is not in [handin] files, so no student would hand it in',
            )
        if not all(part.isidentifier() for part in task.function.split(".")):
            raise _wrong(
                f"{where} function", f'"{task.function}" must be a function or Class.method'
            )
        tasks.append(task)
    total = sum(task.points for task in tasks)
    if total != TOTAL_POINTS:
        raise _wrong("[[task]] points", f"must add up to {TOTAL_POINTS}, not to {total}")
    return tuple(tasks)


def _publish(data: Any) -> Publish:
    where = "[publish]"
    kinds = dict.fromkeys(("repository", "branch", "hub", "lite", "zip"), str)
    table = strict_toml.table(data, f"{MANIFEST}: {where}", {}, kinds)
    for key in ("repository", "hub", "lite", "zip"):
        if key in table and not re.fullmatch(r"https?://[^\s\"'<>\\]+", table[key]):
            raise _wrong(
                f"{where} {key}",
                f'"{table[key]}" must be an address that begins with https://, without spaces',
            )
    if not re.fullmatch(r"\w[\w./-]*", table.get("branch", "main")):
        raise _wrong(f"{where} branch", f'"{table["branch"]}" is no name of a branch')
    return Publish(**table)


def _names(values: list[Any], where: str) -> tuple[str, ...]:
    if not values or not all(isinstance(value, str) and value for value in values):
        raise _wrong(where, "must be a list of names, at least one")
    if len(set(values)) != len(values):
        raise _wrong(where, "names something twice")
    return tuple(values)


def _table(data: Any, where: str, **kinds: type) -> dict[str, Any]:
    return strict_toml.table(data, f"{MANIFEST}: {where}".strip(), kinds)


def _wrong(key: str, what: str) -> CourseError:
    return CourseError(f"{MANIFEST}: {key} {what}.")
