"""Running a notebook in a real kernel, and asking that kernel afterwards."""

import ast
import os
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from support.patience import PATIENCE

from i2dl_course.sandbox import ONE_THREAD


class NotebookRun:
    """One notebook, executed top to bottom in its folder; the kernel stays alive to be asked.

    A cell that raises does not end the run: see ``errors``.
    """

    def __init__(self, path: Path):
        self.notebook = nbformat.read(path, as_version=4)
        self._client = NotebookClient(
            self.notebook,
            timeout=PATIENCE,
            allow_errors=True,
            resources={"metadata": {"path": str(path.parent)}},
        )

    def __enter__(self):
        # As in grading: the numbers in the prose must not depend on the machine's cores.
        self._kernel = self._client.setup_kernel(env=os.environ | ONE_THREAD)
        self._kernel.__enter__()
        for index, cell in enumerate(self.notebook.cells):
            if cell.cell_type == "code":
                self._client.execute_cell(cell, index)
        return self

    def __exit__(self, *exception):
        self._kernel.__exit__(*exception)

    @property
    def outputs(self):
        """All outputs of all cells, in order."""
        return [
            output
            for cell in self.notebook.cells
            if cell.cell_type == "code"
            for output in cell.outputs
        ]

    @property
    def errors(self):
        """(name, message) of every exception that ended a cell."""
        return [(o.ename, o.evalue) for o in self.outputs if o.output_type == "error"]

    @property
    def stderr(self):
        """Everything written to stderr: in a graded cell it would cost the points."""
        return "".join(o.text for o in self.outputs if o.get("name") == "stderr")

    @property
    def printed(self):
        """Everything written to stdout."""
        return "".join(o.text for o in self.outputs if o.get("name") == "stdout")

    @property
    def prose(self):
        """The text of all markdown cells."""
        return "\n".join(c.source for c in self.notebook.cells if c.cell_type == "markdown")

    def value(self, expression: str):
        """The value of an expression in the notebook's kernel; plain Python data only."""
        cell = nbformat.v4.new_code_cell(f"print(repr({expression}))")
        self.notebook.cells.append(cell)  # nbclient writes the executed cell back to its place
        try:
            self._client.execute_cell(cell, len(self.notebook.cells) - 1)
        finally:
            self.notebook.cells.pop()
        assert {o.output_type for o in cell.outputs} == {"stream"}, cell.outputs
        return ast.literal_eval("".join(o.text for o in cell.outputs))
