"""Reads of allowances; the only way to one that somebody may not see."""

from datetime import datetime

from families import queries
from ops.actors import Actor
from ops.errors import NotFoundError
from ops.mongo.collections import Document, collection
from tokens.rules.allowances import LIVE, MOST_OF_A_FAMILY, ScheduleStatus

ALLOWANCES = "allowances"
OLDEST_FIRST = (("created_at", 1), ("_id", 1))
MOST_COUNTED = 10_000


def allowances_for(actor: Actor, family: Document) -> list[Document]:
    """Return the allowances of a family that the actor may see, oldest first: admins all, others their own.

    ``family``: one that the actor was shown to belong to.
    """
    query = {"family_id": family["_id"], "status": {"$in": list(LIVE)}}
    if not queries.is_admin(family, actor.user_id):
        query["recipient_id"] = actor.user_id
    return collection(ALLOWANCES).find(query, sort=OLDEST_FIRST, limit=MOST_OF_A_FAMILY)


def allowance_of(family_id: str, schedule_id: str) -> Document:
    """Return an allowance of a family that the caller was shown to manage.

    Raises:
        NotFoundError: no such one, another family's, or stopped: the same answer, on purpose.
    """
    if len(schedule_id) > queries.ID_LENGTH:
        raise NotFoundError
    query = {"_id": schedule_id, "family_id": family_id, "status": {"$in": list(LIVE)}}
    found = collection(ALLOWANCES).find_one(query)
    if found is None:
        raise NotFoundError
    return found


def forgotten_count(since: datetime) -> int:
    """Return how many are due since then, and were neither paid, missed nor tried; at most so many."""
    due = {"status": str(ScheduleStatus.ACTIVE), "look_at": {"$lte": since}}
    counted = collection(ALLOWANCES).aggregate(
        [{"$match": due}, {"$limit": MOST_COUNTED}, {"$count": "found"}]
    )
    return int(counted[0]["found"]) if counted else 0
