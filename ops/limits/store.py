"""The counters of limits, in Redis under names that people can read.

A call is counted in one round trip, which can bring along what else it needs. Where Redis does not answer,
this process counts for itself (``ops.limits.here``).
"""

import hashlib
import time
from typing import Any

from redis.exceptions import NoScriptError, RedisError, ResponseError

from ops.limits import here
from ops.limits.table import Limit
from ops.logs import logger
from ops.metrics import redis as metrics
from ops.redis import Command, answers_to, store

PREFIX = "rate_limit:"
CALLS = "rate_limit_calls"
HOUR = 3600
# A counter outlives its window by so many: clocks of several machines differ.
SPARE_SECONDS = 5
# Counts one more, and mends what is no count, counts nothing or would live for ever.
_SCRIPT = b"""
local count = redis.pcall('INCR', KEYS[1])
if type(count) ~= 'number' or count < 1 then
  redis.call('SET', KEYS[1], 1, 'EX', ARGV[1])
  count = 1
elseif redis.call('TTL', KEYS[1]) < 0 then
  redis.call('EXPIRE', KEYS[1], ARGV[1])
end
if redis.call('HINCRBY', KEYS[2], 'calls', 1) == 1 then redis.call('EXPIRE', KEYS[2], 7200) end
return count
"""
_SHA = hashlib.sha1(_SCRIPT).hexdigest()  # noqa: S324  # Redis' own name of a script
log = logger(__name__)


def named(limit: Limit, subject: str, ends_at: int) -> str:
    """Return a counter's name, ``rate_limit:<key>:<subject>:<operation>:<window>``.

    The window is its end as a Unix second. How many calls there may be is no part of it: where the limit
    changes, what was counted before still counts.
    """
    return f"{PREFIX}{limit.key}:{subject}:{limit.operation}:{ends_at}"


def count(counter: str, limit: Limit, look_up: str | None) -> tuple[int, bytes | None]:
    """Count one more and, in the same round trip, read a key of Redis.

    Returns:
        How many calls that makes, and the key's value; ``None``: it has none, or Redis is away.
    """
    seconds = limit.window + SPARE_SECONDS
    if limit.here_only:
        return here.counts.one_more(counter, seconds), None
    try:
        used, value = _counted(counter, seconds, look_up)
    except RedisError as error:
        _outage.begins(error)
        metrics.errors.inc(metrics.LIMITS)
        metrics.fallbacks.inc()
        return here.counts.one_more(counter, seconds), None
    _outage.is_over()
    here.counts.note(counter, used, seconds)
    return used, value


def _counted(counter: str, seconds: int, look_up: str | None) -> tuple[int, bytes | None]:
    keys_and_life = (2, counter, _calls_of(time.time()), seconds)
    asked: list[Command] = [("EVALSHA", _SHA, *keys_and_life)]
    if look_up is not None:
        asked.append(("GET", look_up))
    used, *brought = answers_to(*asked)
    if isinstance(used, NoScriptError):
        (used,) = answers_to(("EVAL", _SCRIPT, *keys_and_life))
    if isinstance(used, ResponseError):
        raise used
    value = brought[0] if brought and not isinstance(brought[0], ResponseError) else None
    return int(used), value


def client() -> Any:
    """Return Redis, whose own types say of each answer that it may have to be awaited."""
    return store()


def take_back(counter: str) -> None:
    """Count one less: what was counted alongside turned out to be nobody's call."""
    here.counts.one_less(counter)
    try:
        pipe = store().pipeline(transaction=False)
        pipe.decr(counter)
        pipe.expire(counter, HOUR)
        pipe.execute()
    except RedisError:
        log.debug("rate limit not given back")


def note_refused() -> None:
    """Count a refusal, for the share of them among all calls."""
    try:
        store().hincrby(_calls_of(time.time()), "refused", 1)
    except RedisError:
        log.debug("rate limit refusal not counted")


def calls_of_hour() -> tuple[int, int]:
    """Return how many calls were counted in this hour, and how many of them refused.

    Raises:
        RedisError: Redis is away.
    """
    calls, refused = store().hmget(_calls_of(time.time()), ["calls", "refused"])
    return int(calls or 0), int(refused or 0)


def _calls_of(now: float) -> str:
    return f"{CALLS}:{int(now) // HOUR * HOUR}"


class _Outage:
    """Tells the log once when counting goes local, and once when it is back."""

    def __init__(self) -> None:
        self._lasts = False

    def begins(self, error: RedisError) -> None:
        if not self._lasts:
            self._lasts = True
            log.warning(
                "rate limit store unavailable, each process counts for itself", cause=type(error).__name__
            )

    def is_over(self) -> None:
        if self._lasts:
            self._lasts = False
            log.info("rate limit store is back")


_outage = _Outage()
