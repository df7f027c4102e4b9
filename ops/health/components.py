"""The parts whose health is told, and how each is asked. Apps register theirs.

Source: HTTP contract, section 14 (components).
"""

import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

SECONDS = 1.0
# What was found a moment ago is told again: a burst of callers makes one probe.
FRESH_SECONDS = 0.5


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


class _Look(threading.Thread):
    """One look at one part, on a thread of its own: a pool would be full once enough of them hang.

    A daemon, so that a look that never ends cannot keep the process alive.
    """

    def __init__(self, component: Component) -> None:
        super().__init__(name=f"probe-{component.name}", daemon=True)
        self.component = component
        self.fault: str | None = None
        self.latency_ms = 0.0

    def run(self) -> None:
        """Ask."""
        started = time.perf_counter()
        try:
            self.fault = self.component.probe()
        except Exception as error:  # noqa: BLE001  # whatever it is, it is what is wrong with this part
            self.fault = type(error).__name__
        self.latency_ms = round((time.perf_counter() - started) * 1000, 2)


class Prober:
    """Asks all parts at once. A part that hangs keeps one thread, and is not asked a second time."""

    def __init__(self) -> None:
        """Start with nothing known."""
        self.reset()

    def reset(self) -> None:
        """Know nothing; also in a child after a fork, where the looks of the parent never end."""
        self._asking = threading.Lock()
        self._looks: dict[str, _Look] = {}
        self._last_ok: dict[str, datetime] = {}
        self._findings: list[Finding] = []
        self._found_at = -FRESH_SECONDS

    def findings(self, *, fresh: bool = False) -> list[Finding]:
        """Return what each part's probe found, in the order of registration; within ``SECONDS``.

        Args:
            fresh: ask now, whatever was found a moment ago.
        """
        with self._asking:  # whoever waited here finds what the other one found
            if fresh or time.monotonic() - self._found_at >= FRESH_SECONDS:
                self._findings = self._ask_all()
                self._found_at = time.monotonic()
            return self._findings

    def _ask_all(self) -> list[Finding]:
        looks = [self._look_at(component) for component in _components.values()]
        until = time.monotonic() + SECONDS
        for look in looks:
            look.join(max(0.0, until - time.monotonic()))
        return [self._found_by(look) for look in looks]

    def _look_at(self, component: Component) -> _Look:
        look = self._looks.get(component.name)
        if look is None or not look.is_alive():
            look = self._looks[component.name] = _Look(component)
            look.start()
        return look

    def _found_by(self, look: _Look) -> Finding:
        name = look.component.name
        if look.is_alive():
            late = f"no answer within {SECONDS:g} s"
            return Finding(look.component, late, SECONDS * 1000, self._last_ok.get(name))
        if look.fault is None:
            self._last_ok[name] = datetime.now(UTC)
        return Finding(look.component, look.fault, look.latency_ms, self._last_ok.get(name))


prober = Prober()
os.register_at_fork(after_in_child=prober.reset)


def overall(findings: Sequence[Finding]) -> Health:
    """Return the state of the whole: the worst that follows from any part."""
    states = {finding.health for finding in findings}
    for state in (Health.UNHEALTHY, Health.DEGRADED):
        if state in states:
            return state
    return Health.HEALTHY


def described(findings: Sequence[Finding], *, in_detail: bool) -> dict[str, dict[str, Any]]:
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
