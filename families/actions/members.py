"""Who belongs to a family."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from families import queries, rules
from families.actions import room
from families.actions.places import take_place
from families.errors import FamilyNotFoundError
from ops import audit
from ops.actors import Actor
from ops.mongo.collections import Document, collection
from ops.mongo.unit_of_work import unit_of_work
from tokens.actions import holders


@unit_of_work()
def join(family_id: str, user_id: str, *, actor: Actor, now: datetime) -> None:
    """Make somebody a member without an invitation. Joining twice changes nothing.

    Raises:
        FamilyNotFoundError: no such family, or it is dissolved.
        MemberLimitExceededError: it has no room, pending invitations included.
        FamilyLimitExceededError: the person belongs to as many families as they may.

    Source: HTTP contract, sections 5 (room, accept) and 18 (rules 7 and 9).
    """
    family = queries.active_family(family_id)
    if family is None:
        raise FamilyNotFoundError
    if queries.membership(family, user_id):
        return
    enter(family, user_id, actor=actor, now=now)
    audit.record(
        actor,
        "member.joined",
        target=user_id,
        family_id=family_id,
        now=now,
        after={"role": str(rules.MemberRole.MEMBER)},
    )


@unit_of_work()
def enter(family: Document, user_id: str, *, actor: Actor, now: datetime, held: Collection[str] = ()) -> None:
    """Write the member and the viewer of the family's account, as part of the unit by which they join.

    Args:
        family: as it was read in this unit; the user is not among its members.
        user_id: who comes in.
        actor: by whom.
        now: time of the change.
        held: ids of the invitations whose places they take up; those places are given up.

    Raises:
        MemberLimitExceededError: the family has no room, other pending invitations included.
        FamilyLimitExceededError: the person belongs to as many families as they may.
    """
    take_place(user_id, family["_id"], founded=False, now=now)
    if not collection("families").update(room.is_left(family, now, held=held), _entered(user_id, held, now)):
        raise room.full(family, now, held=held)
    holders.admit(family["account_id"], user_id, by=actor.id, now=now)


def _entered(user_id: str, held: Collection[str], now: datetime) -> dict[str, Any]:
    return {
        "$push": {"members": member(user_id, rules.MemberRole.MEMBER, now=now)},
        "$pull": {"open_invitations": room.ended(held, now)},
        "$inc": {"version": 1},
        "$set": {"updated_at": now},
    }


def member(user_id: str, role: rules.MemberRole, *, now: datetime) -> Document:
    """Return a member as the family's document has it."""
    return {
        "user_id": user_id,
        "role": str(role),
        "joined_at": now,
        "is_backup_admin": False,
        "backup_order": None,
    }
