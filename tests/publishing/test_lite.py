"""The site on which Python runs in the browser: what is in it, and what is refused."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from pathlib import Path

import pytest
from support.published import copy_course

from i2dl_course import cli
from i2dl_course.publishing import lite

KERNEL = "@jupyterlite/pyodide-kernel-extension"


@pytest.fixture(scope="module")
def course(root, tmp_path_factory):
    """A copy of this course without what its authors write."""
    return copy_course(root, tmp_path_factory.mktemp("lite") / "course")


@pytest.fixture
def make(course, monkeypatch, capsys):
    """``make(*arguments)``: the exit code of the command, and what it says."""
    pytest.importorskip("jupyterlite_pyodide_kernel", reason="not installed here: make site")

    def run(*arguments):
        monkeypatch.chdir(course.root)
        code = cli.main(["lite", *map(str, arguments)])
        said = capsys.readouterr()
        return code, said.out + said.err

    return run


@pytest.fixture
def pyodide(tmp_path):
    """A folder that is laid out as Pyodide is; its packages hold their names."""
    place, packages = tmp_path / "pyodide", {}
    place.mkdir()
    for name in lite._CORE:
        (place / name).write_text(name)
    depends = {"pandas": ["numpy"], "scipy": ["numpy"], "ipython": ["traitlets"]}
    others = {"numpy", "matplotlib", "traitlets", "micropip", "ssl", "sqlite3", "jedi"}
    for name in others | depends.keys():
        file = f"{name}-1-py3-none-any.whl"
        (place / file).write_text(name)
        packages[name] = {
            "file_name": file,
            "sha256": hashlib.sha256(name.encode()).hexdigest(),
            "depends": depends.get(name, []),
        }
    listed = {"info": {"version": lite.PYODIDE}, "packages": packages}
    (place / "pyodide-lock.json").write_text(json.dumps(listed))
    wheel = f"{KERNEL}/static/pypi/ipykernel-6.9.2-py3-none-any.whl"
    shutil.copy(lite._labextensions() / wheel, place / "comm-1-py3-none-any.whl")
    return place


def settings(site):
    listed = json.loads((site / "jupyter-lite.json").read_text())["jupyter-config-data"]
    assert [one["name"] for one in listed["federated_extensions"]] == [KERNEL]
    return listed["litePluginSettings"][f"{KERNEL}:kernel"]


def test_the_site_holds_the_exercise_and_of_what_is_installed_here_the_kernel_alone(
    course, make, tmp_path
):
    code, said = make("--to", tmp_path / "site")
    assert code == 0, said
    files, released = tmp_path / "site" / "files", course.root / "release"
    found = {path.relative_to(files) for path in files.rglob("*") if path.is_file()}
    names = {path.relative_to(released) for path in released.rglob("*") if path.is_file()}
    names = {name for name in names if "__pycache__" not in name.parts}
    assert found == names | {Path("students.md"), Path("reading.md")}
    for name in names:
        assert (files / name).read_bytes() == (released / name).read_bytes()
    # All files are of one age, so the same course makes the same list of them.
    listed = json.loads((tmp_path / "site/api/contents/exercise_05/all.json").read_text())
    assert {one["last_modified"] for one in listed["content"]} == {"2020-05-22T10:00:00Z"}
    kernel = settings(tmp_path / "site")
    assert kernel["loadPyodideOptions"] == {"packages": ["matplotlib", "numpy", "pandas"]}
    assert f"/v{lite.PYODIDE}/" in kernel["pyodideUrl"]
    assert "disablePyPIFallback" not in kernel and "package index" in said

    code, said = make("--to", tmp_path / "site")
    assert code == 2 and "is there already and not empty; remove it" in said


def test_a_site_with_its_own_python_brings_what_is_needed_and_no_more(make, pyodide, tmp_path):
    code, said = make("--to", tmp_path / "site", "--pyodide", pyodide)
    assert code == 0 and "asks no other server" in said, said
    brought = {path.name for path in (tmp_path / "site" / "static" / "pyodide").iterdir()}
    assert brought == {path.name for path in pyodide.iterdir()} - {
        "scipy-1-py3-none-any.whl",
        "comm-1-py3-none-any.whl",
    }
    assert (tmp_path / "site" / "pypi" / "comm-1-py3-none-any.whl").is_file()
    kernel = settings(tmp_path / "site")
    assert kernel["pyodideUrl"] == "./static/pyodide/pyodide.js"
    assert kernel["disablePyPIFallback"] is True


def other_version(place):
    listed = json.loads((place / "pyodide-lock.json").read_text())
    listed["info"]["version"] = "0.26.0"
    (place / "pyodide-lock.json").write_text(json.dumps(listed))


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda place: (place / "pyodide.js").unlink(), r"has no pyodide\.js; give all of Pyodide"),
        (
            lambda place: (place / "numpy-1-py3-none-any.whl").write_text("another"),
            r"numpy-1-py3-none-any\.whl: is not the file that pyodide-lock\.json lists",
        ),
        (other_version, rf"holds Pyodide 0\.26\.0; give {lite.PYODIDE}\."),
        (lambda place: (place / "pyodide-lock.json").write_text("[]"), "is no list of packages"),
        (lambda place: (place / "pyodide-lock.json").unlink(), r"has no pyodide-lock\.json"),
        (
            lambda place: (place / "comm-1-py3-none-any.whl").unlink(),
            "has no comm-.*, which the kernel needs .*pip download",
        ),
    ],
)
def test_a_folder_that_is_not_pyodide_is_refused(make, pyodide, tmp_path, spoil, sentence):
    spoil(pyodide)
    code, said = make("--to", tmp_path / "site", "--pyodide", pyodide)
    assert code == 2
    assert re.search(sentence, said), said
    assert not (tmp_path / "site").exists()


def test_without_jupyterlite_the_command_says_how_to_have_it(make, tmp_path, monkeypatch):
    monkeypatch.setattr(lite.importlib.util, "find_spec", lambda name: None)
    code, said = make("--to", tmp_path / "site")
    assert code == 2 and "JupyterLite is not installed here; run `make site`." in said
