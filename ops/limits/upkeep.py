"""What a job keeps in order: overrides that have ended, the mirror of the others, counters without an end."""

import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from redis.exceptions import RedisError

from ops.limits import counters, mirror, overrides, overriding
from ops.limits.store import PREFIX, client
from ops.logs import logger

# Keys that one run looks at: with a million of them each has its turn within half an hour.
STEPS = 10
DAY = 24 * 60 * 60
log = logger(__name__)


def keep(*, now: datetime) -> int:
    """Delete what has ended, mirror what holds, give every counter an end; returns how much was amiss.

    While Redis is away, its part waits for the next run.
    """
    ended = overriding.end_overdue(now=now)
    for each in ended:
        log.info("rate limit override ended", operation=each.operation, until=each.until.isoformat())
    try:
        return len(ended) + int(remirror(now=now)) + search.go_on()
    except RedisError as error:
        log.warning("rate limit store unavailable, its upkeep waits", cause=type(error).__name__)
        return len(ended)


def remirror(*, now: datetime) -> bool:
    """Write the mirror anew if it differs from the documents; tells whether it did.

    Raises:
        RedisError: Redis is away.
    """
    held = overrides.stored(now)
    found = mirror.difference(held)
    if found:
        mirror.write(held)
        log.warning("rate limit overrides mirrored anew", **_numbers(found))
    return bool(found)


def mend(keys: list[bytes]) -> int:
    """Let each key go with its window; what is no counter goes after a day. Returns how many they were.

    Raises:
        RedisError: Redis is away.
    """
    pipe, now = client().pipeline(transaction=False), int(time.time())
    for key in keys:
        name = counters.name_of(key)
        pipe.expireat(key, min(max(name.ends_at, now + 1), now + DAY) if name else now + DAY)
    if keys:
        pipe.execute()
        log.warning("rate limit counters had no end", number=len(keys))
    return len(keys)


class Search:
    """A search for counters without an end, that goes on where the last run of this process stopped."""

    def __init__(self) -> None:
        """Begin at the beginning."""
        self._place = 0

    def go_on(self) -> int:
        """Look at the next keys, and mend those without an end; returns how many that were."""
        return sum(mend(keys) for keys in self._endless(STEPS))

    def count(self, steps: int) -> int:
        """Look at the next keys, and return how many have no end."""
        return sum(len(keys) for keys in self._endless(steps))

    def _endless(self, steps: int) -> Iterator[list[bytes]]:
        """Yield, step by step, the keys that Redis would keep for ever; ends where the search is through."""
        for _ in range(steps):
            self._place, keys = client().scan(self._place, match=f"{PREFIX}*", count=counters.STEP)
            yield _without_end(keys)
            if self._place == 0:
                return


def _without_end(keys: list[bytes]) -> list[bytes]:
    pipe = client().pipeline(transaction=False)
    for key in keys:
        pipe.ttl(key)
    return [key for key, ttl in zip(keys, pipe.execute(), strict=True) if ttl == counters.NO_END]


def _numbers(found: mirror.Difference) -> dict[str, Any]:
    return {name: part if isinstance(part, bool) else len(part) for name, part in found._asdict().items()}


search = Search()
