"""Runs all checks at once, and waits for none longer than it may take."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as LateError
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from ops.doctor.check import Check, Examination, Finding, Result, explained
from ops.doctor.machine import HERE, Machine
from ops.doctor.whereabouts import Whereabouts

T = TypeVar("T")
# Where many wait for a processor the checks wait too: they get so much longer, together.
GRACE_SECONDS = 1.5
# In percent of the last ten seconds, in which somebody waited for a processor.
CROWDED = 50.0


@dataclass(frozen=True, slots=True)
class _Clock:
    """Since when all checks run, and whether the machine lets them."""

    started: float
    crowded: bool

    def left(self, seconds: float) -> float:
        grace = GRACE_SECONDS if self.crowded else 0.0
        return max(0.0, self.started + seconds + grace - time.monotonic())


def run(checks: Sequence[Check], where: Whereabouts, machine: Machine = HERE) -> list[Examination]:
    """Return what all checks found, the worst first."""
    crowded = is_crowded(machine)
    asked = [(check, begin(check.name, partial(check.look, where))) for check in checks]
    clock = _Clock(time.monotonic(), crowded)
    return explained((check, _finding(check, future, clock)) for check, future in asked)


def begin(name: str, look: Callable[[], T]) -> "Future[T]":
    """Start a thread that nobody has to wait for: neither we, nor Python when it ends, as with a pool."""
    future: Future[T] = Future()

    def do() -> None:
        try:
            future.set_result(look())
        except Exception as error:  # noqa: BLE001  # whatever it is, it is why this could not look
            future.set_exception(error)

    threading.Thread(target=do, name=f"doctor-{name}", daemon=True).start()
    return future


def is_crowded(machine: Machine = HERE) -> bool:
    """Tell whether many wait for a processor here; a kernel that does not tell: no."""
    return machine.pressure("cpu").get("some10", 0.0) >= CROWDED


def _finding(check: Check, future: "Future[Finding]", clock: _Clock) -> Finding:
    try:
        return future.result(clock.left(check.seconds))
    except LateError:
        if not future.done():  # else it is the check's own, like any other error
            return _late(check, crowded=clock.crowded)
    except Exception as error:  # noqa: BLE001  # its text may hold an address with a password: only its kind
        return _unseen(check, f"the check itself broke: {type(error).__name__}", "a fault of the check")
    return _unseen(check, "the check itself broke: TimeoutError", "a fault of the check")


def _late(check: Check, *, crowded: bool) -> Finding:
    if crowded:
        evidence = f"no answer within {check.seconds + GRACE_SECONDS:g} s on a machine where many wait"
        return _unseen(check, evidence, "it hangs, or this machine has no time for it", "saturation")
    return _unseen(check, f"no answer within {check.seconds:g} s", "what it looks at hangs")


def _unseen(check: Check, evidence: str, cause: str, *due_to: str) -> Finding:
    again = f".venv/bin/python manage.py doctor --section {check.section}"
    return Finding(Result.COULD_NOT_LOOK, (evidence,), cause, again, due_to)
