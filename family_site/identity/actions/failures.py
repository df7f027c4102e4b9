"""Failed sign-ins are counted, so that nobody guesses a password; and mails that are asked for.

Invariant: whatever happens in parallel, no more attempts are looked at in a window than its limit and those
that were right. An attempt is counted as failed first, by one atomic write, and taken back when it was
right; one beyond the limit is not counted, so a lock does not grow by itself. What counts is what was typed,
whether or not there is such a user. Nothing of it lies in Redis.

Source: HTTP contract, section 3 (login, login_2fa, password_forgot, verify_resend); design, section 7.
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from family_site.identity import rules
from family_site.identity.rules import TryLimit
from ops import security
from ops.errors import RateLimitExceededError
from ops.logs import logger
from ops.metrics import access
from ops.mongo.collections import Document, collection
from ops.security import SecurityEventType

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
    """An attempt that counts as failed until it is taken back."""

    counted: tuple[_Counted, ...]


def count(
    identifier: str,
    address: str | None,
    *,
    now: datetime,
    limits: Sequence[TryLimit] = rules.SIGN_IN_LIMITS,
) -> Attempt:
    """Count an attempt before it is looked at.

    Args:
        identifier: what was typed: a name or an address; or the id of the user whose codes are tried.
        address: of the network, where it came from.
        now: time of the attempt.
        limits: all that hold; the first that is full refuses.

    Raises:
        RateLimitExceededError: there were too many attempts before; so this one must not be looked at.
    """
    counted: list[_Counted] = []
    for limit in limits:
        try:
            counted.append(_count(limit, identifier, address or "", now=now))
        except RateLimitExceededError:
            take_back(Attempt(tuple(counted)))
            raise
    return Attempt(tuple(counted))


def take_back(attempt: Attempt) -> None:
    """Say that the attempt was right, or has not been looked at."""
    if attempt.counted:
        mine = {"$or": [each.query for each in attempt.counted]}
        collection("sign_in_failures").update_all(mine, {"$inc": {"count": -1}})


def lift(*identifiers: str) -> None:
    """Forget all failures to sign in by these names and addresses, wherever they came from."""
    (operation,) = {limit.operation for limit in rules.SIGN_IN_LIMITS}
    typed = [_digest(operation, each) for each in identifiers]
    collection("sign_in_failures").delete({"typed": {"$in": typed}})


def _count(limit: TryLimit, identifier: str, address: str, *, now: datetime) -> _Counted:
    typed = "" if limit.counts == ("address",) else identifier
    came_from = address if "address" in limit.counts else ""
    counter = _digest(limit.operation, *limit.counts, came_from, typed)
    change = _one_more(limit, now) | {"typed": _digest(limit.operation, typed) if typed else None}
    before = collection("sign_in_failures").find_and_update(
        {"_id": counter}, [{"$set": change}], upsert=True, before=True
    )
    if before is None or before["until"] <= now:
        return _Counted(counter, now + limit.window)
    if before["count"] >= limit.most:
        log.warning("auth.limited", operation=limit.operation, scope=limit.scope)
        _note(limit, address)
        left = min(before["until"] - now, limit.window)  # another worker's clock may be a little ahead
        raise RateLimitExceededError(
            operation=limit.operation,
            limit=limit.most,
            window=int(limit.window.total_seconds()),
            scope=limit.scope,
            ends_at=math.ceil(before["until"].timestamp()),
            retry_after=math.ceil(left.total_seconds()),
        )
    return _Counted(counter, before["until"])


def _note(limit: TryLimit, address: str) -> None:
    """Have it known where passwords and codes are guessed from; of mails asked for, the log is enough."""
    if limit in (*rules.SIGN_IN_LIMITS, *rules.CODE_LIMITS):
        access.sign_ins.inc(access.LOCKED)
        facts = {"operation": limit.operation, "limit": limit.most, "scope": limit.scope}
        security.record(SecurityEventType.SIGN_IN_LIMITED, address or None, facts)


def _one_more(limit: TryLimit, now: datetime) -> Document:
    """Return the change: one more in a window that runs and is not full; the first of a new one."""
    runs = {"$gt": ["$until", now]}
    one_more = {"$cond": [{"$lt": ["$count", limit.most]}, {"$add": ["$count", 1]}, "$count"]}
    return {
        "v": 1,
        "count": {"$cond": [runs, one_more, 1]},
        "until": {"$cond": [runs, "$until", now + limit.window]},
    }


def _digest(*parts: str) -> str:
    *before, typed = parts  # only what was typed may hold a line break
    return hashlib.sha256("\n".join([*before, typed.strip().casefold()]).encode()).hexdigest()
