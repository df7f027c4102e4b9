"""Runs all checks at once, and waits for none longer than it may take."""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as LateError

from ops.doctor.check import Check, Examination, Finding, Result, explained
from ops.doctor.whereabouts import Whereabouts


def run(checks: Sequence[Check], where: Whereabouts) -> list[Examination]:
    """Return what all checks found, the worst first."""
    asked = [(check, _ask(check, where)) for check in checks]
    started = time.monotonic()
    return explained((check, _finding(check, future, started)) for check, future in asked)


def _ask(check: Check, where: Whereabouts) -> "Future[Finding]":
    """Start a thread that nobody has to wait for: neither we, nor Python when it ends, as with a pool."""
    future: Future[Finding] = Future()

    def look() -> None:
        try:
            future.set_result(check.look(where))
        except Exception as error:  # noqa: BLE001  # whatever it is, it is why this check could not look
            future.set_exception(error)

    threading.Thread(target=look, name=f"doctor-{check.name}", daemon=True).start()
    return future


def _finding(check: Check, future: "Future[Finding]", started: float) -> Finding:
    left = max(0.0, started + check.seconds - time.monotonic())
    try:
        return future.result(left)
    except LateError:
        if not future.done():  # else it is the check's own, like any other error
            return _unseen(check, f"no answer within {check.seconds:g} s", "what it looks at hangs")
    except Exception as error:  # noqa: BLE001  # its text may hold an address with a password: only its kind
        return _unseen(check, f"the check itself broke: {type(error).__name__}", "a fault of the check")
    return _unseen(check, "the check itself broke: TimeoutError", "a fault of the check")


def _unseen(check: Check, evidence: str, cause: str) -> Finding:
    again = f".venv/bin/python manage.py doctor --section {check.section}"
    return Finding(Result.COULD_NOT_LOOK, (evidence,), cause, again)
