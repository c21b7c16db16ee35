"""Small tables for the notebooks, with headings that a screen reader can follow."""

import html


class Table:
    """Rows and columns with a caption; the last line of a cell shows it.

    Parameters
    ----------
    columns : dict of str to sequence
        Heading -> one entry for each row, all equally many. The first column names the rows. Whole
        numbers are written with their thousands apart, others with three significant digits.
    caption : str

    Raises
    ------
    ValueError
        If the columns are not equally long.
    """

    def __init__(self, columns, caption):
        self.headings = list(columns)
        self.rows = [
            [_written(entry) for entry in row] for row in zip(*columns.values(), strict=True)
        ]
        self.caption = caption

    def _repr_html_(self):
        head = "".join(f'<th scope="col">{html.escape(heading)}</th>' for heading in self.headings)
        body = ""
        for name, *entries in self.rows:
            cells = "".join(f"<td>{html.escape(entry)}</td>" for entry in entries)
            body += f'<tr><th scope="row">{html.escape(name)}</th>{cells}</tr>'
        return (
            f"<table><caption>{html.escape(self.caption)}</caption>"
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        )

    def __repr__(self):
        lines = [self.headings, *self.rows]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        rows = [
            "  ".join(entry.rjust(width) for entry, width in zip(line, widths, strict=True))
            for line in lines
        ]
        return "\n".join([self.caption, *rows])


def _written(entry):
    if isinstance(entry, str):
        return entry
    if float(entry).is_integer():
        return f"{int(entry):,}"
    return f"{entry:.3g}" if abs(entry) < 1000 else f"{entry:,.0f}"
