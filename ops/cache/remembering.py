"""Remembering what costs much to make, under the state that it was made from.

The key is a digest of that state, which every call reads from the database. So nothing has to be dropped when
something changes: the changed state has another key, and a value that was being made while it changed is not
found any more. What changes with every request, or has no state that is quicker to read than itself, does not
belong here; and never a balance, right, membership, limit or session.

Redis may be away, empty, or hold anything under a key: then the value is made, as without a cache.
"""

import contextlib
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Generic, TypeVar

import orjson
from django.conf import settings
from redis.exceptions import RedisError, ResponseError

from ops.cache.counting import counts
from ops.metrics import redis as metrics
from ops.redis import store

PREFIX = "cache:"
# Whoever is first makes the value; the others wait this long for it, and no longer than it is worth.
WAIT_SECONDS = 0.2
LOOK_EVERY_SECONDS = 0.02
TURN_MILLISECONDS, TURN = 1_000, ":making"
T = TypeVar("T")


class _Nothing(Enum):
    NOTHING = "nothing"


NOTHING = _Nothing.NOTHING


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """A kind of value that is remembered.

    Attributes:
        name: the keys of this kind begin with it; it changes with what ``pack`` makes.
        pack: returns a value as JSON knows it.
        unpack: returns the value again. Whatever it gets that ``pack`` did not make, it refuses by a
            ``ValueError``, ``TypeError`` or ``LookupError``.
    """

    name: str
    pack: Callable[[T], Any]
    unpack: Callable[[Any], T]


def remembered(kind: Kind[T], state: Any, make: Callable[[], T]) -> T:
    """Return the value for a state: as it is remembered, or made and remembered.

    Args:
        kind: of what.
        state: all that the value depends on, as JSON knows it; ids and versions, never the thing itself.
        make: makes it; called at most once.
    """
    if not settings.ENABLE_QUERY_CACHE:
        return make()
    key = key_of(kind.name, state)
    try:
        value = _found(kind, key)
        if value is NOTHING and not _has_turn(key):
            value = _awaited(kind, key)
    except RedisError:
        metrics.cache_requests.inc(metrics.ERROR)
        metrics.errors.inc(metrics.CACHE)
        return make()
    metrics.cache_requests.inc(metrics.MISS if value is NOTHING else metrics.HIT)
    counts.note(hit=value is not NOTHING)
    if value is not NOTHING:
        return value
    made = make()
    _keep(key, kind.pack(made))
    return made


def key_of(name: str, state: Any) -> str:
    """Return the key of a state's value."""
    digest = hashlib.sha256(orjson.dumps(state, option=orjson.OPT_SORT_KEYS)).hexdigest()
    return f"{PREFIX}{name}:{digest}"


def _found(kind: Kind[T], key: str) -> T | _Nothing:
    try:
        stored = store().get(key)
    except ResponseError:  # something else than a value lies there; what is made will replace it
        return NOTHING
    if not isinstance(stored, bytes):
        return NOTHING
    try:
        return kind.unpack(orjson.loads(stored))
    except (ValueError, TypeError, LookupError):  # somebody else wrote it
        return NOTHING


def _has_turn(key: str) -> bool:
    """Tell whether this caller is the one who makes the value, for as long as a turn lasts."""
    return bool(store().set(_turn(key), b"1", nx=True, px=TURN_MILLISECONDS))


def _awaited(kind: Kind[T], key: str) -> T | _Nothing:
    """Wait for what another caller makes; nothing: it takes them too long, so this one makes it, too."""
    until = time.monotonic() + WAIT_SECONDS
    value: T | _Nothing = NOTHING
    while value is NOTHING and time.monotonic() < until:
        time.sleep(LOOK_EVERY_SECONDS)
        value = _found(kind, key)
    return value


def _keep(key: str, packed: Any) -> None:
    """Keep what was made; the turn ends by itself, or somebody who has looked too early would take it."""
    with contextlib.suppress(RedisError):
        store().set(key, orjson.dumps(packed), ex=settings.CACHE_TTL)


def _turn(key: str) -> str:
    return key + TURN
