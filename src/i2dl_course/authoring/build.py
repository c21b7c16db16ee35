"""Everything generated, built apart and put in place only when all of it is right.

Generated are the stubs of the files that students hand in, the points that the checks give,
source/<exercise>/ and release/<exercise>/; and in the pages of docs/ what stands beside a
placeholder. All that an instructor changes in course.toml gets from there into these.

The release goes through nbgrader itself, in a course folder of its own and
without a gradebook, so that the instructor's is not touched; the bytes are the same.
"""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from i2dl_course import placeholders
from i2dl_course.authoring import leaks
from i2dl_course.authoring.notebooks import build_notebooks
from i2dl_course.authoring.solutions import cut
from i2dl_course.declared import PACKAGE
from i2dl_course.errors import CourseError
from i2dl_course.faults import read_text
from i2dl_course.manifest import MANIFEST, Course
from i2dl_course.nbgrader_side.run import command_environment, nbgrader
from i2dl_course.package import files_below

_NBGRADER_SECONDS = 300  # it needs 3 to 10; a hang must end all the same

POINTS = f"{PACKAGE}/tests/points.py"
_AGREEMENT = "import sys; from i2dl_course.package import main; sys.exit(main())"

# A path relative to the course, with /, and the file's bytes.
Files = dict[str, bytes]


@dataclass(frozen=True)
class Difference:
    """A generated file that is not as it should be: `kind` is stale, missing or surplus."""

    kind: str
    path: str


@dataclass(frozen=True)
class Built:
    """The generated files of a course, built but not yet put in place."""

    course: Course
    stubs: Files
    points: Files
    pages: Files
    source: Files
    release: Files

    @property
    def files(self) -> Files:
        """All generated files."""
        return {**self.stubs, **self.points, **self.pages, **self.source, **self.release}

    def differences(self) -> list[Difference]:
        """How the generated files in the tree differ from the built ones, sorted by path."""
        found = []
        for name, data in self.files.items():
            place = self.course.root / name
            if not place.is_file():
                found.append(Difference("missing", name))
            elif place.read_bytes() != data:
                found.append(Difference("stale", name))
        for folder in _generated_folders(self.course):
            for path in files_below(folder, hidden=True):
                name = path.relative_to(self.course.root).as_posix()
                if name not in self.files and not _is_handin_archive(path, self.course):
                    found.append(Difference("surplus", name))
        return sorted(found, key=lambda difference: difference.path)

    def write(self) -> list[Difference]:
        """Put all of it in place, or on an error none of it; return what was changed."""
        changed = self.differences()
        if changed:
            with tempfile.TemporaryDirectory(prefix=".build-", dir=self.course.root) as scratch:
                _swap_in(self, Path(scratch))
        return changed


def build(course: Course) -> Built:
    """Build all generated files of the course, in memory.

    Raises CourseError for anything wrong in what the authors wrote, for a leak, and when
    nbgrader fails; the tree is left alone in any case.
    """
    stubs = build_stubs(course)
    points = {POINTS: _points(course)}
    package = {**_authored_package(course), **stubs, **points}
    _require_agreement(course, package)
    assignment = {**build_notebooks(course), **package}
    source = _below(f"source/{course.exercise.name}", assignment)
    # Before nbgrader runs, which takes seconds: most leaks are here already.
    leaks.check(course, package)
    leaks.check(course, source, with_hidden=True)
    release = _below(f"release/{course.exercise.name}", _release(course, source))
    _same_names(source, release)
    leaks.check(course, release)
    return Built(course, stubs, points, _pages(course), source, release)


