"""A person's places in families: how many they may found and belong to."""

from typing import Any

from families import queries
from families.errors import FamilyLimitExceededError
from ops.mongo.collections import Document, collection

FRESH = {"v": 1, "founded": [], "member_of": [], "limits": {}, "grace": None, "notice_preferences": {}}


def take_place(user_id: str, family_id: str, *, founded: bool) -> None:
    """Enter a family among the person's if they have room; the write itself decides, not the read.

    Part of the unit in which they found or join it.

    Raises:
        FamilyLimitExceededError: they have not.
    """
    people = collection("family_people")
    person = people.find_and_update({"_id": user_id}, {"$setOnInsert": FRESH}, upsert=True) or FRESH
    limits = queries.person_limits(person)
    fields = {"member_of": limits["memberships"], **({"founded": limits["families"]} if founded else {})}
    room = {"$and": [{"$lt": [{"$size": f"${field}"}, limit]} for field, limit in fields.items()]}
    if not people.update({"_id": user_id, "$expr": room}, {"$push": dict.fromkeys(fields, family_id)}):
        raise _limit_reached(person, limits, founded=founded)


def _limit_reached(person: Document, limits: dict[str, Any], *, founded: bool) -> FamilyLimitExceededError:
    has_founded = len(person["founded"])
    if founded and has_founded >= limits["families"]:
        return FamilyLimitExceededError(limit_type="families", limit=limits["families"], current=has_founded)
    return FamilyLimitExceededError(
        limit_type="memberships", limit=limits["memberships"], current=len(person["member_of"])
    )
