"""Calls at the same moment."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from ops.errors import ConflictError, DomainError

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
