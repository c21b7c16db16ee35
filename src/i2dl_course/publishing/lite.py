"""The student tree as a site that needs no server: JupyterLite, where Pyodide runs Python.

Students' files stay in their browsers. Pyodide comes from its own address, and one package of the
kernel from the registry, unless a folder has them: then the site asks nobody else for anything.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import json
import shutil
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any

from i2dl_course.declared import PACKAGE
from i2dl_course.errors import CourseError, WithLines
from i2dl_course.faults import read_text
from i2dl_course.manifest import Course
from i2dl_course.publishing.tree import Files, StudentTree

# The last Pyodide that the kernel in requirements-site.in goes with and that we could try.
PYODIDE = "0.27.7"
_PYODIDE_URL = f"https://cdn.jsdelivr.net/pyodide/v{PYODIDE}/full/pyodide.js"
_LOCK = "pyodide-lock.json"
_CORE = (
    _LOCK,
    "pyodide.js",
    "pyodide.mjs",
    "pyodide.asm.js",
    "pyodide.asm.wasm",
    "python_stdlib.zip",
)
# What the kernel loads by itself: all but the last is in Pyodide.
_OF_THE_KERNEL = {"micropip", "ssl", "sqlite3", "jedi", "ipython"}
_NOT_IN_PYODIDE = "comm"
_KERNEL = "@jupyterlite/pyodide-kernel-extension"
_SHARED = ("students.md", "reading.md")  # pages of the tree that are of use in the browser, too


def site(course: Course, tree: StudentTree, to: Path, pyodide: Path | None, scratch: Path) -> None:
    """Make the site of `tree` in the folder `to`, by way of the empty folder `scratch`.

    `pyodide` is a folder with Pyodide's files, of which those that are needed become part of the
    site. Raises CourseError when `to` holds files, when JupyterLite is not installed, and when
    something of Pyodide is missing or is not what its own list says.
    """
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise CourseError(f"{to} is there already and not empty; remove it, or give a new folder.")
    if not importlib.util.find_spec("jupyterlite_pyodide_kernel"):
        raise CourseError("JupyterLite is not installed here; run `make site`.")
    name = course.exercise.name
    files = {
        path: data
        for path, data in tree.files.items()
        if path.startswith(f"{name}/") or path in _SHARED
    }
    packages = _imported(files)
    kernel: dict[str, Any] = {
        "pyodideUrl": _PYODIDE_URL,
        # The kernel loads what a cell imports, and does not see what a module imports.
        "loadPyodideOptions": {"packages": sorted(packages)},
    }
    if pyodide:
        _copy_pyodide(pyodide, scratch, packages | _OF_THE_KERNEL)
        kernel |= {"pyodideUrl": "./static/pyodide/pyodide.js", "disablePyPIFallback": True}
    _write(scratch / "files", files)
    shown = {
        "appName": f"{course.title}: {course.exercise.title}",
        "litePluginSettings": {f"{_KERNEL}:kernel": kernel},
    }
    _dump(
        scratch / "jupyter-lite.json",
        {"jupyter-lite-schema-version": 0, "jupyter-config-data": shown},
    )
    settings = {
        "apps": ["lab"],
        "contents": ["files"],
        "output_dir": str(to.resolve()),
        # Of what is installed here the site gets the kernel alone: nbgrader's panels need a server.
        "ignore_sys_prefix": ["federated_extensions"],
        "federated_extensions": [str(_labextensions() / _KERNEL)],
        "no_sourcemaps": True,
        # The site lists how old its files are; so it is the same whenever it is made.
        "source_date_epoch": int(course.exercise.opens.timestamp()),
    }
    _dump(scratch / "jupyter_lite_config.json", {"LiteBuildConfig": settings})
    _build(scratch)


def _labextensions() -> Path:
    """Where the extensions of JupyterLab are installed, the kernel's among them."""
    return Path(sys.prefix, "share", "jupyter", "labextensions")


def _imported(files: Files) -> set[str]:
    """What the modules in `files` import, less Python's own modules and their own package."""
    found = set()
    for path, data in files.items():
        if path.endswith(".py"):
            for node in ast.walk(ast.parse(data)):
                if isinstance(node, ast.Import):
                    found |= {alias.name.partition(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    found.add(node.module.partition(".")[0])
    return found - sys.stdlib_module_names - {PACKAGE}


def _copy_pyodide(source: Path, scratch: Path, wanted: Collection[str]) -> None:
    """Of Pyodide's files in `source` those that `wanted` packages need, where JupyterLite looks."""
    target = scratch / "static" / "pyodide"
    target.mkdir(parents=True)
    packages = _listed(source)
    whole = [packages[name] for name in sorted(_needed(packages, wanted))]
    for file in (*_CORE, *(package["file_name"] for package in whole)):
        if not (source / file).is_file():
            raise CourseError(f"{source} has no {file}; give all of Pyodide {PYODIDE}, unpacked.")
        shutil.copyfile(source / file, target / file)
    for package in whole:
        data = (target / package["file_name"]).read_bytes()
        if hashlib.sha256(data).hexdigest() != package["sha256"]:
            raise CourseError(
                f"{source / package['file_name']}: is not the file that {_LOCK} lists; unpack "
                f"Pyodide {PYODIDE} again."
            )
    others = sorted(source.glob(f"{_NOT_IN_PYODIDE}-*-py3-none-any.whl"))
    if not others:
        raise CourseError(
            f"{source} has no {_NOT_IN_PYODIDE}-*.whl, which the kernel needs and Pyodide has not; "
            f"run `pip download --no-deps --dest {source} {_NOT_IN_PYODIDE}`."
        )
    (scratch / "pypi").mkdir()
    shutil.copy(others[-1], scratch / "pypi")


def _listed(source: Path) -> dict[str, dict[str, Any]]:
    """Pyodide's packages by name. Raises CourseError when they are not those of our version."""
    where = source / _LOCK
    if not where.is_file():
        raise CourseError(f"{source} has no {_LOCK}; give all of Pyodide {PYODIDE}, unpacked.")
    try:
        lock = json.loads(read_text(where, str(where)))
        version, packages = lock["info"]["version"], dict(lock["packages"])
    except (ValueError, TypeError, KeyError):
        raise CourseError(
            f"{where}: is no list of packages; unpack Pyodide {PYODIDE} again."
        ) from None
    if version != PYODIDE:
        raise CourseError(f"{source} holds Pyodide {version}; give {PYODIDE}.")
    return packages


def _needed(packages: dict[str, dict[str, Any]], wanted: Collection[str]) -> set[str]:
    """`wanted`, and all that they depend on."""
    found: set[str] = set()
    todo = [*wanted]
    while todo:
        name = todo.pop().lower().replace("_", "-")
        if name not in packages:
            raise CourseError(f"Pyodide {PYODIDE} has no {name}, which the exercise imports.")
        if name not in found:
            found.add(name)
            todo += packages[name]["depends"]
    return found


def _write(folder: Path, files: Files) -> None:
    for path, data in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)


def _dump(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=2), encoding="utf-8")


def _build(scratch: Path) -> None:
    command = [sys.executable, "-m", "jupyterlite_core", "build"]
    done = subprocess.run(command, cwd=scratch, capture_output=True, text=True)
    if done.returncode:
        said = (done.stdout + done.stderr).strip().splitlines()[-20:]
        raise WithLines("JupyterLite could not make the site:\n  " + "\n  ".join(said))
