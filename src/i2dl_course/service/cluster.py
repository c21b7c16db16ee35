"""Judges on many machines: the workers of a Dask cluster, joined anew when it was lost."""

from __future__ import annotations

import threading
from collections.abc import Callable

from i2dl_course.class_run.dask_engine import DaskEngine
from i2dl_course.class_run.grading_process import Job, JobResult


class Cluster:
    """Grades single hand-ins by an engine that `make` gives; for many threads. Close it when done.

    Raises CourseError when there is none to be had at the start.
    """

    def __init__(self, make: Callable[[], DaskEngine]):
        self._make = make
        self._lock = threading.Lock()
        self._engine: DaskEngine | None = make()

    def threads(self) -> int:
        """How many hand-ins the workers can be at."""
        return self._joined().threads()

    def grade(self, job: Job) -> JobResult:
        """The result of `job`. Raises whatever keeps it from coming; the next call joins anew."""
        engine = self._joined()
        try:
            return engine.grade(job)
        except Exception:
            self._leave(engine)
            raise

    def _joined(self) -> DaskEngine:
        with self._lock:
            self._engine = self._engine or self._make()
            return self._engine

    def _leave(self, engine: DaskEngine) -> None:
        with self._lock:
            if self._engine is engine:
                self._engine = None
                engine.close()

    def close(self) -> None:
        """Leave the cluster."""
        if self._engine:
            self._leave(self._engine)
