"""Executing a notebook for the feedback: what a student's cells can and cannot cost."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.utils import determine_grade

from i2dl_course.grading.execute import ExecuteByTask


def graded(task, source, **metadata):
    nbgrader = {"grade": True, "grade_id": task, "locked": True, "points": 10, "solution": False,
                "schema_version": 3, "task": False, "cell_type": "code"}
    return new_code_cell(source, metadata={"nbgrader": nbgrader, **metadata})


def executed(tmp_path, *cells, **options):
    notebook = new_notebook(cells=list(cells))
    resources = {"metadata": {"path": str(tmp_path)}}
    settings = {"timeout": 2, "graded_timeout": 2, "shutdown_kernel": "immediate", **options}
    notebook, _ = ExecuteByTask(**settings).preprocess(notebook, resources)
    nbformat.validate(notebook)
    return [("".join(output.get("text") or output.get("evalue") or str(output.get("data"))
                     for output in cell.outputs), cell) for cell in notebook.cells]


def score(cell):
    return determine_grade(cell)[0]


def test_a_graded_cell_that_takes_too_long_scores_zero_and_names_its_task(tmp_path):
    (said, cell), (_, after) = executed(
        tmp_path, graded("sigmoid_forward", "secret = 'hidden'\nwhile True: pass"),
        graded("other", "10.0"))
    assert "Task sigmoid_forward took longer than 2 seconds" in said
    assert (score(cell), score(after)) == (0, 10)
    assert "hidden" not in str(cell.outputs), "the traceback quotes the cell"


def test_after_an_endless_ungraded_cell_only_graded_cells_are_run(tmp_path):
    (first, _), (second, _), (_, task), (third, _) = executed(
        tmp_path, new_code_cell("while True: pass"), new_code_cell("print('ran')"),
        graded("task", "print('ran')\n7.5"), new_code_cell("print('ran')"))
    assert "took longer than 2 seconds" in first
    assert second == third and second.startswith("Not run") and second.count("\n") == 1
    assert score(task) == 7.5


def test_a_kernel_that_ends_costs_the_cells_after_it_and_keeps_those_before(tmp_path):
    (_, before), (said, ending), (told, after), _ = executed(
        tmp_path, graded("before", "10.0"), graded("ending", "import os; os._exit(0)"),
        graded("after", "10.0"), new_code_cell("1"))
    assert (score(before), score(ending), score(after)) == (10, 0, 0)
    assert "ended the Python process" in said and "ended the Python process" in told


def test_a_loop_that_swallows_the_interrupt_does_not_lose_the_submission(tmp_path):
    stubborn = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass"
    (_, before), (said, loop), (told, after) = executed(
        tmp_path, graded("before", "10.0"), graded("loop", stubborn), graded("after", "10.0"),
        iopub_timeout=1)
    assert (score(before), score(loop), score(after)) == (10, 0, 0)
    assert "Task loop took longer" in said and "could not be interrupted" in told


@pytest.mark.parametrize("tag", ["skip-execution", "raises-exception"])
def test_no_tag_keeps_a_graded_cell_from_being_run(tmp_path, tag):
    ((_, cell),) = executed(tmp_path, graded("task", "1 / 0", tags=[tag]))
    assert score(cell) == 0


def test_the_tag_that_skips_differs_from_run_to_run():
    assert ExecuteByTask().skip_cells_with_tag != ExecuteByTask().skip_cells_with_tag


def test_a_configured_tag_cannot_bring_skipping_back():
    from traitlets.config import Config

    config = Config({"Execute": {"skip_cells_with_tag": "skip-execution"}})
    assert ExecuteByTask(config=config).skip_cells_with_tag != "skip-execution"


def test_a_notebook_without_graded_cells_is_run_only_when_asked(tmp_path):
    ((said, _),) = executed(tmp_path, new_code_cell("print('ran')"))
    assert said == ""
    ((said, _),) = executed(tmp_path, new_code_cell("print('ran')"),
                            execute_ungraded_notebooks=True)
    assert said == "ran\n"
