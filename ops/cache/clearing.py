"""Clearing what may be cleared at any time. Source: HTTP contract, section 14 (clear-cache)."""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

from redis.exceptions import RedisError

from ops import audit
from ops.actors import Actor
from ops.errors import ServiceUnavailableError
from ops.mongo.unit_of_work import unit_of_work
from ops.redis import store

PORTION = 1_000  # so short that nobody else waits for it


class Namespace(StrEnum):
    """What can be cleared: all keys in Redis that begin with ``<name>:``. Nothing durable is among them.

    Sessions, limits, their overrides and the jobs' queue lie under other names.
    """

    CACHE = "cache"
    AUTH = "auth"
    HEALTH = "health"


def clear(namespaces: Collection[Namespace], *, actor: Actor, now: datetime) -> int:
    """Clear namespaces; returns how many keys that were.

    Raises:
        ServiceUnavailableError: Redis is away; what it was told to clear until then is cleared.
    """
    try:
        cleared = sum(_clear(each) for each in namespaces)
    except RedisError:
        raise ServiceUnavailableError("Redis cannot be reached, so the cache was not cleared.") from None
    _record(namespaces, cleared, actor=actor, now=now)
    return cleared


def _clear(namespace: Namespace) -> int:
    """Walk over all keys in portions: a command that took them all at once would hold up everybody."""
    client, cursor, cleared = store(), 0, 0
    while True:
        cursor, keys = client.scan(cursor, match=f"{namespace}:*", count=PORTION)
        if keys:
            cleared += int(client.unlink(*keys))
        if cursor == 0:
            return cleared


@unit_of_work()
def _record(namespaces: Collection[Namespace], cleared: int, *, actor: Actor, now: datetime) -> None:
    after = {"namespaces": [str(each) for each in namespaces], "cleared": cleared}
    audit.record(actor, "cache.cleared", target="cache", now=now, after=after)
