"""Edited files in a running kernel: the new state, and no tracebacks for one that is broken."""

import shutil

import nbformat
from support.running_notebooks import NotebookRun

LAYER = "exercise_code/networks/layer.py"
NET = "exercise_code/networks/two_layer_net.py"
EDIT = """
import pathlib
file = pathlib.Path({file!r})
text = file.read_text("utf-8")
{change}
file.write_text(text, "utf-8")
"""


def cells(*sources):
    return [nbformat.v4.new_code_cell(source) for source in sources]


def edit(change, file=LAYER):
    return EDIT.format(file=file, change=change)


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


# What a student may have written, and what the cell that trains says of it.
DO_NOT_FIT = {
    ("db = dout.sum(axis=0)", "db = dout.sum(axis=0, keepdims=True)"): "✗ The gradient of b1 has "
    "shape (1, 3), and b1 has shape (3,): the two must be the same. The checks of task 2",
    ('"b1": db1', '"db1": db1'): "✗ There is no gradient of b1 in what backward returned.",
    ("return grads", "return None"): "✗ Backward must return a dictionary",
    ("return y_hat", "return y_hat.ravel()"): "✗ Predictions have shape (5,) but targets have",
}
TRAIN = """
import numpy as np
from exercise_code.data import DataLoader, Part
from exercise_code.networks import MSE, Adam
from exercise_code.networks.two_layer_net import TwoLayerNet
from exercise_code.solver import Solver
net = TwoLayerNet(2, 3, rng=np.random.default_rng(0))
part = Part(np.ones((5, 2)), np.ones((5, 1)))
Solver(net, MSE(), Adam(net.params), DataLoader(part, batch_size=5)).train(epochs=1)
"""


def test_an_array_that_does_not_fit_is_a_sentence_where_a_net_is_trained(
    reference_folder, tmp_path
):
    start = "from exercise_code.reloading import follow_edits\nfollow_edits()"
    sources = [start, TRAIN]
    for old, new in DO_NOT_FIT:
        file = LAYER if "dout" in old else NET
        sources += [edit(f"text = text.replace({old!r}, {new!r})", file), TRAIN]
        sources += [edit(f"text = text.replace({new!r}, {old!r})", file)]
    folder = tmp_path / "exercise"
    shutil.copytree(reference_folder, folder)
    nbformat.write(nbformat.v4.new_notebook(cells=cells(*sources)), folder / "train.ipynb")
    with NotebookRun(folder / "train.ipynb") as run:
        told = ["\n".join(o.traceback) for o in run.outputs if o.output_type == "error"]
    for says, wanted in zip(told, DO_NOT_FIT.values(), strict=True):
        *sentence, do = says.splitlines()
        assert " ".join(map(str.strip, sentence)).startswith(wanted), says
        assert max(map(len, sentence)) <= 100 and len(sentence) <= 3, says
        assert do == "  Mend it, save the file, and run this cell again."
