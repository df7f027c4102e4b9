"""Reads of emergency unfreezes; the only way to one that somebody may not see."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from families import queries, rules
from families.models.emergency import BY_FAMILY
from families.rules.emergency import EmergencyStatus
from ops import paging
from ops.actors import Actor
from ops.errors import NotFoundError
from ops.mongo.collections import Document, collection
from ops.paging import Page, Part
from tokens.queries import joined_account

EMERGENCIES = "emergency_unfreezes"
STATUSES = [str(each) for each in EmergencyStatus]
PENDING = str(EmergencyStatus.PENDING)
FAMILY = "family"


def emergency_for(actor: Actor, emergency_id: str) -> tuple[Document, Document]:
    """Return an emergency unfreeze, and its family with the account as ``family_visible_to`` does.

    One round trip, whether there is one or it is a stranger's.

    Raises:
        NotFoundError: no such one, or not of a family of the actor's: the same answer, on purpose.
    """
    if len(emergency_id) > queries.ID_LENGTH:
        raise NotFoundError
    whole = {"from": "families", "localField": "family_id", "foreignField": "_id", "as": FAMILY}
    theirs = {"members.user_id": actor.user_id, "status": str(rules.FamilyStatus.ACTIVE)}
    found = collection(EMERGENCIES).aggregate(
        [
            {"$match": {"_id": emergency_id}},
            {"$limit": 1},
            {"$lookup": whole},
            {"$unwind": f"${FAMILY}"},
            {"$match": {f"{FAMILY}.{name}": value for name, value in theirs.items()}},
            *joined_account(f"{FAMILY}.account_id", into=queries.ACCOUNT),
        ]
    )
    if not found:
        raise NotFoundError
    (emergency,) = found
    account, family = emergency.pop(queries.ACCOUNT), emergency.pop(FAMILY)
    return emergency, {**family, queries.ACCOUNT: account}


def pending_of(account_id: str) -> Document | None:
    """Return the one of an account that is not marked as ended; it may be overdue."""
    return collection(EMERGENCIES).find_one({"account_id": account_id, "status": PENDING})


def of_family(
    family_id: str, part: Part, *, freeze: Document | None, now: datetime, status: str | None
) -> Page:
    """Return a page of a family's emergency unfreezes, newest first. One look.

    Args:
        family_id: of a family that the caller was shown to belong to.
        part: what part of the list.
        freeze: the one that its account is under, as ``rules.emergency.standing_freeze`` has it.
        now: decides with it which are still open.
        status: only those; ``None``: all.
    """
    query = {"family_id": family_id, **_in_status(status, freeze, now)}
    return paging.read(EMERGENCIES, BY_FAMILY, query, part)


def families_of(emergencies: Iterable[Document]) -> dict[str, Document]:
    """Return ``{name, members}`` of their families by id, in one round trip."""
    ids = sorted({each["family_id"] for each in emergencies})
    fields = {"name": 1, "members.user_id": 1}
    found = collection("families").find({"_id": {"$in": ids}}, fields, limit=len(ids) or 1)
    return {each["_id"]: each for each in found}


def _in_status(status: str | None, freeze: Document | None, now: datetime) -> dict[str, Any]:
    """Return the condition of a status at a moment, as ``rules.emergency.status_at`` decides it.

    Always names the status, since the index that holds the order of the list has it before the order.
    """
    if status is None:
        return {"status": {"$in": STATUSES}}
    if status == EmergencyStatus.PENDING:
        return {"status": status, "expires_at": {"$gt": now}, "freeze": freeze}
    if status == EmergencyStatus.EXPIRED:
        return {"status": {"$in": [status, PENDING]}, "expires_at": {"$lte": now}}
    if status == EmergencyStatus.SUPERSEDED:
        unmarked = {"expires_at": {"$gt": now}, "freeze": {"$ne": freeze}}
        return {"status": {"$in": [status, PENDING]}, "$or": [{"status": status}, unmarked]}
    return {"status": status}
