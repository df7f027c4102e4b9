"""The places of a family: members, and pending invitations, each of which holds one until it ends.

All of it lies in the family's document, and the write itself decides: of two parallel calls for the last
place one finds it taken. An invitation that has expired holds none from that second on, whatever a job has
done; it goes from the document with the next write. Source: design, section 4; HTTP contract, section 5.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from families import queries, rules
from families.errors import MemberLimitExceededError
from ops.mongo.collections import Document, collection


def is_left(family: Document, now: datetime, *, held: Collection[str] = ()) -> dict[str, Any]:
    """Return the condition of a write that there is a place.

    Args:
        family: as it was read.
        now: time of the write.
        held: ids of invitations whose places are taken up by whoever comes in.
    """
    taken = {"$add": [{"$size": "$members"}, {"$size": _live(now, held)}]}
    return {
        "_id": family["_id"],
        "status": str(rules.FamilyStatus.ACTIVE),
        "$expr": {"$lt": [taken, queries.member_limit(family, now)]},
    }


def full(family: Document, now: datetime, *, held: Collection[str] = ()) -> MemberLimitExceededError:
    """Return the refusal of a family that has no place left."""
    pending = [
        each
        for each in family["open_invitations"]
        if each["expires_at"] > now and each["invitation_id"] not in held
    ]
    return MemberLimitExceededError(
        limit=queries.member_limit(family, now), members=len(family["members"]), pending=len(pending)
    )


def hold(family: Document, invitation: Document, *, now: datetime) -> int:
    """Hold a place for an invitation, as part of the unit that issues it; returns how many are left then.

    Raises:
        MemberLimitExceededError: there was none.
    """
    held = collection("families").find_and_update(
        is_left(family, now),
        [{"$set": {"open_invitations": _with(invitation, now)}}],
        fields={"open_invitations": 1, "members": 1},
    )
    if held is None:
        raise full(family, now)
    return queries.member_limit(family, now) - len(held["members"]) - len(held["open_invitations"])


def prolong(invitation: Document, *, now: datetime) -> None:
    """Hold the place of an invitation until its new end, as part of the unit that sends it again."""
    collection("families").update(
        {"_id": invitation["family_id"]}, [{"$set": {"open_invitations": _with(invitation, now)}}]
    )


def free(invitation: Document, *, now: datetime) -> None:
    """Give up the place of an invitation, as part of the unit that ends it."""
    collection("families").update(
        {"_id": invitation["family_id"]}, {"$pull": {"open_invitations": ended([invitation["_id"]], now)}}
    )


def ended(invitation_ids: Collection[str], now: datetime) -> dict[str, Any]:
    """Return the condition for places that are given up: of these invitations, and of those that expired."""
    return {"$or": [{"invitation_id": {"$in": list(invitation_ids)}}, {"expires_at": {"$lte": now}}]}


def _with(invitation: Document, now: datetime) -> dict[str, Any]:
    entry = {"invitation_id": {"$literal": invitation["_id"]}, "expires_at": invitation["expires_at"]}
    return {"$concatArrays": [_live(now, [invitation["_id"]]), [entry]]}


def _live(now: datetime, without: Collection[str]) -> dict[str, Any]:
    still = {
        "$and": [
            {"$gt": ["$$each.expires_at", now]},
            {"$not": [{"$in": ["$$each.invitation_id", list(without)]}]},
        ]
    }
    return {"$filter": {"input": "$open_invitations", "as": "each", "cond": still}}
