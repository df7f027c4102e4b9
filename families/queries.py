"""Reads of families; the only way to one that somebody may not see."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings

from families import notices, rules
from families.errors import FamilyNotFoundError, MemberNotFoundError
from families.rules import limits, recovery
from families.rules.limits import LimitType
from families.rules.recovery import RecoveryStatus
from family_site.identity import queries as identity
from ops import paging
from ops.actors import Actor
from ops.errors import InsufficientPermissionsError, NotFoundError
from ops.models.audit import BY_ACTION, BY_TARGET_AND_ACTION
from ops.mongo.collections import Document, collection
from ops.notices import Reader
from ops.paging import Page, Part
from tokens import request_queries
from tokens.queries import joined_account, joined_entries
from tokens.rules.requests import PURCHASE

# Where the reads put the family's account, and its newest entries.
ACCOUNT, RECENT = "account", "recent_entries"
MOST_RECENT = 10
ID_LENGTH = 64
# More memberships than staff can grant: contract, section 7.
MOST_MEMBERSHIPS = 1000
MOST_RELATIONSHIPS = 10_000
MOST_RECOVERIES = 1000
# What is counted by its index alone; what has to be read to be added up.
MOST_COUNTED, MOST_ADDED = 1_000_000, 100_000


def family_visible_to(actor: Actor, family_id: str, *, then: Sequence[Mapping[str, Any]] = ()) -> Document:
    """Return the family, its account in the field ``account``, if the actor belongs to it. One round trip.

    ``then``: further stages, for what else is to be read with it.

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
            *then,
        ]
    )
    if not found:
        raise FamilyNotFoundError
    return found[0]


def family_with_entries(actor: Actor, family_id: str) -> Document:
    """Return the family, as ``family_visible_to`` does, with its account's newest entries. One round trip.

    Raises:
        FamilyNotFoundError: no such family, dissolved, or not theirs.
    """
    recent = joined_entries("account_id", into=RECENT, most=MOST_RECENT)
    return family_visible_to(actor, family_id, then=recent)


def family_managed_by(actor: Actor, family_id: str) -> Document:
    """Return the family, as ``family_visible_to`` does, if the actor is one of its admins.

    Raises:
        FamilyNotFoundError: no such family, dissolved, or not theirs.
        InsufficientPermissionsError: they are a member, and no admin.
    """
    family = family_visible_to(actor, family_id)
    if not is_admin(family, actor.user_id):
        raise InsufficientPermissionsError(required="family admin")
    return family


def family_of_purchase(actor: Actor, request_id: str) -> str:
    """Return the id of the actor's family in which something is to be bought, by the request's id.

    Raises:
        PurchaseRequestNotFoundError: no such request, or its family is not theirs: the same, on purpose.
    """
    family_id = str(request_queries.one(PURCHASE, request_id)["family_id"])
    try:
        family_visible_to(actor, family_id)
    except FamilyNotFoundError:
        raise PURCHASE.unknown from None
    return family_id


def family_for_staff(family_id: str) -> Document:
    """Return any active family, without its account: for staff.

    Raises:
        FamilyNotFoundError: no such family, or it is dissolved.
    """
    family = active_family(family_id)
    if family is None:
        raise FamilyNotFoundError
    return family


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


def counts(_now: datetime) -> dict[str, int | None]:
    """Return how many families there are, and members of all of them.

    ``None``: there are more than ``MOST_COUNTED`` families, or more than ``MOST_ADDED`` to add up.
    """
    number = {"_id": None, "families": {"$sum": 1}}
    families = _of_all(number, most=MOST_COUNTED)
    sums = {**number, "members": {"$sum": {"$size": "$members"}}}
    added = _of_all(sums, most=MOST_ADDED) if families["families"] <= MOST_ADDED else {"members": None}
    return {
        "families": families["families"] if families["families"] <= MOST_COUNTED else None,
        "members": added["members"],
    }


def _of_all(group: Mapping[str, Any], *, most: int) -> Document:
    found = collection("families").aggregate(
        [{"$match": _active()}, {"$limit": most + 1}, {"$group": dict(group)}]
    )
    return found[0] if found else dict.fromkeys(group, 0)


def relationships_of(family_id: str) -> list[Document]:
    """Return the active relationships of a family that the caller was shown to belong to, oldest first."""
    active = {"family_id": family_id, "status": str(rules.RelationshipStatus.ACTIVE)}
    oldest_first = [("created_at", 1), ("_id", 1)]
    return collection("family_relationships").find(active, sort=oldest_first, limit=MOST_RELATIONSHIPS)


def admin_actions(family_id: str, part: Part, *, action: str | None, target: str | None) -> Page:
    """Return a page of what admins of a family did, newest first.

    Args:
        family_id: of a family of which the caller was shown to be an admin.
        part: what part of the list.
        action: only those; ``None``: all of ``rules.ADMIN_ACTIONS``.
        target: id of whom it was done to; ``None``: anybody.
    """
    query = {"family_id": family_id, "action": action or {"$in": list(rules.ADMIN_ACTIONS)}}
    index = BY_ACTION if target is None else BY_TARGET_AND_ACTION
    query |= {} if target is None else {"target": target}
    return paging.read("audit_log", index, query, part, by="at")


