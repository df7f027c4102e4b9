"""Reads of families; the only way to one that somebody may not see."""

from typing import Any

from django.conf import settings

from families import rules
from families.errors import FamilyNotFoundError
from ops.actors import Actor
from ops.mongo.collections import Document, collection
from tokens.queries import joined_account

# Where the reads put the family's account.
ACCOUNT = "account"
ID_LENGTH = 64
# More memberships than staff can grant: contract, section 7.
MOST_MEMBERSHIPS = 1000


def family_visible_to(actor: Actor, family_id: str) -> Document:
    """Return the family, its account in the field ``account``, if the actor belongs to it. One round trip.

    Raises:
        FamilyNotFoundError: no such family, dissolved, or not theirs; the same answer, on purpose.
    """
    if len(family_id) > ID_LENGTH:
        raise FamilyNotFoundError
    found = collection("families").aggregate(
        [
            {"$match": {"_id": family_id, "members.user_id": actor.user_id, **_active()}},
            {"$limit": 1},
            *joined_account("account_id", into=ACCOUNT),
        ]
    )
    if not found:
        raise FamilyNotFoundError
    return found[0]


def active_family(family_id: str) -> Document | None:
    """Return a family whoever asks, for an action that has shown why it may; ``None``: gone or dissolved."""
    return collection("families").find_one({"_id": family_id, **_active()})


def my_families(actor: Actor) -> list[Document]:
    """Return the actor's active families with their accounts, newest membership first. One round trip."""
    found = collection("families").aggregate(
        [
            {"$match": {"members.user_id": actor.user_id, **_active()}},
            {"$limit": MOST_MEMBERSHIPS},
            # All members matter only to the single read: here they are counted, and the caller's kept.
            {"$set": {"member_count": {"$size": "$members"}, "members": _only(actor.user_id)}},
            *joined_account("account_id", into=ACCOUNT),
        ]
    )
    return sorted(found, key=lambda family: (family["members"][0]["joined_at"], family["_id"]), reverse=True)


def person_limits(person: Document) -> dict[str, int]:
    """Return how many families a person may found and belong to."""
    return {
        "families": person["limits"].get("max_families_founded", settings.MAX_FAMILIES_FOUNDED),
        "memberships": person["limits"].get("max_memberships", settings.MAX_MEMBERSHIPS),
    }


def member_limit(family: Document) -> int:
    """Return how many people a family has room for, pending invitations included."""
    limit: int | None = family["limits"].get("max_members")
    return settings.MAX_MEMBERS_PER_FAMILY if limit is None else limit


def membership(family: Document, user_id: str) -> Document | None:
    """Return the entry of a member; ``None``: not one."""
    return next((member for member in family["members"] if member["user_id"] == user_id), None)


def is_admin(family: Document, user_id: str) -> bool:
    """Tell whether somebody is one of the family's admins."""
    return user_id in family["admin_user_ids"]


def _active() -> dict[str, str]:
    return {"status": str(rules.FamilyStatus.ACTIVE)}


def _only(user_id: str) -> dict[str, Any]:
    same = {"$eq": ["$$member.user_id", user_id]}
    return {"$filter": {"input": "$members", "as": "member", "cond": same}}
