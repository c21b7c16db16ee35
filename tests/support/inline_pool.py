"""A pool that runs nothing, for the commands that would judge for minutes in many processes."""

from __future__ import annotations

from collections.abc import Callable, Iterable


def inline_pool(answers: Callable[[Iterable], list]) -> type:
    """A class in the place of ProcessPoolExecutor whose `map` gives the `answers` to its values."""

    class Inline:
        def __init__(self, jobs):
            pass

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def map(self, function, values, chunksize=1):
            return answers(values)

    return Inline
