"""Declaring metrics: their labels have few values, and what is known to exist is shown from the start.

A counter that appears only with its first error hides this one from every rate. A label that took whatever
comes from outside would fill the memory of everybody who reads it: a metric names the values that a label
may have, and everything else becomes ``other``. ``None`` in place of them: who counts sees to it.
"""

import itertools
from collections.abc import Collection, Sequence
from typing import Generic, TypeVar

import prometheus_client

from ops import process
from ops.metrics import files

OTHER = "other"
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0)
M = TypeVar("M", prometheus_client.Counter, prometheus_client.Gauge, prometheus_client.Histogram)
files.count_in_files()
# The library's own figure of a single process, under the name of ours of all of them.
prometheus_client.REGISTRY.unregister(prometheus_client.PROCESS_COLLECTOR)


class _Declared(Generic[M]):
    """A metric with the values that its labels may have."""

    def __init__(self, metric: M, labels: dict[str, Collection[str] | None], roles: Collection[str]) -> None:
        self._metric: M = metric
        self._known = tuple(labels.values())
        self._is_ours = not roles or process.role() in {*roles, process.SHELL}
        self._children: dict[tuple[str, ...], M] = {}
        known = [values for values in self._known if values is not None]
        if len(known) == len(self._known):
            for values in itertools.product(*known):
                self.present(*values)

    def present(self, *values: str) -> None:
        """Show a series before anything is counted in it, in the processes that will count."""
        if self._is_ours:
            self._of(values)

    def _of(self, values: tuple[str, ...]) -> M:
        child = self._children.get(values)
        return self._new(values) if child is None else child

    def _new(self, values: tuple[str, ...]) -> M:
        bounded = tuple(
            value if known is None or value in known else OTHER
            for known, value in zip(self._known, values, strict=True)
        )
        with files.lock:  # whoever forks waits for it, and so for the library's own locks
            child = self._metric.labels(*bounded) if bounded else self._metric
        if bounded == values:  # else this would grow with whatever comes
            self._children[values] = child
        return child


class Counter(_Declared[prometheus_client.Counter]):
    """Only ever grows."""

    def __init__(
        self, name: str, told: str, *, roles: Collection[str] = (), **labels: Collection[str] | None
    ) -> None:
        """Declare it.

        Args:
            name: without ``_total``.
            told: what it counts.
            roles: of the processes that count it; empty: all.
            labels: the values of each; ``None``: whatever is counted.
        """
        super().__init__(prometheus_client.Counter(name, told, list(labels)), labels, roles)

    def inc(self, *values: str, by: float = 1) -> None:
        """Count, in the order of the labels."""
        self._of(values).inc(by)


class Histogram(_Declared[prometheus_client.Histogram]):
    """How long something takes."""

    def __init__(
        self,
        name: str,
        told: str,
        *,
        buckets: Sequence[float] = SECONDS,
        roles: Collection[str] = (),
        **labels: Collection[str] | None,
    ) -> None:
        """Declare it, as ``Counter``; ``buckets``: upper bounds."""
        super().__init__(
            prometheus_client.Histogram(name, told, list(labels), buckets=buckets), labels, roles
        )

    def observe(self, seconds: float, *values: str) -> None:
        """Note one, in the order of the labels."""
        self._of(values).observe(seconds)


class Gauge(_Declared[prometheus_client.Gauge]):
    """Goes up and down; over all living processes it is the sum, or the largest."""

    def __init__(
        self,
        name: str,
        told: str,
        *,
        largest: bool = False,
        roles: Collection[str] = (),
        **labels: Collection[str] | None,
    ) -> None:
        """Declare it, as ``Counter``; ``largest``: of several processes the largest counts."""
        mode = "livemax" if largest else "livesum"
        gauge = prometheus_client.Gauge(name, told, list(labels), multiprocess_mode=mode)  # type: ignore[arg-type]  # one of its words
        super().__init__(gauge, labels, roles)

    def set(self, value: float, *values: str) -> None:
        """Say how it stands, in the order of the labels."""
        self._of(values).set(value)
