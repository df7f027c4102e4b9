"""Reads about sign-in beside those of each call: what doctor asks, and whether a session was confirmed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from family_site.identity import queries
from ops.mongo.collections import Document, collection

# So many of the newest are gone through, whatever they are: a search would have no end.
NEWEST = 1000
SAMPLE_OF_SESSIONS, SAMPLE_OF_USERS = 200, 50
MOST_STAFF = 1000
MOST_COUNTERS = 1000
NEWEST_FIRST = {"created_at": -1, "_id": -1}
FACTOR_FIELDS = {"username": 1, "is_active": 1, "second_factor.secret": 1}


class Tries(NamedTuple):
    """What was typed and failed, or was asked for too often: names and addresses, and the most of one."""

    counters: int
    most: int


def signers(now: datetime) -> Mapping[str | None, int]:
    """Return the ids of the keys that signed the newest sessions in force, and how many each did.

    ``None`` stands for those of an earlier release, which kept no id.
    """
    second = int(now.timestamp())
    in_force = {
        "kind": "api",
        "revoked_at": None,
        "expires_at": {"$gt": now},
        "refresh.exp": {"$gt": second},  # none goes on after that, whatever the keys
    }
    found = collection("sessions").aggregate(
        [
            {"$sort": NEWEST_FIRST},
            {"$limit": NEWEST},
            {"$match": in_force},
            {"$limit": SAMPLE_OF_SESSIONS},
            {"$group": {"_id": {"$ifNull": ["$refresh.kid", None]}, "number": {"$sum": 1}}},
        ]
    )
    return {each["_id"]: each["number"] for each in found}


def active_staff() -> list[Document]:
    """Return the members of staff who may sign in, newest first, each with the sealed secret, if any."""
    newest_first = list(NEWEST_FIRST.items())
    found = collection("users").find({"is_staff": True}, FACTOR_FIELDS, sort=newest_first, limit=MOST_STAFF)
    return [each for each in found if each["is_active"]]


def users_with_second_factor() -> list[Document]:
    """Return the newest users that have one, among the newest of all, each with the sealed secret."""
    return collection("users").aggregate(
        [
            {"$sort": NEWEST_FIRST},
            {"$limit": NEWEST},
            {"$match": {"second_factor.secret": {"$exists": True}}},
            {"$limit": SAMPLE_OF_USERS},
            {"$project": FACTOR_FIELDS},
        ]
    )


def tries(now: datetime) -> Tries:
    """Return what is counted in windows that have not ended, up to ``MOST_COUNTERS``."""
    found = collection("sign_in_failures").find({"until": {"$gt": now}}, {"count": 1}, limit=MOST_COUNTERS)
    counts = [each["count"] for each in found if each["count"] > 0]
    return Tries(len(counts), max(counts, default=0))


def confirmed_at(session_id: str, *, now: datetime) -> datetime | None:
    """Return when a session of the API was confirmed by a second factor; ``None``: not of late."""
    fresh = {"_id": session_id, "revoked_at": None, "fresh_until": {"$gt": now}}
    session = collection("sessions").find_one(fresh, {"second_factor_at": 1})
    return None if session is None else session["second_factor_at"]


def as_signed_in(user_id: str) -> dict[str, Any] | None:
    """Return who a user is and what they may, as a session of theirs has it; ``None``: disabled, or gone."""
    found = collection("users").aggregate(
        [
            {"$match": {"_id": user_id}},
            {"$project": queries.USER_FIELDS},
            {"$lookup": queries.JOINED_ROLES},
            {"$limit": 1},
        ]
    )
    return queries.state_of(found[0]) if found and found[0]["is_active"] else None
