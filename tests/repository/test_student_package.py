"""exercise_code runs wherever a student is: on a hub, in Binder, in a browser without threads."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys

import pytest

LIBRARIES = {"numpy", "pandas", "matplotlib"}
# A browser has no processes, no threads and no sockets, and a student may have no compiler.
NOT_IN_A_BROWSER = {
    "_thread",
    "asyncio",
    "concurrent",
    "ctypes",
    "fcntl",
    "http",
    "multiprocessing",
    "pty",
    "resource",
    "socket",
    "ssl",
    "subprocess",
    "termios",
    "threading",
    "urllib",
}
# Each takes about as long as a fifth of what exercise_code may add to NumPy's import.
SLOW_TO_IMPORT = {
    "asyncio",
    "email",
    "importlib.metadata",
    "inspect",
    "logging",
    "matplotlib",
    "pandas",
    "zipfile",
}
PROCESS_CALLS = {"fork", "forkpty", "popen", "posix_spawn", "system", "spawnl", "spawnv", "execv"}


@pytest.fixture(scope="module")
def modules(root):
    """Name and syntax tree of each module that students get, the reference included."""
    folders = [root / "exercise_code", root / "instructor" / "solution" / "exercise_code"]
    return [
        (path.relative_to(root).as_posix(), ast.parse(path.read_text(encoding="utf-8")))
        for folder in folders
        for path in sorted(folder.rglob("*.py"))
    ]


def imported(tree):
    """Full name and node of each module that is imported anywhere in a tree."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module, node
            yield from ((f"{node.module}.{alias.name}", node) for alias in node.names)


def test_only_packages_that_students_have_are_imported(modules):
    allowed = LIBRARIES | set(sys.stdlib_module_names) | {"exercise_code"}
    foreign = [
        f"{name}:{node.lineno}: {module}"
        for name, tree in modules
        for module, node in imported(tree)
        if module.split(".")[0] not in allowed
    ]
    assert foreign == []


def test_no_threads_processes_or_sockets_which_a_browser_does_not_have(modules):
    found = [
        f"{name}:{node.lineno}: {module}"
        for name, tree in modules
        for module, node in imported(tree)
        if module.split(".")[0] in NOT_IN_A_BROWSER
    ]
    found += [
        f"{name}:{node.lineno}: os.{node.attr}"
        for name, tree in modules
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr in PROCESS_CALLS
        and isinstance(node.value, ast.Name)
        and node.value.id == "os"
    ]
    assert found == []


def test_no_big_library_is_imported_before_it_is_needed(modules):
    found = [
        f"{name}:{node.lineno}: {module}"
        for name, tree in modules
        for module, node in imported(tree)
        if module.split(".")[0] in {"pandas", "matplotlib"} and node in at_import(tree)
    ]
    assert found == [], "import it in the function that uses it"


def at_import(tree):
    """The nodes that run when the module is imported: all that stand in no function."""
    nodes, todo = [], [tree]
    while todo:
        node = todo.pop()
        nodes.append(node)
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            todo.extend(ast.iter_child_nodes(node))
    return nodes


def test_no_small_import_brings_a_slow_one_along(root, tmp_path):
    shutil.copytree(root / "exercise_code", tmp_path / "exercise_code")
    files = (tmp_path / "exercise_code").rglob("*.py")
    paths = [file.relative_to(tmp_path).with_suffix("") for file in files]
    names = [".".join(path.parts) for path in paths if path.name != "__main__"]
    script = (
        "import importlib, sys, numpy\n"
        "before = set(sys.modules)\n"
        f"for name in {names!r}: importlib.import_module(name.removesuffix('.__init__'))\n"
        "print(*set(sys.modules) - before, sep='\\n')"
    )
    result = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert not SLOW_TO_IMPORT & set(result.stdout.split()), "import it where it is used"
    assert result.stderr == ""


def test_no_figure_is_made_by_pyplot(modules):
    found = [
        f"{name}:{node.lineno}"
        for name, tree in modules
        for module, node in imported(tree)
        if module.startswith(("matplotlib.pyplot", "pylab"))
    ]
    assert found == []


def test_tests_and_graders_do_not_come_along(modules):
    found = [
        f"{name}: {module}"
        for name, tree in modules
        for module, _ in imported(tree)
        if module.split(".")[0] in {"unittest", "doctest", "i2dl_course"}
    ]
    assert found == []