def build_stubs(course: Course) -> Files:
    """The stubs of the files to hand in, cut out of instructor/solution/.

    Raises CourseError when the reference is not exactly those files, when a marker is wrong, or
    when the stub of a task does not raise NotImplementedError.
    """
    folder = course.root / "instructor" / "solution"
    found = {
        path.relative_to(folder).as_posix() for path in files_below(folder) if path.suffix == ".py"
    }
    for name in sorted(found.symmetric_difference(course.handin.files)):
        if name in found:
            raise CourseError(
                f"instructor/solution/{name}: is not in [handin] files of "
                "course.toml, so no stub of it would ship."
            )
        raise CourseError(
            f"instructor/solution/{name}: is missing, but [handin] files of course.toml names it."
        )
    stubs = {}
    for name in course.handin.files:
        where = f"instructor/solution/{name}"
        text = cut(read_text(folder / name, where), where)
        for task in course.tasks:
            if task.file == name:
                _check_raises(text, task.function, where)
        stubs[name] = text.encode()
    return stubs


def write_stubs(course: Course) -> list[str]:
    """Put the stubs alone in place; return the paths of those that were not fresh."""
    changed = []
    for name, data in build_stubs(course).items():
        place = course.root / name
        if not place.is_file() or place.read_bytes() != data:
            place.parent.mkdir(parents=True, exist_ok=True)
            fresh = place.with_name(f".{place.name}.new")
            fresh.write_bytes(data)
            fresh.replace(place)
            changed.append(name)
    return changed


def _check_raises(stub: str, function: str, where: str) -> None:
    node: ast.AST = ast.parse(stub)
    for name in function.split("."):
        inner = next(
            (
                child
                for child in ast.iter_child_nodes(node)
                if isinstance(child, (ast.FunctionDef, ast.ClassDef)) and child.name == name
            ),
            None,
        )
        if inner is None:
            raise CourseError(f"{where}: has no {function}, but course.toml names it for a task.")
        node = inner
    for child in ast.walk(node):
        if (
            isinstance(child, ast.Raise)
            and isinstance(child.exc, ast.Call)
            and getattr(child.exc.func, "id", None) == "NotImplementedError"
        ):
            return
    raise CourseError(
        f"{where}: {function} has no solution region, so its solution would be handed out."
    )


def _authored_package(course: Course) -> Files:
    """exercise_code/ as it stands, less the generated stubs and what running code leaves."""
    folder = course.root / PACKAGE
    files = {}
    for path in files_below(folder):
        name = path.relative_to(course.root).as_posix()
        if name not in (*course.handin.files, POINTS):
            files[name] = path.read_bytes()
    if f"{PACKAGE}/__init__.py" not in files:
        raise CourseError(
            f"{PACKAGE}/__init__.py: is missing; without it Python would take the "
            "package from elsewhere when a student hands in none."
        )
    return files


def _points(course: Course) -> bytes:
    """The module by which the checks know what each task is worth."""
    lines = "".join(f'        "{task.name}": {task.points},\n' for task in course.tasks)
    return (
        f'"""What each task is worth: written by `course build`, from {MANIFEST}."""\n\n'
        "from collections import Counter\n\n"
        f"# What {MANIFEST} does not have is worth nothing here, and refused by its name.\n"
        f"POINTS = Counter(\n    {{\n{lines}    }}\n)\n"
    ).encode()


def _pages(course: Course) -> Files:
    """The pages for people that have values of course.toml beside placeholders."""
    pages = {}
    for path in sorted([*course.root.glob("*.md"), *(course.root / "docs").glob("*.md")]):
        name = path.relative_to(course.root).as_posix()
        text = read_text(path, name)
        if placeholders.has_values_beside(text):
            pages[name] = placeholders.fill_beside(text, name, course).encode()
    return pages


def _require_agreement(course: Course, package: Files) -> None:
    """Raise CourseError when the checks in `package` are not as course.toml says.

    In a process of its own, because one process can import the checks of one course only; and in a
    folder of its own, because `package` is not in place yet.
    """
    with tempfile.TemporaryDirectory(prefix="course-checks-") as name:
        scratch = Path(name).resolve()
        _write(scratch / MANIFEST, (course.root / MANIFEST).read_bytes())
        for path, data in package.items():
            _write(scratch / path, data)
        done = subprocess.run(
            [sys.executable, "-P", "-B", "-c", _AGREEMENT],
            cwd=scratch,
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1]
        raise CourseError(last.replace(str(scratch), str(course.root)))


