"""Room in the gradebook for what a grader wants to say of a task.

nbgrader keeps comments on cells in which students write, and here they write in files. So each
graded cell of the notebook is one more cell of that kind for the gradebook, of the same name; the
notebook itself and its points know nothing of it.
"""

from __future__ import annotations

from nbformat import NotebookNode
from nbgrader.api import Comment, MissingEntry, SolutionCell
from nbgrader.preprocessors import SaveCells
from nbgrader.utils import is_grade


class SaveCellsWithComments(SaveCells):
    """Stands in GenerateAssignment.preprocessors in the place of nbgrader's SaveCells."""

    def preprocess_cell(
        self, cell: NotebookNode, resources: dict, cell_index: int
    ) -> tuple[NotebookNode, dict]:
        """`cell` as it is; a graded one is noted twice."""
        cell, resources = super().preprocess_cell(cell, resources, cell_index)
        if is_grade(cell):
            self._create_solution_cell(cell)
        return cell, resources

    def _create_notebook(self, nb: NotebookNode) -> None:
        """As nbgrader does; before, give a gradebook with hand-ins in it what it lacks.

        nbgrader adds no cell once somebody has handed in, for it would not know their points.
        """
        try:
            notebook = self.gradebook.find_notebook(self.notebook_id, self.assignment_id)
        except MissingEntry:
            notebook = None
        if notebook and notebook.submissions:
            there = {cell.name for cell in notebook.solution_cells}
            for name in self.new_solution_cells.keys() - there:
                cell = SolutionCell(name=name, notebook=notebook)
                self.gradebook.db.add(cell)
                self.gradebook.db.flush()
                for submitted in notebook.submissions:
                    self.gradebook.db.add(Comment(cell_id=cell.id, notebook=submitted))
            self.gradebook.db.commit()
        super()._create_notebook(nb)