def notice_preferences(actor: Actor) -> Document:
    """Return what is stored of the actor's preferences; empty: nothing was said yet."""
    person = collection("family_people").find_one({"_id": actor.user_id}, {"notice_preferences": 1})
    return dict(person["notice_preferences"]) if person else {}


def readers(user_ids: Collection[str]) -> Mapping[str, Reader]:
    """Return how users are reached and what they prefer to be told, disabled ones too. One round trip.

    An address that is still to be confirmed may be somebody else's: no notice is mailed there.
    """
    found = collection("users").aggregate(
        [
            {"$match": {"_id": {"$in": sorted(user_ids)}}},
            {"$limit": len(user_ids)},
            {"$project": {"email": 1, "email_confirmed_at": 1}},
            {
                "$lookup": {
                    "from": "family_people",
                    "localField": "_id",
                    "foreignField": "_id",
                    "as": "person",
                }
            },
        ]
    )
    return {
        user["_id"]: Reader(
            user["email"] if identity.is_confirmed(user) else None,
            notices.preferences(user["person"][0]["notice_preferences"] if user["person"] else {}),
        )
        for user in found
    }


def recovery_for(actor: Actor, recovery_id: str) -> tuple[Document, Document, Document]:
    """Return a recovery, its family, and the actor's entry among those who got a code.

    Raises:
        NotFoundError: no such recovery, no code for the actor, or they are no member any more: all the same.
    """
    found = collection("recoveries").find_one({"_id": recovery_id}) if len(recovery_id) <= ID_LENGTH else None
    voter = recovery.voter_of(found, actor.user_id) if found else None
    family = active_family(found["family_id"]) if found and voter else None
    if found is None or voter is None or family is None or membership(family, actor.user_id) is None:
        raise NotFoundError
    return found, family, dict(voter)


def pending_recovery(family_id: str) -> Document | None:
    """Return the recovery of a family that is not marked as ended; it may be overdue."""
    return collection("recoveries").find_one({"family_id": family_id, "status": str(RecoveryStatus.PENDING)})


def open_recoveries(now: datetime) -> list[Document]:
    """Return the recoveries that are open, those that end first before the others."""
    still = {"status": str(RecoveryStatus.PENDING), "expires_at": {"$gt": now}}
    return collection("recoveries").find(still, sort=[("expires_at", 1)], limit=MOST_RECOVERIES)


def open_recoveries_of_admin(user_id: str, *, now: datetime) -> list[tuple[Document, Document]]:
    """Return the families that list somebody as admin and are being recovered, each with its recovery."""
    managed = collection("families").find({"admin_user_ids": user_id, **_active()}, limit=MOST_MEMBERSHIPS)
    families = {each["_id"]: each for each in managed}
    query = {"family_id": {"$in": sorted(families)}, "status": str(RecoveryStatus.PENDING)}
    found = collection("recoveries").find(query, limit=MOST_MEMBERSHIPS) if families else []
    return [(families[each["family_id"]], each) for each in found if each["expires_at"] > now]


def person_limits(person: Document, now: datetime) -> dict[LimitType, int]:
    """Return how many families a person may found and belong to at a moment, and people have in one."""
    defaults = {
        LimitType.FAMILIES: settings.MAX_FAMILIES_FOUNDED,
        LimitType.MEMBERSHIPS: settings.MAX_MEMBERSHIPS,
        LimitType.MEMBERS: settings.MAX_MEMBERS_PER_FAMILY,
    }
    set_by_staff = {kind: limits.held(person["limits"], person["grace"], kind, now) for kind in defaults}
    return {kind: defaults[kind] if limit is None else limit for kind, limit in set_by_staff.items()}


def member_limit(family: Document, now: datetime) -> int:
    """Return how many people a family has room for at a moment, pending invitations included."""
    limit = limits.held(family["limits"], family["limits"].get("grace"), LimitType.MEMBERS, now)
    return settings.MAX_MEMBERS_PER_FAMILY if limit is None else limit


def membership(family: Document, user_id: str) -> Document | None:
    """Return the entry of a member; ``None``: not one."""
    return next((member for member in family["members"] if member["user_id"] == user_id), None)


def member_of(family: Document, user_id: str) -> Document:
    """Return the entry of a member.

    Raises:
        MemberNotFoundError: not one.
    """
    member = membership(family, user_id)
    if member is None:
        raise MemberNotFoundError
    return member


def is_admin(family: Document, user_id: str) -> bool:
    """Tell whether somebody is one of the family's admins."""
    return user_id in family["admin_user_ids"]


def _active() -> dict[str, str]:
    return {"status": str(rules.FamilyStatus.ACTIVE)}


def _only(user_id: str) -> dict[str, Any]:
    same = {"$eq": ["$$member.user_id", user_id]}
    return {"$filter": {"input": "$members", "as": "member", "cond": same}}
