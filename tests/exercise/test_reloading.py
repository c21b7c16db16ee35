"""Edited files in a running kernel: the new state, and no tracebacks for one that is broken."""

import shutil

import nbformat
from support.running_notebooks import NotebookRun

LAYER = "exercise_code/networks/layer.py"
EDIT = """
import pathlib
file = pathlib.Path({file!r})
text = file.read_text("utf-8")
{change}
file.write_text(text, "utf-8")
"""


def cells(*sources):
    return [nbformat.v4.new_code_cell(source) for source in sources]


def edit(change):
    return EDIT.format(file=LAYER, change=change)


def test_an_edit_takes_effect_and_a_broken_one_is_told_in_a_line(reference_folder, tmp_path):
    folder = tmp_path / "exercise"
    shutil.copytree(reference_folder, folder)
    start = "from exercise_code.reloading import follow_edits\nfollow_edits()"
    notebook = nbformat.v4.new_notebook(
        cells=cells(
            start,
            start,  # run a second time, it says nothing
            "import numpy as np\nfrom exercise_code.networks.layer import sigmoid_forward",
            edit('text = text.replace("1.0 / (1.0", "2.0 / (1.0")'),
            "print(sigmoid_forward(np.zeros(1))[0])",
            edit('text = text.replace("2.0 / (1.0", "3.0 / ((1.0")'),
            "print(sigmoid_forward(np.zeros(1))[0])",
        )
    )
    nbformat.write(notebook, folder / "edits.ipynb")
    with NotebookRun(folder / "edits.ipynb") as run:
        assert run.errors == [] and run.stderr == ""
        first, broken, older = run.printed.splitlines()
    assert first == older == "[1.]"
    assert broken.startswith("✗ exercise_code.networks.layer cannot be reloaded")
    assert "SyntaxError" in broken
