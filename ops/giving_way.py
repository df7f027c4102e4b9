"""Work that nobody waits for gives way to what people wait for.

How busy database and processors are, wherever they stand, the work sees by itself: its steps take longer than
its quickest ones did. For each second that others made it wait it rests ``RESTS`` seconds, so that at the
worst it is at work for a quarter of its time; alone it hardly rests. Source: the principle of LEDBAT (RFC
6817, section 2.1), of transfers that yield to others as soon as they see a delay.
"""

import time
from collections.abc import Callable

from ops import deadline

RESTS = 3.0
# Steps differ by themselves; what takes up to so much of the quickest is not held for the doing of others.
EVEN = 1.5


class Background:
    """Long work in steps, one after the other in one thread."""

    def __init__(
        self,
        *,
        seconds: Callable[[], float] = time.monotonic,
        rest: Callable[[float], None] = time.sleep,
    ) -> None:
        """Begin with the first step; ``seconds``: a clock, ``rest``: sleeps."""
        self._seconds, self._rest = seconds, rest
        self._quickest: dict[str, float] = {}
        self._since = seconds()

    def give_way(self, kind: str, units: int) -> None:
        """Rest after a step, as long as others made it wait, and no longer than the deadline.

        Args:
            kind: of the step: steps of one kind take equally long for each unit.
            units: how much it did, such as documents that were read: one at least; few of them tell nothing.
        """
        took = self._seconds() - self._since
        quickest = min(self._quickest.get(kind, took / units), took / units)
        self._quickest[kind] = quickest
        waited = took - EVEN * quickest * units
        if waited > 0:
            left = deadline.remaining()
            self._rest(RESTS * waited if left is None else min(RESTS * waited, left))
        self._since = self._seconds()
