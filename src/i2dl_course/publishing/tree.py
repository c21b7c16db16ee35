"""What the student tree holds: release/, the files of student_tree/, and a few that it shares."""

from __future__ import annotations

import hashlib
import json
import re
import stat
from collections import Counter
from dataclasses import dataclass

from i2dl_course import placeholders
from i2dl_course.errors import CourseError
from i2dl_course.faults import read_text
from i2dl_course.manifest import Course
from i2dl_course.package import files_below
from i2dl_course.publishing.links import links

OWN = "student_tree"
SUMS = "SHA256SUMS"
CHANGES = "CHANGELOG.md"
# Files of the course that students get as they are: the name in the tree, and here.
SHARED = {
    "LICENSE": "LICENSE",
    "requirements.txt": "requirements-student.lock",
    "students.md": "docs/students.md",
    "reading.md": "docs/reading.md",
}
# What one of the systems that students have cannot store, or takes for another file's name.
_NOT_ON_WINDOWS = re.compile(
    r'[<>:"|?*\\\x00-\x1f]|[. ](/|$)|(^|/)(con|prn|aux|nul|com\d|lpt\d)(\.|/|$)', re.IGNORECASE
)

# In a notebook's cell: the line in which the address of the published zip is filled in.
_FETCHES = rb'"PUBLISHED = \"\"\n"'

# A path relative to the tree, with /, and the file's bytes.
Files = dict[str, bytes]


@dataclass(frozen=True)
class StudentTree:
    """All that students get; `edited` are those of `files` that they work in."""

    files: Files
    executable: frozenset[str]
    edited: frozenset[str]


def student_tree(course: Course) -> StudentTree:
    """The student tree of `course`: the same release and texts, the same bytes.

    Raises CourseError when the release is missing or is not what course.toml names, for a mistake
    in a text of student_tree/, and for a name that a student's computer could not store.
    """
    name, found = course.exercise.name, links(course)
    files = {
        f"{name}/{path}": _with_address(data, found.zip) if path.endswith(".ipynb") else data
        for path, data in _release(course).items()
    }
    given = {target: _shared(course, source) for target, source in SHARED.items()} | {
        CHANGES: _changes(course)
    }
    own, executable = _own(course)
    for path, data in (given | own).items():
        if path in files:
            raise CourseError(f"{OWN}/{path}: the release has a file of that name; rename it.")
        files[path] = data
    _require_names(files)
    files[SUMS] = sums(files)
    return StudentTree(
        dict(sorted(files.items())),
        frozenset(executable),
        frozenset(f"{name}/{path}" for path in _edited(course)),
    )


def sums(files: Files) -> bytes:
    """The list of `files` with their sums, as `sha256sum --check` reads it."""
    lines = (f"{hashlib.sha256(data).hexdigest()}  {path}\n" for path, data in files.items())
    return "".join(sorted(lines, key=lambda line: line[66:])).encode()


def _release(course: Course) -> Files:
    folder = course.release_dir
    if not folder.is_dir():
        raise CourseError(
            f"There is no release/{course.exercise.name}, so there is nothing to publish; "
            "run `course build`."
        )
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in files_below(folder, hidden=True)
    }
    files.pop(f"{course.exercise.name}.zip", None)  # the hand-in of somebody who tried it there
    for path in _edited(course):
        where = f"release/{course.exercise.name}/{path}"
        if path not in files:
            raise CourseError(f"{where}: is missing, but course.toml names it; run `course build`.")
        if path.endswith(".ipynb") and _has_run(files[path]):
            raise CourseError(f"{where}: has outputs, so it was run here; run `course build`.")
    return files


def _edited(course: Course) -> tuple[str, ...]:
    """The files of the release in which students work: all notebooks, and what is handed in."""
    return (*(f"{stem}.ipynb" for stem in course.exercise.notebooks), *course.handin.files)


def _has_run(notebook: bytes) -> bool:
    cells = json.loads(notebook)["cells"]
    return any(cell.get("outputs") or cell.get("execution_count") for cell in cells)


def _with_address(notebook: bytes, address: str | None) -> bytes:
    """The notebook, whose cell that fetches the rest knows where from; as it is without address."""
    if address is None:
        return notebook
    return notebook.replace(_FETCHES, _FETCHES.replace(b'\\"\\"', rf"\"{address}\"".encode()))


def _own(course: Course) -> tuple[Files, list[str]]:
    """The files of student_tree/, their values filled in, and those that are run as commands."""
    folder = course.root / OWN
    if not folder.is_dir():
        raise CourseError(
            f"There is no folder {OWN} in {course.root}; it holds what students get beside the "
            "exercise, such as a README.md and an environment.yml."
        )
    files, executable = {}, []
    for path in files_below(folder, hidden=True):
        name = path.relative_to(folder).as_posix()
        where = f"{OWN}/{name}"
        text = placeholders.fill(read_text(path, where), where, course, links=links(course))
        files[name] = text.encode()
        if path.stat().st_mode & stat.S_IXUSR:
            executable.append(name)
    return files, executable


def _changes(course: Course) -> bytes:
    """The course's change log, less what is for others than students.

    Below a heading of a release (##), what stands below "### For students" is kept.
    """
    kept, inside = [], True
    for line in read_text(course.root / CHANGES, CHANGES).splitlines():
        if line.startswith("### "):
            inside = line.strip() == "### For students"
        elif line.startswith("# ") or line.startswith("## "):
            inside = True
        if inside and not line.startswith("### "):
            kept.append(line)
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()
    for target, source in SHARED.items():
        text = text.replace(f"]({source})", f"]({target})").replace(f"[{source}]", f"[{target}]")
    return f"{text}\n".encode()


def _shared(course: Course, name: str) -> bytes:
    """A file of the course as it is; of a page, the values without their placeholders."""
    path = course.root / name
    if not path.is_file():
        raise CourseError(f"There is no {name} in the course, and students are given it.")
    if path.suffix == ".md":
        return placeholders.values_only(read_text(path, name)).encode()
    return path.read_bytes()


def _require_names(files: Files) -> None:
    for path in files:
        if _NOT_ON_WINDOWS.search(path):
            raise CourseError(f"{path}: Windows can store no file of that name; rename it.")
    alike = Counter(path.casefold() for path in files)
    for path in files:
        if alike[path.casefold()] > 1:
            raise CourseError(
                f"{path}: another file differs from it in upper and lower case alone, which is "
                "one file on Windows and macOS; rename one of them."
            )
