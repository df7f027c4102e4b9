"""Where the work of this moment comes from: a request by its route, a job, a command; and its request id.

It goes with each command to MongoDB as its comment, so that ``db.currentOp()``, the server's log and its
profiler tell which request or job it was. Source: runbook inventory, R054, R056, R060.
"""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from ops import process

Name = Callable[[], str | None]


class Origin:
    """A request, or a run of a job."""

    __slots__ = ("_name", "_said", "request_id")

    def __init__(self, request_id: str | None, name: Name) -> None:
        """Take the id, and what tells the name: ``None`` as long as nobody knows which route it is."""
        self.request_id = request_id
        self._name = name
        self._said: str | None = None

    def __str__(self) -> str:
        """Return name and request id, for example ``GET /family/<str:family_id> 3f0c…``."""
        if self._said is not None:
            return self._said
        name = self._name()
        if name is None:
            return f"- {self.request_id}"
        self._said = f"{name} {self.request_id or '-'}"
        return self._said


_current: ContextVar[Origin | None] = ContextVar("origin", default=None)


def begin(request_id: str, name: Name) -> None:
    """Say what this thread works for from now on."""
    _current.set(Origin(request_id, name))


@contextmanager
def of(request_id: str | None, name: str) -> Iterator[None]:
    """Say what this thread works for inside the block."""
    before = _current.set(Origin(request_id, lambda: name))
    try:
        yield
    finally:
        _current.reset(before)


def comment() -> str:
    """Return what stands with a command to the database: name and request id, or what this process is."""
    current = _current.get()
    return _of_process() if current is None else str(current)


def request_id() -> str | None:
    """Return the id of the request, or of the run of a job; ``None``: it is neither."""
    current = _current.get()
    return None if current is None else current.request_id


def _of_process() -> str:
    role = process.role()
    if role == process.SHELL:
        program, *words = [Path(sys.argv[0]).name, *sys.argv[1:2]]
        return " ".join([program, *words]) if program == "manage.py" else program
    return f"{role} {threading.current_thread().name}"
