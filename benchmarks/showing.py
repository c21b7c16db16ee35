"""One line of a table of figures."""


def show(row):
    """Print a row: whether its target is reached, its value, the target, and what it is."""
    sign = {True: "✓", False: "✗", None: " "}[row["reached"]]
    print(f"{sign} {row['value']:>9g}  {row['target']:<7} {row['name']}", flush=True)
