"""Failed sign-ins are counted, so that nobody guesses a password.

Invariant: whatever happens in parallel, no more attempts are looked at in a window than its limit and those
that were right. An attempt is counted as failed first, by one atomic write, and taken back when it was
right; one beyond the limit is not counted, so a lock does not grow by itself. What counts is what was typed,
whether or not there is such a user. Nothing of it lies in Redis.

Source: HTTP contract, section 3 (login); design, section 7.
"""

import hashlib
import math
from dataclasses import dataclass
from datetime import datetime

from family_site.identity import rules
from family_site.identity.rules import FailureLimit
from ops.errors import RateLimitExceededError
from ops.logs import logger
from ops.mongo.collections import Document, collection

OPERATION = "login"
log = logger(__name__)


@dataclass(frozen=True)
class _Counted:
    """One more in a counter whose window ends then."""

    id: str
    until: datetime

    @property
    def query(self) -> Document:
        return {"_id": self.id, "until": self.until}  # of another window there is nothing to take back


@dataclass(frozen=True)
class Attempt:
    """An attempt to sign in that counts as failed until it is taken back."""

    counted: tuple[_Counted, ...]


def count(identifier: str, address: str | None, *, now: datetime) -> Attempt:
    """Count an attempt before it is looked at.

    Raises:
        RateLimitExceededError: there were too many failures for this name or address; so the password must
            not be looked at.
    """
    near = _count(rules.FAILURES_PER_ADDRESS, identifier, address or "", now=now)
    try:
        anywhere = _count(rules.FAILURES_ANYWHERE, identifier, "", now=now)
    except RateLimitExceededError:
        take_back(Attempt((near,)))
        raise
    return Attempt((near, anywhere))


def take_back(attempt: Attempt) -> None:
    """Say that the attempt was right, or has not been looked at."""
    mine = {"$or": [each.query for each in attempt.counted]}
    collection("sign_in_failures").update_all(mine, {"$inc": {"count": -1}})


def _count(limit: FailureLimit, identifier: str, address: str, *, now: datetime) -> _Counted:
    counter = _id_of(limit.scope, address, identifier)
    before = collection("sign_in_failures").find_and_update(
        {"_id": counter}, [{"$set": _one_more(limit, now)}], upsert=True, before=True
    )
    if before is None or before["until"] <= now:
        return _Counted(counter, now + limit.window)
    if before["count"] >= limit.most:
        log.warning("auth.login.limited", scope=limit.scope)
        left = min(before["until"] - now, limit.window)  # another worker's clock may be a little ahead
        raise RateLimitExceededError(
            operation=OPERATION,
            limit=limit.most,
            window=int(limit.window.total_seconds()),
            scope="identifier",
            ends_at=math.ceil(before["until"].timestamp()),
            retry_after=math.ceil(left.total_seconds()),
        )
    return _Counted(counter, before["until"])


def _one_more(limit: FailureLimit, now: datetime) -> Document:
    """Return the change: one more in a window that runs and is not full; the first of a new one."""
    runs = {"$gt": ["$until", now]}
    one_more = {"$cond": [{"$lt": ["$count", limit.most]}, {"$add": ["$count", 1]}, "$count"]}
    return {
        "v": 1,
        "count": {"$cond": [runs, one_more, 1]},
        "until": {"$cond": [runs, "$until", now + limit.window]},
    }


def _id_of(scope: str, address: str, identifier: str) -> str:
    parts = f"{scope}\n{address}\n{identifier.strip().casefold()}"  # only the last may hold a line break
    return hashlib.sha256(parts.encode()).hexdigest()
