"""Stands for a module that draws: nothing is drawn where nobody looks.

Its figures would hand out values that a student has to compute, and would load matplotlib on the
student's time.
"""


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    return no_figure


def no_figure(*_, **__):
    """Stands for every figure."""
