"""nbgrader_side."""
