"""How often the cache had what was asked for: counted in each process, gathered in a hash in Redis."""

import contextlib
import threading
import time

from redis.exceptions import RedisError

from ops.redis import store

HASH = "cache_stats"  # not below ``cache:``, so that it stays when the cache is cleared
HITS, MISSES = "hits", "misses"
EVERY_SECONDS = 1.0


class Counts:
    """Hits and misses of this process that are not in the hash yet.

    They are written by a later look-up, so the last ones of a process that ends, or is idle, are missing: a
    share needs no exactness, and a look-up should not cost a second command.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self._lock = threading.Lock()
        self._noted = {HITS: 0, MISSES: 0}
        self._written_at = time.monotonic()

    def note(self, *, hit: bool) -> None:
        """Count a look-up."""
        with self._lock:
            self._noted[HITS if hit else MISSES] += 1
            if time.monotonic() - self._written_at < EVERY_SECONDS:
                return
            noted, self._noted = self._noted, {HITS: 0, MISSES: 0}
            self._written_at = time.monotonic()
        with contextlib.suppress(RedisError):
            pipeline = store().pipeline(transaction=False)
            for name, times in noted.items():
                pipeline.hincrby(HASH, name, times)
            pipeline.execute()


counts = Counts()
