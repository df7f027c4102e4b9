"""What tests of overrides look at: the hash, and what holds in this process."""

from typing import Any

import orjson

from ops.limits import mirror, overrides
from ops.limits.table import Limit
from ops.redis import store
from tests.waiting import until

CREATE = "family_create"


def hash_() -> dict[str, Any]:
    """Return the hash in Redis, its values read."""
    found: Any = store().hgetall(mirror.HASH)
    return {field.decode(): orjson.loads(value) for field, value in found.items()}


def holds(operation: str, most: int) -> bool:
    """Wait until so many calls of an operation are allowed in this process."""
    return until(lambda: overrides.in_force(operation).most == most)


def in_table(operation: str) -> Limit:
    """Return what the table says."""
    return vars(overrides)["LIMITS"][operation]  # type: ignore[no-any-return]  # the tests put it there


def counted(*keys: str, count: int = 3, ttl: int | None = 60) -> None:
    """Write counters; ``ttl`` ``None``: for ever."""
    for key in keys:
        store().set(key, count, ex=ttl)


def counters_left() -> set[str]:
    """Return the keys of all counters but of what tests call by the API themselves."""
    keys: Any = store().keys("rate_limit:*")
    return {key.decode() for key in keys if b":read:" not in key and b":operator_write:" not in key}
