"""Who belongs to a family."""

from datetime import datetime
from typing import Any

from families import queries, rules
from families.actions.places import take_place
from families.errors import FamilyNotFoundError, MemberLimitExceededError
from ops import audit
from ops.actors import Actor
from ops.mongo.collections import Document, collection
from ops.mongo.unit_of_work import unit_of_work
from tokens.actions import holders


@unit_of_work()
def join(family_id: str, user_id: str, *, actor: Actor, now: datetime) -> None:
    """Make somebody a member, and a viewer of the family's account. Joining twice changes nothing.

    Raises:
        FamilyNotFoundError: no such family, or it is dissolved.
        MemberLimitExceededError: it has no room, pending invitations included.
        FamilyLimitExceededError: the person belongs to as many families as they may.

    Source: HTTP contract, sections 5 (room, accept) and 18 (rules 7 and 9).
    """
    family = collection("families").find_one({"_id": family_id, "status": str(rules.FamilyStatus.ACTIVE)})
    if family is None:
        raise FamilyNotFoundError
    if queries.membership(family, user_id):
        return
    take_place(user_id, family_id, founded=False)
    if not collection("families").update(_has_room(family, now), _entered(user_id, now)):
        pending = sum(each["expires_at"] > now for each in family["open_invitations"])
        raise MemberLimitExceededError(
            limit=queries.member_limit(family), members=len(family["members"]), pending=pending
        )
    holders.admit(family["account_id"], user_id, actor=actor, now=now)
    audit.record(
        actor,
        "member.joined",
        target=user_id,
        family_id=family_id,
        now=now,
        after={"role": str(rules.MemberRole.MEMBER)},
    )


def _has_room(family: Document, now: datetime) -> dict[str, Any]:
    """Return the condition under which the write itself decides, whatever was read before."""
    live = {
        "$filter": {"input": "$open_invitations", "as": "each", "cond": {"$gt": ["$$each.expires_at", now]}}
    }
    taken = {"$add": [{"$size": "$members"}, {"$size": live}]}
    return {"_id": family["_id"], "$expr": {"$lt": [taken, queries.member_limit(family)]}}


def _entered(user_id: str, now: datetime) -> dict[str, Any]:
    return {
        "$push": {"members": member(user_id, rules.MemberRole.MEMBER, now=now)},
        "$inc": {"version": 1},
        "$set": {"updated_at": now},
    }


def member(user_id: str, role: rules.MemberRole, *, now: datetime) -> Document:
    """Return a member as the family's document has it."""
    return {"user_id": user_id, "role": str(role), "joined_at": now, "is_backup_admin": False}
