"""Work in child processes that a piece of work may end: what it then has is None."""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing import get_context

MEMORY = 2 * 1024**3  # bytes of addresses in a child
SECONDS = 90  # of processor time for one piece of work; the time limits of the checks come first
_TOGETHER = 16  # pieces that are sent to a child at once


def each(function: Callable, pieces: Iterable, jobs: int) -> Iterator:
    """``function(piece)`` for each piece, in their order; None where it ended its process."""
    pieces = list(pieces)
    batches = [pieces[n : n + _TOGETHER] for n in range(0, len(pieces), _TOGETHER)]
    results = _run(partial(_all, function), batches, jobs)
    for batch, result in zip(batches, results, strict=True):
        if result is None:  # one of these did it, or was in the same pool: each alone, then
            result = [next(_run(partial(_all, function), [[piece]], 1)) for piece in batch]
            result = [one and one[0] for one in result]
        yield from result


def _run(function, pieces, jobs):
    with _pool(jobs) as pool:
        for future in [pool.submit(function, piece) for piece in pieces]:
            try:
                yield future.result()
            except BrokenProcessPool:
                yield None


def _pool(jobs):
    return ProcessPoolExecutor(jobs, mp_context=get_context("fork"), initializer=_bound)


def _all(function, pieces):
    results = []
    for piece in pieces:
        used = resource.getrusage(resource.RUSAGE_SELF)
        spent = int(used.ru_utime + used.ru_stime)
        resource.setrlimit(resource.RLIMIT_CPU, (spent + SECONDS, resource.RLIM_INFINITY))
        results.append(function(piece))
    return results


def _bound():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
