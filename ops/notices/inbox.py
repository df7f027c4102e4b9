"""A person's notices: read page by page, counted, marked as read. All of it is of their own ones only.

Source: HTTP contract, section 12.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ops import paging
from ops.models.notification import BY_FAMILY, BY_READING, BY_USER, NoticeStatus
from ops.mongo.collections import Document, collection
from ops.mongo.indexes import Index
from ops.mongo.unit_of_work import unit_of_work
from ops.paging import Page, Part

# More than anybody counts; who has so many unread sees this number.
MOST_COUNTED = 10_000
# So many are marked in one unit of 3 s, with room to spare.
BATCH = 2000
SHOWN = (str(NoticeStatus.UNREAD), str(NoticeStatus.READ))
BY_ID, ONLY_ID = [("_id", 1)], {"$project": {"_id": 1}}
_NAME = "notifications"


def page(user_id: str, part: Part, *, family_id: str | None = None, statuses: Sequence[str] = SHOWN) -> Page:
    """Return a page of somebody's notices, newest first. One look.

    Args:
        user_id: whose.
        part: what part of the list.
        family_id: only those of this family; ``None``: of all, and the personal ones.
        statuses: only those of these; archived ones are not shown unless they are asked for.
    """
    index, query = _theirs(user_id, family_id)
    return paging.read(_NAME, index, query | {"status": {"$in": list(statuses)}}, part)


def unread_count(user_id: str, *, family_id: str | None = None) -> int:
    """Return how many are unread, at most ``MOST_COUNTED``; the index alone is read."""
    index, query = _theirs(user_id, family_id)
    unread = query | {"status": str(NoticeStatus.UNREAD)}
    counted = _looked_up(unread, {"$limit": MOST_COUNTED}, {"$count": "found"}, by=index.directions)
    return int(counted[0]["found"]) if counted else 0


def last_checked(user_id: str) -> datetime | None:
    """Return when somebody last marked a notice as read; ``None``: never, or it is long ago."""
    marked = {"user_id": user_id, "read_at": {"$ne": None}}
    newest = ({"$sort": {"read_at": -1}}, {"$limit": 1}, {"$project": {"read_at": 1}})
    found = _looked_up(marked, *newest, by=BY_READING.directions)
    return found[0]["read_at"] if found else None


@unit_of_work()
def mark_read(
    user_id: str, notice_ids: Sequence[str], *, now: datetime, family_id: str | None = None
) -> list[str]:
    """Mark these as read, as far as they are somebody's own and unread; returns those that were, in order."""
    _, query = _theirs(user_id, family_id)
    wanted = {"_id": {"$in": list(notice_ids)}, **query, "status": str(NoticeStatus.UNREAD)}
    found = {each["_id"] for each in _looked_up(wanted, {"$limit": len(notice_ids)}, ONLY_ID, by=BY_ID)}
    marked = [each for each in dict.fromkeys(notice_ids) if each in found]
    _mark(marked, now)
    return marked


def mark_all_read(user_id: str, *, now: datetime, family_id: str | None = None) -> int:
    """Mark all as read that exist by now, and none that comes meanwhile; returns how many that were.

    The first ``BATCH`` are one unit, on one snapshot. Of more than that, which are marked in further units,
    those do not count as new whose change began before this call.
    """
    done = 0
    while marked := _mark_some(user_id, now, family_id):
        done += marked
        if marked < BATCH:
            break
    return done


@unit_of_work()
def _mark_some(user_id: str, now: datetime, family_id: str | None) -> int:
    index, query = _theirs(user_id, family_id)
    unread = query | {"status": str(NoticeStatus.UNREAD), "created_at": {"$lte": now}}
    found = _looked_up(unread, {"$limit": BATCH}, ONLY_ID, by=index.directions)
    _mark([each["_id"] for each in found], now)
    return len(found)


def _theirs(user_id: str, family_id: str | None) -> tuple[Index, dict[str, Any]]:
    """Return the index that holds somebody's notices by status and time, and what finds them."""
    if family_id is None:
        return BY_USER, {"user_id": user_id}
    return BY_FAMILY, {"user_id": user_id, "family_id": family_id}


def _looked_up(
    query: Mapping[str, Any], *stages: Mapping[str, Any], by: Sequence[tuple[str, int]]
) -> list[Document]:
    """Return what the stages make of these; ``by``: the index, whatever seems better while there are few."""
    return collection(_NAME).aggregate([{"$match": query}, *stages], hint=by)


def _mark(notice_ids: Sequence[str], now: datetime) -> None:
    if notice_ids:
        change = {"status": str(NoticeStatus.READ), "read_at": now}
        collection(_NAME).update_all({"_id": {"$in": list(notice_ids)}}, {"$set": change})
