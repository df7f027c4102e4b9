"""A person's places in families: how many they may found and belong to."""

from collections.abc import Mapping
from datetime import datetime

from families import queries
from families.errors import FamilyLimitExceededError
from families.rules.limits import LimitType
from family_site.identity.errors import AccountDisabledError
from ops.mongo.collections import Document, collection

FRESH: Document = {
    "v": 1,
    "founded": [],
    "member_of": [],
    "limits": {},
    "grace": None,
    "limits_version": 0,
    "notice_preferences": {},
}


def take_place(user_id: str, family_id: str, *, founded: bool, now: datetime) -> Document:
    """Enter a family among the person's if they have room; the write itself decides, not the read.

    Part of the unit in which they found or join it. Returns the person as they were before.

    Raises:
        FamilyLimitExceededError: they have not.
        AccountDisabledError: they were disabled at this very moment.
    """
    people = collection("family_people")
    person = people.find_and_update({"_id": user_id}, {"$setOnInsert": FRESH}, upsert=True) or FRESH
    limits = queries.person_limits(person, now)
    fields = {"member_of": limits[LimitType.MEMBERSHIPS]}
    if founded:
        fields["founded"] = limits[LimitType.FAMILIES]
    room = {"$and": [{"$lt": [{"$size": f"${field}"}, limit]} for field, limit in fields.items()]}
    free = {"_id": user_id, "is_active": {"$ne": False}, "$expr": room}
    if not people.update(free, {"$push": dict.fromkeys(fields, family_id)}):
        if person.get("is_active") is False:
            raise AccountDisabledError
        raise _limit_reached(person, limits, founded=founded)
    return person


def give_up_places(user_ids: list[str], family_id: str) -> None:
    """Strike a family from among these people's, as part of the unit in which they leave it or it ends."""
    collection("family_people").update_all(
        {"_id": {"$in": user_ids}}, {"$pull": {"founded": family_id, "member_of": family_id}}
    )


def _limit_reached(
    person: Document, limits: Mapping[LimitType, int], *, founded: bool
) -> FamilyLimitExceededError:
    reached, current = LimitType.MEMBERSHIPS, len(person["member_of"])
    if founded and len(person["founded"]) >= limits[LimitType.FAMILIES]:
        reached, current = LimitType.FAMILIES, len(person["founded"])
    return FamilyLimitExceededError(limit_type=str(reached), limit=limits[reached], current=current)
