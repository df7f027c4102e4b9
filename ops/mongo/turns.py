"""Turns: units of this process that write the same document wait for each other here, where it costs nothing.

Only a relief. Without it, many that write one document keep each other from getting done: each conflict makes
a unit run again, and 64 callers of four accounts came to a standstill. What is right is decided by the
database, between processes as well.

A unit says what it is about to write once it has read it. If nobody is at it, it goes on. Else it lets its
session go, waits for its turn as long as its deadline allows, and runs again with the turn taken. It keeps
the turn to its end, and waits while it has none, so no two can wait for each other.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from zlib import crc32

from ops import deadline
from ops.errors import ConflictError

STRIPES = tuple(threading.Lock() for _ in range(1024))
# A unit that gets its turn later than this before its end would hardly be done.
LEAST_SECONDS = 0.3


class NotYourTurnError(Exception):
    """Somebody of this process is writing one of the documents; the unit waits, and runs again."""

    def __init__(self, stripes: set[int]) -> None:
        """Take what is to be waited for."""
        super().__init__(stripes)
        self.stripes = stripes


class _Held(threading.local):
    """The stripes that this thread holds."""

    def __init__(self) -> None:
        self.stripes: set[int] = set()


_held = _Held()


def take(*ids: str) -> None:
    """Take the turn to write documents, as part of a unit of work, which gives it back at its end.

    Raises:
        NotYourTurnError: somebody else has it; the unit of work knows what to do.
    """
    wanted = {crc32(each.encode()) % len(STRIPES) for each in ids}
    for stripe in wanted - _held.stripes:
        if not STRIPES[stripe].acquire(blocking=False):
            raise NotYourTurnError(wanted | _held.stripes)
        _held.stripes.add(stripe)


def wait_for(stripes: set[int]) -> None:
    """Wait for turns, in an order that all keep to, and take them.

    Raises:
        ConflictError: the deadline comes too soon.
    """
    _give_back()
    for stripe in sorted(stripes):
        left = (deadline.remaining() or 0.0) - LEAST_SECONDS
        if not STRIPES[stripe].acquire(timeout=max(0.0, left)):
            raise ConflictError
        _held.stripes.add(stripe)


@contextmanager
def given_back() -> Iterator[None]:
    """Give back at the end of the block all turns that were taken in it."""
    try:
        yield
    finally:
        _give_back()


def _give_back() -> None:
    while _held.stripes:
        STRIPES[_held.stripes.pop()].release()
