"""The pages of the site, each at its place in the repository, so that links between them hold."""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from i2dl_course.manifest import load
from i2dl_course.sandbox import ONE_THREAD

PAGES = ["CONTRIBUTING.md", "CHANGELOG.md", "docs/**/*.md", "exercise_code/data/README.md"]
PICTURES = ["docs/images/*"]
NO_PAGE = "docs/decisions/0000-template.md"
AS_HANDED_OUT = """\
:::{note}
This is the notebook as it is handed out, run from top to bottom. Where a task is still to be done,
a cell says so instead of showing its result.
:::"""


def collect(root: Path, folder: Path) -> None:
    """Put everything that the site is made of into a new folder, and nothing else.

    Raises
    ------
    nbclient.exceptions.CellTimeoutError
        A cell of a notebook does not end.
    """
    for pattern in PAGES + PICTURES:
        for file in sorted(root.glob(pattern)):
            name = file.relative_to(root)
            if name.as_posix() != NO_PAGE and "_build" not in name.parts:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file, folder / name)
    shutil.copytree(Path(__file__).with_name("pages"), folder, dirs_exist_ok=True)
    # The front of the repository is the front of the site.
    front = (root / "README.md").read_text(encoding="utf-8")
    contents = (folder / "index.md").read_text(encoding="utf-8")
    (folder / "index.md").write_text(f"{front}\n{contents}", encoding="utf-8")
    _notebooks(load(root).release_dir, folder / "notebooks")


def _notebooks(release: Path, folder: Path) -> None:
    """Run the notebooks in a copy of what is handed out; only they are kept."""
    place = folder.with_name("run")
    shutil.copytree(release, place)
    folder.mkdir()
    names = sorted(place.glob("*.ipynb"))
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        for name, notebook in zip(names, threads.map(_run, names), strict=True):
            nbformat.write(notebook, folder / name.name)
    shutil.rmtree(place)


def _run(file: Path) -> nbformat.NotebookNode:
    """A notebook with its outputs; of an exception its last line, which is a sentence."""
    notebook = nbformat.read(file, as_version=4)
    resources = {"metadata": {"path": str(file.parent)}}
    client = NotebookClient(notebook, timeout=600, allow_errors=True, resources=resources)
    client.execute(env=os.environ | ONE_THREAD)
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            if output.output_type == "error":
                output.traceback = [f"{output.ename}: {output.evalue}"]
    notebook.cells.insert(1, nbformat.v4.new_markdown_cell(AS_HANDED_OUT, id="as-handed-out"))
    return notebook
