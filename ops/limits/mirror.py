"""The hash ``rate_limit_config`` in Redis: what staff have overridden, for those who look there.

It is written from the documents and read by nothing but the look for differences: what is changed there by
hand changes no limit, and is gone with the next writing. Field: the endpoint as it was given; value: JSON.
Source: design, section 4; the runbook's section 7.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import orjson
from redis.exceptions import RedisError, ResponseError

from ops import clock
from ops.limits import overrides
from ops.limits.overrides import Override
from ops.limits.store import client
from ops.logs import logger

HASH = "rate_limit_config"
log = logger(__name__)


class Difference(NamedTuple):
    """How the hash differs from the documents, by its fields; ``wrong_type``: it is no hash at all."""

    missing: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    wrong_type: bool = False

    def __bool__(self) -> bool:
        """Tell whether there is any."""
        return any(self)


def difference(held: Sequence[Override]) -> Difference:
    """Compare the hash with the overrides that hold.

    Raises:
        RedisError: Redis is away.
    """
    wanted = _fields(held)
    try:
        found: Mapping[bytes, bytes] = client().hgetall(HASH)
    except ResponseError as error:
        if not str(error).startswith("WRONGTYPE"):
            raise
        return Difference(missing=tuple(wanted), wrong_type=True)
    there = {field.decode(errors="replace"): value for field, value in found.items()}
    differing = {field: there[field] for field in wanted if field in there and there[field] != wanted[field]}
    unreadable = tuple(field for field, value in differing.items() if not _is_json(value))
    return Difference(
        missing=tuple(field for field in wanted if field not in there),
        stale=tuple(field for field in differing if field not in unreadable),
        unreadable=unreadable,
        foreign=tuple(field for field in there if field not in wanted),
    )


def write(held: Sequence[Override]) -> None:
    """Put the overrides that hold in the place of whatever is there, at once for whoever looks.

    Raises:
        RedisError: Redis is away.
    """
    pipe = client().pipeline(transaction=True)
    pipe.delete(HASH)
    if fields := _fields(held):
        pipe.hset(HASH, mapping=fields)
    pipe.execute()


def renew() -> None:
    """Write the hash anew, after a change; if that fails, the job does it."""
    try:
        write(overrides.stored(clock.now()))
    except RedisError as error:
        log.warning("rate limit overrides not mirrored", cause=type(error).__name__)


def _fields(held: Sequence[Override]) -> dict[str, bytes]:
    return {each.endpoint: _value(each) for each in held}


def _value(override: Override) -> bytes:
    facts = {
        "operation": override.operation,
        "limit": override.most,
        "window": override.window,
        "until": override.until,
        "by": override.by,
    }
    return orjson.dumps(facts, option=orjson.OPT_UTC_Z)


def _is_json(value: bytes) -> bool:
    try:
        orjson.loads(value)
    except orjson.JSONDecodeError:
        return False
    return True
