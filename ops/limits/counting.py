"""Counting a call against its limit. Source: HTTP contract, section 3."""

import ipaddress
import time
import zlib
from collections.abc import Sequence
from typing import NamedTuple

from django.conf import settings

from ops import security
from ops.addresses import parsed
from ops.errors import RateLimitExceededError
from ops.limits import overrides, store
from ops.limits.table import LIMITS, Key, Limit
from ops.logs import logger
from ops.metrics import access
from ops.security import SecurityEventType

# An address of IPv6 is one of the many that its holder has: counted are its first 64 bits.
IPV6_PREFIX = 64
log = logger(__name__)
for _operation in LIMITS:
    access.limit_refusals.present(_operation)


class Usage(NamedTuple):
    """What is used up of a limit, this call included. ``ends_at``: the window's end, as a Unix second."""

    limit: Limit
    subject: str
    used: int
    ends_at: int
    counter: str

    @property
    def remaining(self) -> int:
        """How many more calls there may be in this window."""
        return max(0, self.limit.most - self.used)

    @property
    def is_over(self) -> bool:
        """Whether this call is one too many."""
        return self.used > self.limit.most

    @property
    def headers(self) -> dict[str, str]:
        """What every answer tells."""
        return {
            "X-RateLimit-Limit": str(self.limit.most),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(self.ends_at),
            "X-RateLimit-Window": str(self.limit.window),
            "X-RateLimit-Type": str(self.limit.key),
        }


def count(operation: str, who: str) -> Usage | None:
    """Count a call; ``None``: limits are switched off.

    Args:
        operation: a row of the table.
        who: the user, address or session that its key asks for.
    """
    return count_and_look(operation, who, None)[0]


def count_and_look(operation: str, who: str, look_up: str | None) -> tuple[Usage | None, bytes | None]:
    """Count a call and, in the same round trip, read a key of Redis; ``None``: it is not known."""
    if not settings.ENABLE_RATE_LIMITS:
        return None, None
    limit = overrides.in_force(operation)
    subject = network_of(who) if limit.key == Key.ADDRESS else who
    ends_at = window_end(f"{limit.key}:{subject}", limit.window, int(time.time()))
    counter = store.named(limit, subject, ends_at)
    used, value = store.count(counter, limit, look_up)
    return Usage(limit, subject, used, ends_at, counter), value


def window_end(whose: str, seconds: int, now: int) -> int:
    """Return when the window ends in which somebody calls, as a Unix second: now or later.

    Everybody's windows end at moments of their own, or all who wait would come back in one second.
    """
    end = now - now % seconds + zlib.crc32(whose.encode()) % seconds
    return end if end >= now else end + seconds


def refusal(usage: Usage) -> RateLimitExceededError:
    """Return the refusal of a call that is one too many."""
    limit = usage.limit
    log.warning("rate limit exceeded", operation=limit.operation, scope=str(limit.key), who=usage.subject)
    store.note_refused()
    access.limit_refusals.inc(limit.operation)
    security.record(SecurityEventType.RATE_LIMITED, usage.subject, {"operation": limit.operation})
    return RateLimitExceededError(
        operation=limit.operation,
        limit=limit.most,
        window=limit.window,
        scope=str(limit.key),
        ends_at=usage.ends_at,
        retry_after=max(1, usage.ends_at - int(time.time())),
    )


def tightest(usages: Sequence[Usage]) -> Usage:
    """Return the one that will refuse first."""
    return min(usages, key=lambda each: (each.remaining, -each.ends_at))


def network_of(address: str) -> str:
    """Return what calls from an address are counted by."""
    found = parsed(address)
    if found is None:
        return "unknown"
    if found.version == 4:  # noqa: PLR2004  # IPv4
        return str(found)
    return str(ipaddress.ip_network((found, IPV6_PREFIX), strict=False))
