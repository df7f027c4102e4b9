"""Calls at the same moment."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from ops.errors import ConflictError, DomainError
from tests.api import Answer

# What the server says to who shall come again, and how long that may go on.
TOLD_TO_COME_AGAIN = {(503, "DATABASE_UNAVAILABLE"), (503, "SERVICE_UNAVAILABLE"), (409, "CONFLICT")}
PATIENCE_SECONDS = 60.0

R = TypeVar("R")


def at_once(calls: Sequence[Callable[[], R]]) -> list[R]:
    """Run every call on a thread of its own, all released together; returns what they return, in order."""
    gate = threading.Barrier(len(calls))

    def wait_and_run(call: Callable[[], R]) -> R:
        gate.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(wait_and_run, calls))


def ended(call: Callable[[], object]) -> str:
    """Return ``done`` or the code of the refusal; who is told to repeat, does so, as clients do."""
    while True:
        try:
            call()
        except ConflictError:
            continue
        except DomainError as error:
            return error.code
        return "done"


def persistent(call: Callable[[], Answer]) -> Callable[[], Answer]:
    """Return the call as a client sends it that comes again as often as it is told to (``retry_after``).

    Only for calls with an idempotency key: whoever is told so may have been heard.
    """

    def send() -> Answer:
        ends_at = time.monotonic() + PATIENCE_SECONDS
        while True:
            answer = call()
            if "Retry-After" not in answer.headers:
                return answer
            assert answer.problem in TOLD_TO_COME_AGAIN, answer.text
            assert time.monotonic() < ends_at, answer.text

    return send
