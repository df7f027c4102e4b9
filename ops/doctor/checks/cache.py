"""doctor:cache (runbook R039, R040, R066): what is cached, and whether it is of use."""

import time
from collections import Counter
from typing import Any, NamedTuple

from redis import Redis
from redis.exceptions import RedisError

from ops.doctor.check import Finding, Result
from ops.doctor.checks import redis
from ops.doctor.whereabouts import Whereabouts

KEYS, COUNTS, TURN = "cache:*", "cache_stats", b":making"  # as ops.cache has them
PORTION = 1_000
# So much of the time that the check may take is for the search; of a very large Redis it sees a part.
SEARCH_SECONDS = 1.0
ENDLESS = -1  # what Redis says of a key without an end


class Seen(NamedTuple):
    """Keys of the cache by kind, how many of them have no end, and whether all of Redis was searched."""

    kinds: Counter[str]
    endless: int
    is_all: bool


def look(where: Whereabouts) -> Finding:
    """Search its keys, and read how often it had what was asked for."""
    client = redis.client_of(where)
    if isinstance(client, Finding):
        return _unseen()
    with client:
        try:
            seen, counted = _searched(client), _counted(client)
        except RedisError:
            return _unseen()
    facts = f"{_named(seen)}; {counted}{_switched_off(where)}"
    if not seen.endless:
        return Finding(Result.OK, (facts,))
    return Finding(
        Result.DEGRADED,
        (f"{seen.endless} without an end; {facts}",),
        "somebody else than the product wrote below cache:, and what has no end takes memory for ever",
        ".venv/bin/python manage.py clear_cache --namespace cache",
    )


def _searched(client: Redis) -> Seen:
    kinds, endless, cursor = Counter[str](), 0, 0
    until = time.monotonic() + SEARCH_SECONDS
    scanned: Any
    while True:
        scanned = client.scan(cursor, match=KEYS, count=PORTION)
        cursor, keys = scanned
        kinds.update(_kind(key) for key in keys if not key.endswith(TURN))
        pipeline = client.pipeline(transaction=False)
        for key in keys:
            pipeline.ttl(key)
        endless += pipeline.execute().count(ENDLESS)
        if cursor == 0 or time.monotonic() > until:
            return Seen(kinds, endless, cursor == 0)


def _kind(key: bytes) -> str:
    """Return the second word of a key, shortened: it may be anybody's."""
    return key.decode(errors="replace").split(":")[1][:20]


def _counted(client: Redis) -> str:
    stored: Any = client.hgetall(COUNTS)
    hits, misses = (int(stored.get(name, 0)) for name in (b"hits", b"misses"))
    share = f" ({hits / (hits + misses):.0%})" if hits + misses else ""
    return f"{hits} of {hits + misses} look-ups hit{share}"


def _named(seen: Seen) -> str:
    part = "" if seen.is_all else "in a part of Redis, "
    return part + (", ".join(f"{number} of {kind}" for kind, number in sorted(seen.kinds.items())) or "empty")


def _switched_off(where: Whereabouts) -> str:
    if where.faults:
        return ""
    from django.conf import settings  # noqa: PLC0415  # only when they can be read

    return "" if settings.ENABLE_QUERY_CACHE else "; switched off (ENABLE_QUERY_CACHE)"


def _unseen() -> Finding:
    remedy = ".venv/bin/python manage.py doctor --section 3"
    return Finding(Result.COULD_NOT_LOOK, ("Redis cannot be asked",), "Redis is away, or too slow", remedy)
