"""What this process has counted, for when Redis does not answer.

It holds what Redis said last, or what was counted here since. So while Redis is away a process lets in no
more than the limit, and all together no more than the limit times their number.
"""

import threading
import time
from typing import NamedTuple

# Callers of one window; a count takes some 250 bytes. Beyond it the oldest are forgotten.
MOST = 20_000


class _Count(NamedTuple):
    used: int
    ends_at: float


class Counts:
    """Counters of one process; safe on any thread."""

    def __init__(self) -> None:
        """Begin with none."""
        self._lock = threading.Lock()
        self._counts: dict[str, _Count] = {}

    def note(self, counter: str, count: int, seconds: int) -> None:
        """Keep what Redis said of a counter that lives for so many seconds."""
        with self._lock:
            self._keep(counter, count, time.monotonic() + seconds)

    def one_more(self, counter: str, seconds: int) -> int:
        """Count one more; returns how many that makes."""
        now = time.monotonic()
        with self._lock:
            known = self._counts.get(counter)
            if known is None or known.ends_at <= now:
                known = _Count(0, now + seconds)
            self._keep(counter, known.used + 1, known.ends_at)
            return known.used + 1

    def one_less(self, counter: str) -> None:
        """Take one back."""
        with self._lock:
            if (known := self._counts.get(counter)) and known.used:
                self._counts[counter] = known._replace(used=known.used - 1)

    def _keep(self, counter: str, count: int, ends_at: float) -> None:
        self._counts.pop(counter, None)  # the newest stands last
        self._counts[counter] = _Count(count, ends_at)
        if len(self._counts) > MOST:
            self._forget_some()

    def _forget_some(self) -> None:
        now = time.monotonic()
        alive = {counter: each for counter, each in self._counts.items() if each.ends_at > now}
        spare = max(0, len(alive) - MOST // 2)
        self._counts = dict(list(alive.items())[spare:])


counts = Counts()
