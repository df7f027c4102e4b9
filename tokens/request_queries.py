"""Reads of requests for tokens of a family's account, and of whom a purchase is paid to."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from ops import paging
from ops.errors import ServiceUnavailableError
from ops.mongo.collections import Document, collection
from ops.paging import Page, Part
from tokens import queries
from tokens.models.requests import BY_FAMILY, BY_REQUESTER
from tokens.rules import MOST_TOKENS, AccountStatus, OwnerKind
from tokens.rules.requests import SORTS, TOKENS, RequestStatus, Sort

ID_LENGTH = 64
PENDING = str(RequestStatus.PENDING)
STATUSES = [str(each) for each in RequestStatus]
# More than anybody looks through.
MOST_COUNTED = 10_000
MOST_FROZEN = 200
# Of one person; whoever asks for more waits for an admin.
MOST_OF_A_DAY = 1000


def of_family(  # noqa: PLR0913  # what a page is of
    sort: Sort,
    family_id: str,
    part: Part,
    *,
    now: datetime,
    status: str | None = None,
    requester_id: str | None = None,
) -> Page:
    """Return a page of a family's requests, newest first. One look.

    Args:
        sort: of which sort.
        family_id: of a family that the caller was shown to belong to.
        part: what part of the list.
        now: decides which have expired.
        status: only those; ``None``: all.
        requester_id: only what this person asked for; ``None``: all.
    """
    index = BY_REQUESTER if requester_id else BY_FAMILY
    query = {"family_id": family_id, **({"requester_id": requester_id} if requester_id else {})}
    return paging.read(sort.collection, index, query | _in_status(status, now), part)


def pending_of_family(sort: Sort, family_id: str, part: Part, *, now: datetime) -> Page:
    """Return a page of what waits for an admin, oldest first: in it what is newer comes next."""
    turned = Part(part.limit, part.position, backwards=not part.backwards)
    rows, older, newer = of_family(sort, family_id, turned, now=now, status=PENDING)
    return Page(rows[::-1], newer, older)


def one_of_family(sort: Sort, family_id: str, request_id: str) -> Document:
    """Return a request of a family.

    Raises:
        TokenRequestNotFoundError, PurchaseRequestNotFoundError: there is none of this id, or it is another's.
    """
    found = one(sort, request_id)
    if found["family_id"] != family_id:
        raise sort.unknown
    return found


def one(sort: Sort, request_id: str) -> Document:
    """Return any request, for whoever was shown, or will be, to have a part in it.

    Raises:
        TokenRequestNotFoundError, PurchaseRequestNotFoundError: there is none of this id.
    """
    found = (
        collection(sort.collection).find_one({"_id": request_id}) if len(request_id) <= ID_LENGTH else None
    )
    if found is None:
        raise sort.unknown
    return found


def approved_today(family_id: str, requester_id: str, now: datetime) -> int:
    """Return how many tokens were approved by themselves for somebody on this day, in UTC.

    Read in a unit that goes on to pay, which writes the account: of two at once the second counts the
    first.
    """
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    query = {
        "family_id": family_id,
        "requester_id": requester_id,
        "status": str(RequestStatus.AUTO_APPROVED),
        "created_at": {"$gte": midnight, "$lt": midnight + timedelta(days=1)},
    }
    found = collection(TOKENS.collection).find(query, {"amount": 1}, limit=MOST_OF_A_DAY)
    return MOST_TOKENS if len(found) == MOST_OF_A_DAY else sum(each["amount"] for each in found)


def joined_pending(family_id: str, user_id: str, *, now: datetime) -> list[dict[str, Any]]:
    """Return stages that count what waits in a family: of it ``pending_count``."""
    waiting = {"family_id": family_id, "status": PENDING, "expires_at": {"$gt": now}}
    is_own = {"$cond": [{"$eq": ["$requester_id", user_id]}, 1, 0]}
    counted = [
        {"$match": waiting},
        {"$limit": MOST_COUNTED},
        {"$group": {"_id": None, "all": {"$sum": 1}, "own": {"$sum": is_own}}},
    ]
    return [
        {"$lookup": {"from": each.collection, "pipeline": counted, "as": each.collection}} for each in SORTS
    ]


def pending_count(joined: Document, *, only_own: bool) -> int:
    """Return how many requests wait, of all or of the one person that ``joined_pending`` was told."""
    return sum(counted["own" if only_own else "all"] for each in SORTS for counted in joined[each.collection])


def overdue_count(now: datetime) -> int:
    """Return how many have expired and are not yet marked so."""
    overdue = {"status": PENDING, "expires_at": {"$lte": now}}
    return sum(_count(sort, overdue) for sort in SORTS)


def open_counts(now: datetime) -> dict[str, int | None]:
    """Return how many requests of each sort wait; ``None``: ``MOST_COUNTED`` or more."""
    waiting = {"status": PENDING, "expires_at": {"$gt": now}}
    counted = {f"open_{sort.name}s": _count(sort, waiting) for sort in SORTS}
    return {name: count if count < MOST_COUNTED else None for name, count in counted.items()}


def frozen_families_with_requests(now: datetime) -> int:
    """Return in how many families requests wait while their account is frozen, among ``MOST_FROZEN``."""
    frozen = {"status": str(AccountStatus.FROZEN), "owner.kind": str(OwnerKind.FAMILY)}
    accounts = collection(queries.ACCOUNTS).find(
        frozen, {"owner.id": 1}, sort=[("created_at", -1), ("_id", -1)], limit=MOST_FROZEN
    )
    ids = [account["owner"]["id"] for account in accounts]
    waiting = {"family_id": {"$in": ids}, "status": PENDING, "expires_at": {"$gt": now}}
    found = collection(TOKENS.collection).find(waiting, {"family_id": 1}, limit=MOST_COUNTED) if ids else []
    return len({each["family_id"] for each in found})


def merchant() -> Document:
    """Return the account that purchases are paid to.

    Raises:
        ServiceUnavailableError: it has gone since the system was started.
    """
    account = queries.account_by_name(settings.MERCHANT_ACCOUNT)
    if account is None or account["status"] == AccountStatus.CLOSED:
        raise ServiceUnavailableError
    return account


def _in_status(status: str | None, now: datetime) -> dict[str, Any]:
    """Return the condition of a status at a moment: what is overdue counts as expired at once.

    Always names the status, since the index that holds the order of the list has it before the order.
    """
    if status is None:
        return {"status": {"$in": STATUSES}}
    if status == PENDING:
        return {"status": status, "expires_at": {"$gt": now}}
    if status == RequestStatus.EXPIRED:
        return {"status": {"$in": [status, PENDING]}, "expires_at": {"$lte": now}}
    return {"status": status}


def _count(sort: Sort, query: Mapping[str, Any]) -> int:
    counted = collection(sort.collection).aggregate(
        [{"$match": query}, {"$limit": MOST_COUNTED}, {"$count": "found"}]
    )
    return int(counted[0]["found"]) if counted else 0
