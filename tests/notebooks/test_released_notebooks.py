"""The notebooks as a student gets them, executed before anything is implemented."""

import re
import shutil

import pytest
from support.running_notebooks import NotebookRun

from i2dl_course.manifest import load

NOTEBOOKS = ("1_TwoLayerNetwork", "2a_StochasticGradientDescent", "2b_Optimization")


@pytest.fixture(scope="module")
def handed_out(root, tmp_path_factory):
    folder = tmp_path_factory.mktemp("handed_out") / "exercise_05"
    shutil.copytree(load(root).release_dir, folder)
    return folder


@pytest.fixture(scope="module", params=NOTEBOOKS)
def run(request, handed_out):
    with NotebookRun(handed_out / f"{request.param}.ipynb") as run:
        yield run


def test_nothing_but_not_implemented_yet_goes_wrong(run):
    assert {name for name, _ in run.errors} <= {"NotImplementedError"}, run.errors


def test_every_not_implemented_yet_says_where_to_write(run):
    for _, message in run.errors:
        assert "in exercise_code/networks/" in message


def test_every_not_implemented_yet_is_a_sentence_and_no_traceback(run):
    for output in run.outputs:
        if output.output_type == "error":
            told = "\n".join(output.traceback)
            assert told.startswith("✗ Not implemented yet. ")
            *_, where, do = told.splitlines()
            assert re.search(r"exercise_code/networks/\w+\.py\.$", where), "a path is kept whole"
            assert do == "  Write it, save the file, and run this cell again."
            assert told.count("\n") <= 2 and max(map(len, told.splitlines())) <= 100


def test_an_untouched_notebook_is_silent_on_stderr(run):
    assert run.stderr == ""


def test_an_untouched_graded_cell_ends_in_zero_points(run):
    for cell in run.notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade"):
            assert cell.outputs[-1].data["text/plain"] == "0.0"
