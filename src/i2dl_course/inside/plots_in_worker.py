"""The figures, for a student's code that asks for some: nothing is drawn where nobody looks.

They would hand out values of σ and of its slope, and would load matplotlib on the student's time.
"""


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    return no_figure


def no_figure(*_, **__):
    """Stands for every figure."""
