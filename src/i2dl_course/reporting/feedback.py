"""What nbgrader's feedback shows of a graded cell."""

from nbgrader import utils
from nbgrader.preprocessors import ClearHiddenTests


class ClearHiddenTestsFromFeedback(ClearHiddenTests):
    """Takes hidden tests out of the feedback: their source, and tracebacks that quote it.

    The stock class looks at every cell and raises for a hidden-test marker in an ungraded one, so a
    student who types the marker into a cell of their own would get no feedback. Here only graded
    cells are looked at: their source is restored from the gradebook, so it is ours.
    """

    def preprocess_cell(self, cell, resources, cell_index):
        """Clear one graded cell; the outputs of the checks stay."""
        if utils.is_grade(cell) and self._remove_hidden_test_region(cell):
            for output in cell.get("outputs", []):
                if output.output_type == "error":
                    output.traceback = [f"{output.ename}: {output.evalue}"]
        return cell, resources
