"""Progress of a long command: a bar for each stage in a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)


class Stages:
    """Shows one stage after the other; `times` holds the seconds that each has taken, by name."""

    def __init__(self, console: Console):
        self._console = console
        self.times: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str, total: int | None = None) -> Iterator[Callable[[], None]]:
        """A stage with `total` steps; yields the function to call after each step."""
        begun = time.monotonic()
        if self._console.is_terminal:
            columns = (
                SpinnerColumn(),
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
            )
            with Progress(*columns, console=self._console, transient=True) as progress:
                bar = progress.add_task(name, total=total)
                yield lambda: progress.advance(bar)
        else:
            yield lambda: None
        self.times[name] = time.monotonic() - begun
        self._console.print(f"{name:<34} {self.times[name]:6.1f} s", highlight=False)
