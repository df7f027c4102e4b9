"""The counters of limits, in Redis under names that people can read.

``django-ratelimit`` says which counter and which window; it asks its cache in two steps, ``add`` and
``incr``. Here the first step counts, in one round trip that can bring along what else a call needs, and the
second hands the count out. Where Redis does not answer, this process counts for itself (``ops.limits.here``).
"""

import hashlib
import re
import time
from typing import Any

from django.core.cache.backends.base import BaseCache
from redis.exceptions import NoScriptError, RedisError, ResponseError

from ops.limits import here
from ops.logs import logger
from ops.metrics import redis as metrics
from ops.redis import Command, answers_to, store

PREFIX = "rate_limit:"
CALLS = "rate_limit_calls"
HOUR = 3600
# Between the parts that the library joins; in no operation, id or address.
MARK = "|"
# How the library writes it, behind the operation.
_RATE = re.compile(r"\d+/\d+s\Z")
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


class ReadableName:
    """Makes a counter's name of the parts that ``django-ratelimit`` would hash."""

    def __init__(self, parts: bytes) -> None:
        """Take ``operation``, rate, ``|key|value|`` and window, joined."""
        self._parts = parts.decode()

    def hexdigest(self) -> str:
        """Return ``<key>:<value>:<operation>:<window>``; the window is its end as a Unix second.

        The rate is no part of it: where the limit changes, what was counted before still counts.
        """
        head, key, value, window = self._parts.split(MARK)
        return f"{key}:{value}:{_RATE.sub('', head)}:{window}"


def subject(key: str, value: str) -> str:
    """Return whose calls are counted, as ``ReadableName`` wants it."""
    return f"{MARK}{key}{MARK}{value.replace(MARK, '_')}{MARK}"


class Counters(BaseCache):
    """The cache that ``django-ratelimit`` counts in; one for each thread, as Django makes caches."""

    def __init__(self, _location: str, options: dict[str, Any]) -> None:
        """Start; there is nothing to say but what every cache takes."""
        super().__init__(options)
        self._count = 0
        self.counter = ""
        self.here_only = False
        self.alongside: str | None = None
        self.brought: bytes | None = None

    def add(self, key: str, _value: int, timeout: Any = None, version: Any = None) -> bool:  # noqa: ARG002  # Django's
        """Count one more, and bring the value of the key ``alongside``."""
        self.counter, self.brought = key, None
        if self.here_only:
            self._count = here.counts.one_more(key, timeout)
            return False
        try:
            self._count = self._counted(key, timeout)
        except RedisError as error:
            _outage.begins(error)
            metrics.errors.inc(metrics.LIMITS)
            metrics.fallbacks.inc()
            self._count = here.counts.one_more(key, timeout)
        else:
            _outage.is_over()
            here.counts.note(key, self._count, timeout)
        return False

    def incr(self, key: str, delta: int = 1, version: Any = None) -> int:  # noqa: ARG002  # Django's signature
        """Return what ``add`` counted."""
        return self._count

    def _counted(self, key: str, seconds: int) -> int:
        keys_and_life = (2, key, _calls_of(time.time()), seconds)
        asked: list[Command] = [("EVALSHA", _SHA, *keys_and_life)]
        if self.alongside is not None:
            asked.append(("GET", self.alongside))
        count, *brought = answers_to(*asked)
        if brought and not isinstance(brought[0], ResponseError):
            self.brought = brought[0]
        if isinstance(count, NoScriptError):
            (count,) = answers_to(("EVAL", _SCRIPT, *keys_and_life))
        if isinstance(count, ResponseError):
            raise count
        return int(count)


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
