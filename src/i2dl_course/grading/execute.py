"""nbgrader's Execute, with time-outs that say what they are about and cost their own time only."""

import secrets

from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader import utils
from nbgrader.preprocessors import Execute
from traitlets import Bool, Integer

TIME_OUT = "CellTimeoutError"
NOT_RUN = "NotExecuted"


class ExecuteByTask(Execute):
    """Stands in place of nbgrader's Execute in ``Autograde.autograde_preprocessors``.

    What differs from the stock class, and why:

    * A graded cell that exceeds its time scores 0, and its error names the task.
    * Once an ungraded cell has exceeded its time, the ungraded cells after it are not run: they
      would call the same endless loop again, and each would cost its whole time limit. The graded
      cells are always run.
    * When the kernel has died or answers nothing, not even an interrupt, the cells after that
      score 0 with a sentence, while the stock class drops the whole submission with all feedback.
    * A notebook without a graded cell is not run: it has no points to earn, and 2a and 2b cost more
      time than everything that counts.
    """

    graded_timeout = Integer(
        30, help="Time limit in seconds of a graded cell; `timeout` is that of all others."
    ).tag(config=True)

    execute_ungraded_notebooks = Bool(
        False, help="Whether to run notebooks that have no graded cell, for their output only."
    ).tag(config=True)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # A tag that no notebook can carry, or a student could tag a graded cell to be skipped.
        self.skip_cells_with_tag = secrets.token_hex(16)
        self.timeout_func = self._seconds

    def preprocess(self, nb, resources=None, km=None):
        """Run the notebook `nb`; see the class for what may be left out."""
        self._why_no_more_ungraded = ""
        self._why_no_more_at_all = ""
        if not self.execute_ungraded_notebooks and not any(map(utils.is_grade, nb.cells)):
            self.log.info("No cell of this notebook is graded, so it is not run")
            return nb, resources
        return super().preprocess(nb, resources, km)

    def preprocess_cell(self, cell, resources, index):
        """Run one cell, or say in its output why it is not run."""
        if cell.cell_type != "code" or not cell.source.strip():
            return cell, resources
        graded = utils.is_grade(cell)
        why = self._why_no_more_at_all or ("" if graded else self._why_no_more_ungraded)
        if why:
            cell.outputs = [_error(NOT_RUN, why) if graded else new_output("stream", text=why)]
            return cell, resources
        try:
            cell, resources = super().preprocess_cell(cell, resources, index)
        except CellTimeoutError:
            # The kernel went on after the interrupt, as in `while True: try: … except: pass`.
            self._time_out(cell)
            self._why_no_more_at_all = (
                "Not run: an earlier cell exceeded its time limit and could not be interrupted.\n"
            )
        except DeadKernelError:
            self.log.warning("The kernel died in cell %s", index)
            sentence = f"{_subject(cell)} ended the Python process, so it counts as failed."
            cell.outputs = [*cell.get("outputs", []), _error("DeadKernelError", sentence)]
            self._why_no_more_at_all = "Not run: an earlier cell ended the Python process.\n"
        else:
            if any(_is_time_out(output) for output in cell.outputs):
                self._time_out(cell)
        return cell, resources

    def _seconds(self, cell):
        return self.graded_timeout if utils.is_grade(cell) else self.timeout

    def _time_out(self, cell):
        """Leave one error that names the task or cell, in place of the interrupt's traceback."""
        seconds = self._seconds(cell)
        self.log.warning("%s exceeded %s s", _subject(cell), seconds)
        sentence = (
            f"{_subject(cell)} took longer than {seconds} seconds and was stopped: "
            "probably a loop in your code does not end."
        )
        # The traceback of the interrupt would print the lines around it, hidden tests among them.
        kept = [output for output in cell.get("outputs", []) if output.output_type == "stream"]
        cell.outputs = [*kept, _error(TIME_OUT, sentence)]
        if not utils.is_grade(cell):
            self._why_no_more_ungraded = (
                f"Not run: an earlier cell took longer than {seconds} seconds. "
                "The graded cells were run all the same.\n"
            )


def _subject(cell):
    task = cell.metadata.get("nbgrader", {}).get("grade_id", "")
    return f"Task {task}" if utils.is_grade(cell) else "This cell"


def _is_time_out(output):
    return output.output_type == "error" and output.ename == TIME_OUT


def _error(name, sentence) -> NotebookNode:
    return new_output("error", ename=name, evalue=sentence, traceback=[f"{name}: {sentence}"])
