"""fix:endless_keys (runbook R039, R069, R076): keys in Redis that have lost their end.

Only keys that our code always gives an end. What is cached goes at once; what is remembered of a session may
be the mark that it is not to be trusted, so it gets an end like any other mark; a counter goes with its
window, as the job does it.
"""

import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from ops.actors import Actor
from ops.cache.clearing import Namespace
from ops.doctor.fixes.fix import Fix, Given, Lines
from ops.doctor.fixes.noting import note
from ops.doctor.fixes.redis import redis_needed
from ops.limits import upkeep
from ops.limits.store import PREFIX as COUNTERS
from ops.redis import store

NAME = "endless_keys"
CACHED = tuple(f"{each}:" for each in Namespace)
SESSIONS = "session:"
# Longer than any worker remembers a session for.
SESSION_SECONDS = 300
NO_END = -1  # what Redis says in place of the seconds that a key has left
PORTION = 1_000  # so short that nobody else waits for it
# Of a very large Redis a part is searched, and that is said.
SEARCH_SECONDS = 20.0


@redis_needed
def plan(_given: Given, _now: datetime) -> Lines:
    """Count them."""
    search, counted = _Search(), Counter[str]()
    for keys in search.endless():
        counted.update(_kind(key) for key in keys)
    lines = [f"{_deed(kind)} {_keys(number)} below {kind}" for kind, number in sorted(counted.items())]
    return (*lines, *search.rest)


@redis_needed
def apply(_given: Given, actor: Actor, reason: str | None, now: datetime) -> Lines:
    """Delete them, or give them an end; noted before the first is touched."""
    search, mended = _Search(), Counter[str]()
    for keys in search.endless():
        if keys and not mended:
            note(NAME, {"kinds": [*CACHED, SESSIONS, COUNTERS]}, actor=actor, reason=reason, now=now)
        _mend(keys)
        mended.update(_kind(key) for key in keys)
    lines = [f"{_deed(kind)}: {_keys(number)} below {kind}" for kind, number in sorted(mended.items())]
    return (*lines, *search.rest)


class _Search:
    """A search through Redis; ``rest``: a line if there was no time for all of it."""

    def __init__(self) -> None:
        self.rest: Lines = ()

    def endless(self) -> Iterator[list[bytes]]:
        """Yield, portion by portion, keys of ours that Redis would keep for ever."""
        client: Any = store()
        cursor, until = 0, time.monotonic() + SEARCH_SECONDS
        while True:
            cursor, keys = client.scan(cursor, count=PORTION)
            ours = [key for key in dict.fromkeys(keys) if key.decode(errors="replace").startswith(_OURS)]
            pipe = client.pipeline(transaction=False)
            for key in ours:
                pipe.ttl(key)
            yield [key for key, ttl in zip(ours, pipe.execute(), strict=True) if ttl == NO_END]
            if cursor == 0:
                return
            if time.monotonic() > until:
                self.rest = (f"look at the rest: only a part was searched in {SEARCH_SECONDS:g} s",)
                return


def _mend(keys: list[bytes]) -> None:
    client = store()
    if cached := [key for key in keys if _kind(key) in CACHED]:
        client.unlink(*cached)
    pipe = client.pipeline(transaction=False)
    for key in keys:
        if _kind(key) == SESSIONS:
            pipe.expire(key, SESSION_SECONDS)
    pipe.execute()
    upkeep.mend([key for key in keys if _kind(key) == COUNTERS])


def _kind(key: bytes) -> str:
    return next(each for each in _OURS if key.decode(errors="replace").startswith(each))


def _deed(kind: str) -> str:
    return "delete" if kind in CACHED else "give an end to"


def _keys(number: int) -> str:
    return "1 key" if number == 1 else f"{number} keys"


_OURS = (*CACHED, SESSIONS, COUNTERS)

FIX = Fix(
    NAME,
    3,
    "Delete cached keys that have no end, and give counters and sessions theirs",
    "What is cached is made anew, which takes longer once; nothing durable goes.",
    plan,
    apply,
    mends=("cache", "limits"),
)
