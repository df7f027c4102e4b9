"""The parts whose health is told, and how each is asked. Apps register theirs.

Source: HTTP contract, section 14 (components).
"""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as LateError
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

SECONDS = 1.0
# What was found a moment ago is told again: a burst of callers makes one probe.
FRESH_SECONDS = 0.5
THREADS = 8


class Health(StrEnum):
    """States of a part, and of the whole."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    UNHEALTHY = "unhealthy"


@dataclass(frozen=True)
class Component:
    """A part of the system.

    Attributes:
        name: as the contract has it.
        probe: makes it do something; returns what is wrong, ``None``: nothing. May raise.
        vital: without it the whole is unhealthy; without any other part it is degraded.
    """

    name: str
    probe: Callable[[], str | None]
    vital: bool = False


@dataclass(frozen=True)
class Finding:
    """What a probe found."""

    component: Component
    fault: str | None
    latency_ms: float
    last_ok_at: datetime | None

    @property
    def health(self) -> Health:
        """The state that follows for the whole."""
        if self.fault is None:
            return Health.HEALTHY
        return Health.UNHEALTHY if self.component.vital else Health.DEGRADED


_components: dict[str, Component] = {}


def register(component: Component) -> None:
    """Enter a part; called by an app when it is ready."""
    _components[component.name] = component


class Prober:
    """Asks all parts at once. A part that hangs keeps one thread, and nobody waits for it a second time."""

    def __init__(self) -> None:
        """Start with nothing known."""
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="probe")
        self._running: dict[str, Future[Finding]] = {}
        self._last_ok: dict[str, datetime] = {}
        self._findings: list[Finding] = []
        self._found_at = 0.0

    def findings(self, *, fresh: bool = False) -> list[Finding]:
        """Return what each part's probe found, in the order of registration; within ``SECONDS``.

        Args:
            fresh: ask now, whatever was found a moment ago.
        """
        now = time.monotonic()
        if not fresh and now - self._found_at < FRESH_SECONDS:
            return self._findings
        running = [self._start(each) for each in _components.values()]
        until = now + SECONDS
        found = [
            self._outcome(component, future, max(0.0, until - time.monotonic()))
            for component, future in zip(_components.values(), running, strict=True)
        ]
        self._findings, self._found_at = found, time.monotonic()
        return found

    def _start(self, component: Component) -> "Future[Finding]":
        running = self._running.get(component.name)
        if running is None or running.done():
            running = self._pool.submit(self._ask, component)
            self._running[component.name] = running
        return running

    def _outcome(self, component: Component, future: "Future[Finding]", seconds: float) -> Finding:
        try:
            return future.result(seconds)
        except LateError:
            last_ok = self._last_ok.get(component.name)
            return Finding(component, f"no answer within {SECONDS:g} s", SECONDS * 1000, last_ok)

    def _ask(self, component: Component) -> Finding:
        started = time.perf_counter()
        try:
            fault = component.probe()
        except Exception as error:  # noqa: BLE001  # whatever it is, it is what is wrong with this part
            fault = type(error).__name__
        if fault is None:
            self._last_ok[component.name] = datetime.now(UTC)
        latency = round((time.perf_counter() - started) * 1000, 2)
        return Finding(component, fault, latency, self._last_ok.get(component.name))


prober = Prober()


def overall(findings: list[Finding]) -> Health:
    """Return the state of the whole: the worst that follows from any part."""
    states = {finding.health for finding in findings}
    for state in (Health.UNHEALTHY, Health.DEGRADED):
        if state in states:
            return state
    return Health.HEALTHY


def described(findings: list[Finding], *, in_detail: bool) -> dict[str, dict[str, Any]]:
    """Return the parts by name, as ``GET /health`` tells them; details only to those who may know."""
    return {
        finding.component.name: {
            "status": str(Health.HEALTHY if finding.fault is None else Health.UNHEALTHY),
            **(_details(finding) if in_detail else {}),
        }
        for finding in findings
    }


def _details(finding: Finding) -> dict[str, Any]:
    return {"latency_ms": finding.latency_ms, "detail": finding.fault, "last_ok_at": finding.last_ok_at}
