"""How much time is left for what this thread is doing.

Whoever accepts work says how long it may take; whoever waits inside it asks how long it may wait. The
clock is the monotonic one, so a corrected system time moves no deadline.
"""

import time
from contextlib import AbstractContextManager
from contextvars import ContextVar, Token
from types import TracebackType

_ends_at: ContextVar[float | None] = ContextVar("ops.deadline", default=None)


class _Within(AbstractContextManager[None]):
    """The block; a class, since a generator would cost each request three times as much."""

    __slots__ = ("_seconds", "_token")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._token: Token[float | None] | None = None

    def __enter__(self) -> None:
        outer = _ends_at.get()
        mine = time.monotonic() + self._seconds
        self._token = _ends_at.set(mine if outer is None or mine < outer else outer)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._token is not None:
            _ends_at.reset(self._token)
            self._token = None


def within(seconds: float) -> AbstractContextManager[None]:
    """Return a block that must be done in ``seconds``; it never lengthens the time of an outer block."""
    return _Within(seconds)


def remaining() -> float | None:
    """Return the seconds left, 0 when they are over; ``None``: there is no deadline."""
    ends_at = _ends_at.get()
    return None if ends_at is None else max(0.0, ends_at - time.monotonic())


def at() -> float | None:
    """Return the deadline on the clock of ``time.monotonic()``; ``None``: there is none."""
    return _ends_at.get()
