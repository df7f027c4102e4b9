"""How requests end without a decision: time is over, somebody leaves, a family ends, or staff end them.

Source: HTTP contract, sections 4 (dissolving), 6 (departure), 9 (expiry) and 14 (clean-up).
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from ops import audit, notices
from ops.actors import Actor
from ops.audit import Change
from ops.batches import in_batches
from ops.mongo.collections import Document, collection
from ops.mongo.unit_of_work import unit_of_work
from tokens import queries, request_queries
from tokens.actions import requests
from tokens.actions.request_notices import of_expiry
from tokens.errors import RequestNotPendingError
from tokens.rules.requests import SORTS, RequestStatus, Sort

PENDING, EXPIRED = str(RequestStatus.PENDING), str(RequestStatus.EXPIRED)
CANCELLED = str(RequestStatus.CANCELLED)
BATCH = 100  # in a few commands
# More than wait in a family; the rest is ended with them, only not named.
MOST_NAMED = 10_000


def expire_overdue(*, actor: Actor, now: datetime) -> int:
    """Mark what has expired, of both sorts, in batches, and tell; returns how many that were.

    No answer depends on it.
    """
    return sum(in_batches(partial(_expire_some, sort, actor=actor, now=now)) for sort in SORTS)


@unit_of_work()
def expire_by_staff(sort: Sort, request_id: str, *, actor: Actor, now: datetime, reason: str) -> None:
    """Let a pending request end now, as staff: one that is overdue, or before its time.

    Raises:
        TokenRequestNotFoundError, PurchaseRequestNotFoundError: no such request.
        RequestNotPendingError: it has been decided.
    """
    request = request_queries.one(sort, request_id)
    change = {"status": EXPIRED, "ended_at": now, "expires_at": min(now, request["expires_at"])}
    expired = requests.end(sort, request, change)
    account = queries.accounts_by_id([expired["account"]])[expired["account"]]
    notices.tell_each([of_expiry(sort, account, expired)], now=now)
    requests.record_end(sort, "expired", expired, actor=actor, now=now, reason=reason)


@unit_of_work()
def cancel_by_staff(sort: Sort, request_id: str, *, actor: Actor, now: datetime, reason: str) -> None:
    """Take a pending request back, as staff; nobody is told.

    Raises:
        TokenRequestNotFoundError, PurchaseRequestNotFoundError: no such request.
        RequestNotPendingError: it has been decided, or has expired.
    """
    request = request_queries.one(sort, request_id)
    if request["expires_at"] <= now:
        raise RequestNotPendingError(sort.told(RequestStatus.EXPIRED))
    cancelled = requests.end(sort, request, {"status": CANCELLED, "ended_at": now})
    requests.record_end(sort, "cancelled", cancelled, actor=actor, now=now, reason=reason)


@unit_of_work()
def cancel_all(family_id: str, *, now: datetime, requester_id: str | None = None) -> list[str]:
    """Cancel what waits in a family, of all or of one person; returns the ids.

    Part of the unit in which the family ends or the person leaves: that writes the account, so that nothing
    is asked for past it, and its audit entry tells of it.
    """
    waiting = {"family_id": family_id, "status": PENDING, "expires_at": {"$gt": now}}
    waiting |= {"requester_id": requester_id} if requester_id else {}
    cancelled: list[str] = []
    for sort in SORTS:
        stored = collection(sort.collection)
        if found := stored.find(waiting, {"_id": 1}, limit=MOST_NAMED):
            stored.update_all(waiting, {"$set": {"status": CANCELLED, "ended_at": now}})
            cancelled += [each["_id"] for each in found]
    return cancelled


@unit_of_work()
def _expire_some(sort: Sort, *, actor: Actor, now: datetime) -> int:
    overdue = {"status": PENDING, "expires_at": {"$lte": now}}
    found = collection(sort.collection).find(overdue, sort=[("expires_at", 1)], limit=BATCH)
    if not found:
        return 0
    ids = {"$in": [each["_id"] for each in found]}
    change = {"$set": {"status": EXPIRED, "ended_at": "$expires_at"}}
    collection(sort.collection).update_all({"_id": ids, "status": PENDING}, [change])
    _tell(sort, found, now=now)
    before, after = {"status": PENDING}, {"status": EXPIRED}
    changes = [Change(each["_id"], each["family_id"], before, after) for each in found]
    audit.record_each(actor, f"{sort.name}.expired", changes, now=now)
    return len(found)


def _tell(sort: Sort, expired: Sequence[Document], *, now: datetime) -> None:
    accounts = queries.accounts_by_id(sorted({each["account"] for each in expired}))
    notices.tell_each([of_expiry(sort, accounts[each["account"]], each) for each in expired], now=now)
