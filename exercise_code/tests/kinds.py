"""The kinds of thing that a student can be asked to write."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Function:
    """A function that takes arrays and returns arrays.

    Attributes
    ----------
    name : str
        What it is called in its file, and in ``Submission``.
    file : str
        The file that the student hands in, with the name of the package.
    returns_cache : bool
        Whether it returns a pair ``(out, cache)``. A cache may be anything. Nobody but the
        student's own functions looks into it, so it stays where they run.
    """

    name: str
    file: str
    returns_cache: bool = False


@dataclass(frozen=True)
class Model:
    """A class whose objects hold arrays, in their dict ``params``, and have methods on arrays.

    In ``Submission`` it is a callable: from a dict of arrays it makes an object whose ``params``
    begin as copies of them. The judge changes the arrays in ``params`` in place, as an optimizer
    does, and the next call of a method must see it.

    Attributes
    ----------
    name, file : str
        As of a Function.
    methods : tuple of str
    arguments : callable
        ``arguments(params)`` gives what the class is called with, positional and by keyword, to
        make an object with arrays of the shapes of ``params``: a tuple and a dict.
    """

    name: str
    file: str
    methods: tuple[str, ...]
    arguments: Callable
