"""What staff have set in place of the table's limits, for a time: what holds now, and what is stored.

Each process has a copy of them, so that no request waits for it; the last one that was read holds while
MongoDB is away, and each override ends by its own time whatever a job has done. Source: HTTP contract,
section 3.
"""

import functools
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from ops import clock
from ops.copies import COMMENT, Copy
from ops.limits.table import LIMITS, Limit
from ops.mongo.collections import Document, Filter, collection

NAME = "rate_limit_overrides"
# One for each operation; those of operations that a release took away are still told, until they end.
MOST = 1000


class Override(NamedTuple):
    """So many calls in a window of so many seconds, in place of what the table says, until a time.

    ``endpoint``: the word by which the operation was named; ``by``: id of who set it.
    """

    operation: str
    endpoint: str
    most: int
    window: int
    until: datetime
    by: str
    reason: str | None
    created_at: datetime


def in_force(operation: str) -> Limit:
    """Return the limit that holds for an operation now; touches neither database nor Redis."""
    limit = LIMITS[operation]
    known = reader.last()
    override = known.get(operation) if known else None
    if override is None or override.until <= datetime.now(UTC):
        return limit
    return _overridden(limit, override.most, override.window)


@functools.lru_cache(maxsize=256)
def _overridden(limit: Limit, most: int, window: int) -> Limit:
    """Return a row with other numbers; kept, since every call of the operation asks for it."""
    return limit._replace(most=most, window=window)


def stored(now: datetime) -> list[Override]:
    """Return the overrides that hold at a moment, in the order of their operations. One round trip."""
    return _found({"until": {"$gt": now}})


def stored_for(operation: str, now: datetime) -> Override | None:
    """Return what holds for an operation at a moment; ``None``: the table's limit."""
    found = collection(NAME).find_one({"_id": operation, "until": {"$gt": now}})
    return from_document(found) if found else None


def ended(now: datetime) -> list[Override]:
    """Return overrides that hold no longer, and are still stored."""
    return _found({"until": {"$lte": now}})


def from_document(found: Document) -> Override:
    """Return what a document says."""
    return Override(
        operation=found["_id"],
        endpoint=found["endpoint"],
        most=found["limit"],
        window=found["window"],
        until=found["until"],
        by=found["by"],
        reason=found["reason"],
        created_at=found["created_at"],
    )


def _read() -> Mapping[str, Override]:
    query = {"until": {"$gt": clock.now()}}
    return {each.operation: each for each in _found(query, comment=COMMENT)}


def _found(query: Filter, *, comment: str | None = None) -> list[Override]:
    found = collection(NAME).find(query, limit=MOST, comment=comment)
    return sorted(from_document(each) for each in found)


reader = Copy(NAME, _read)
