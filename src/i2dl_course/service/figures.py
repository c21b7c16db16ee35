"""A handful of figures about the service, in the words of Prometheus."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_BUCKETS = (0.1, 0.25, 0.5, 1, 2, 5, 10, 15, 30, 60, 300)


class Figures:
    """The figures of one service. The callables are asked when the figures are."""

    def __init__(self, waiting: Callable[[], float], unrecorded: Callable[[], float]):
        self._registry = CollectorRegistry()
        self.received = Counter(
            "course_handins_received", "Hand-ins that were new", registry=self._registry
        )
        self.refused = Counter(
            "course_handins_refused", "Hand-ins refused, with a sentence", registry=self._registry
        )
        self.judged = Counter(
            "course_handins_judged", "Verdicts written down", ["outcome"], registry=self._registry
        )
        self.seconds = Histogram(
            "course_handin_seconds",
            "From receipt to verdict",
            buckets=_BUCKETS,
            registry=self._registry,
        )
        gauge = Gauge("course_handins_waiting", "Without a verdict", registry=self._registry)
        gauge.set_function(waiting)
        gauge = Gauge(
            "course_students_unrecorded",
            "With a verdict that the gradebook does not yet know of",
            registry=self._registry,
        )
        gauge.set_function(unrecorded)

    def text(self) -> bytes:
        """What Prometheus reads."""
        return generate_latest(self._registry)