def _below(folder: str, files: Files) -> Files:
    return {f"{folder}/{name}": files[name] for name in sorted(files)}


def _same_names(source: Files, release: Files) -> None:
    """nbgrader leaves out files that match its ignore list, and says nothing."""
    before = {PurePosixPath(name).parts[1:] for name in source}
    after = {PurePosixPath(name).parts[1:] for name in release}
    if before != after:
        names = ", ".join(sorted("/".join(parts[1:]) for parts in before ^ after))
        raise CourseError(
            f"nbgrader made a release with other files than the source: {names}; "
            "rename what its ignore list drops."
        )


def _release(course: Course, source: Files) -> Files:
    """What `nbgrader generate_assignment` makes of the source, names relative to it."""
    exercise = course.exercise.name
    with tempfile.TemporaryDirectory(prefix="course-release-") as name:
        scratch = Path(name).resolve()
        root = scratch / "course"
        for path, data in source.items():
            _write(root / path, data)
        config = course.root / "nbgrader_config.py"
        load = f"load_subconfig({config.name!r}, path={str(course.root)!r})\n"
        _write(root / config.name, (load if config.is_file() else "").encode())
        _run_nbgrader(course, root, scratch / "home")
        made = root / "release" / exercise
        return {path.relative_to(made).as_posix(): path.read_bytes() for path in files_below(made)}


def _run_nbgrader(course: Course, root: Path, home: Path) -> None:
    home.mkdir()
    arguments = [
        "generate_assignment",
        course.exercise.name,
        "--no-db",
        f"--db=sqlite:///{root / 'gradebook.db'}",
        f"--CourseDirectory.root={root}",
        "--CourseDirectory.source_directory=source",
        "--CourseDirectory.release_directory=release",
        "--NbGrader.logfile=",
    ]
    # The instructor's own Jupyter settings must not leak into the release.
    environment = {
        name: value
        for name, value in command_environment().items()
        if not name.startswith(("JUPYTER", "IPYTHON", "PYTHON", "NBGRADER"))
    }
    environment |= {
        "HOME": str(home),
        "USERPROFILE": str(home),
        "JUPYTER_CONFIG_DIR": str(home / "jupyter"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "IPYTHONDIR": str(home / "ipython"),
        "PYTHONUTF8": "1",
    }
    nbgrader(arguments, root, environment, seconds=_NBGRADER_SECONDS)
    if not (root / "release" / course.exercise.name).is_dir():
        raise CourseError("`nbgrader generate_assignment` ended well and made no release.")


def _generated_folders(course: Course) -> tuple[Path, Path]:
    return course.source_dir, course.release_dir


def _is_handin_archive(path: Path, course: Course) -> bool:
    """Whether this is what the last cell of the graded notebook leaves when it is run in place."""
    return path.name == f"{course.exercise.name}.zip" and path.parent in _generated_folders(course)


def _swap_in(built: Built, scratch: Path) -> None:
    """Write everything into `scratch`, on the same disk, then rename; undo it on an error."""
    root = built.course.root
    fresh, old = scratch / "new", scratch / "old"
    for name, data in built.files.items():
        _write(fresh / name, data)
    places = [Path(name) for name in (*built.stubs, *built.points, *built.pages)]
    places += [folder.relative_to(root) for folder in _generated_folders(built.course)]
    existed: dict[Path, bool] = {}
    try:
        for place in places:
            existed[place] = (root / place).exists()
            (root / place).parent.mkdir(parents=True, exist_ok=True)
            if existed[place]:
                (old / place).parent.mkdir(parents=True, exist_ok=True)
                os.rename(root / place, old / place)
            os.rename(fresh / place, root / place)
    except BaseException:
        for place, was_there in existed.items():
            if (old / place).exists():
                _remove(root / place)
                os.rename(old / place, root / place)
            elif not was_there:
                _remove(root / place)
        raise


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
