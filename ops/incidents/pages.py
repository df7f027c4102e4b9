"""The states of what is to be told, and every way from one to another; the shape stands in ``paging``."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from pymongo import ReturnDocument

from ops.actors import Actor
from ops.contacts import people
from ops.incidents import records
from ops.logs import logger
from ops.mongo.collections import Document, Filter, control_collection
from ops.mongo.unit_of_work import unit_of_work

NAME = "incident_pages"
# The occasion of telling that authorities must hear of it soon.
NOTICE = "notice"
ACTOR = Actor.system("paging").id
LEASE = timedelta(minutes=2)
BACKOFF_FIRST, BACKOFF_MOST = timedelta(seconds=15), timedelta(minutes=10)
GIVEN_UP_AFTER = timedelta(hours=24)
# More doublings than lead to the most.
MOST_DOUBLINGS = 10
MOST_OF_ONE = 500
log = logger(__name__)


class Channel(StrEnum):
    """Over what somebody is told."""

    MAIL = "mail"
    WEBHOOK = "webhook"


class PageState(StrEnum):
    """How far it is."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    SKIPPED = "skipped"


def made(page_id: str, about: Mapping[str, Any], *, fault: str | None, now: datetime) -> Document:
    """Return a page; ``fault``: why it is skipped from the beginning, ``None``: it waits."""
    return {
        "_id": page_id,
        "v": 1,
        **about,
        "state": str(PageState.SKIPPED if fault else PageState.WAITING),
        "attempts": 0,
        "next_attempt_at": now,
        "lease_until": None,
        "fault": fault,
        "created_at": now,
        "sent_at": None,
    }


def insert_new(wanted: Sequence[Document]) -> list[Document]:
    """Write those that are not there yet, in the open unit of work; returns them."""
    if not wanted:
        return []
    pages = control_collection(NAME, joins=True)
    ids = [each["_id"] for each in wanted]
    known = {each["_id"] for each in pages.find({"_id": {"$in": ids}}, {"_id": 1}, limit=len(ids))}
    fresh = [each for each in wanted if each["_id"] not in known]
    if fresh:
        pages.insert(*fresh)
    return fresh


def find(page_id: str) -> Document | None:
    """Return a page, if there is one."""
    return control_collection(NAME, joins=True).find_one({"_id": page_id})


def told_of_notice(incident_ids: Sequence[str]) -> set[str]:
    """Return of which of these incidents the legal team was told that the notice is due."""
    wanted: Filter = {"incident": {"$in": list(incident_ids)}, "occasion": NOTICE}
    found = control_collection(NAME).find(wanted, {"incident": 1}, limit=2 * len(incident_ids) + 1)
    return {each["incident"] for each in found}


def of(incident_id: str) -> list[Document]:
    """Return the pages of an incident in the order of their ids."""
    mine: Filter = {"_id": {"$gte": f"{incident_id}:", "$lt": f"{incident_id};"}}
    return control_collection(NAME, joins=True).find(mine, sort=[("_id", 1)], limit=MOST_OF_ONE)


def waiting(channel: Channel, *, now: datetime, most: int) -> list[Document]:
    """Return those that are due on a channel, the oldest first."""
    return control_collection(NAME).find(_due(channel, now), sort=[("next_attempt_at", 1)], limit=most)


def claim(channel: Channel, *, now: datetime) -> Document | None:
    """Take the page that has been due the longest, for one lease; counts an attempt."""
    until = now + LEASE
    found: Document | None = control_collection(NAME).raw.find_one_and_update(
        _due(channel, now),
        {"$set": {"lease_until": until, "next_attempt_at": until}, "$inc": {"attempts": 1}},
        sort=[("next_attempt_at", 1)],
        return_document=ReturnDocument.AFTER,
    )
    return found


def mark_sent(page: Document, *, now: datetime) -> bool:
    """Write that it was handed on; false: somebody else has done so, or has it in hand."""
    return _change(page, {"state": str(PageState.SENT), "sent_at": now, "fault": None})


def skip(page: Document, reason: str) -> bool:
    """Write why nobody is told; false: another was quicker."""
    return _change(page, {"state": str(PageState.SKIPPED), "fault": reason})


@unit_of_work()
def put_off(page: Document, fault: str, *, now: datetime) -> None:
    """Try it again later; given up, if that has been done for too long."""
    if now - page["created_at"] >= GIVEN_UP_AFTER:
        if _change(page, {"state": str(PageState.FAILED), "fault": fault}):
            title = people.TITLES[page["contact"]]
            note(page, "noted", f"The {title} could not be told over the second channel: {fault}.", now)
        log.error("incident not told", page=page["_id"], fault=fault)
        return
    until = now + backoff(page["attempts"])
    log.warning("incident told later", page=page["_id"], fault=fault, until=until)
    _change(page, {"next_attempt_at": until, "fault": fault})


def backoff(attempts: int) -> timedelta:
    """Return how long to wait after so many attempts: 15 s, doubled each time, at most 10 min."""
    doubled: int = 2 ** min(max(attempts - 1, 0), MOST_DOUBLINGS)
    return min(BACKOFF_MOST, BACKOFF_FIRST * doubled)


def note(page: Document, kind: str, text: str, now: datetime) -> None:
    """Write into the incident what became of a page."""
    facts = {name: page[name] for name in ("contact", "channel", "level", "occasion")}
    records.note_event(page["incident"], kind, text, by=ACTOR, now=now, facts=facts)


def _due(channel: Channel, now: datetime) -> Filter:
    return {"state": str(PageState.WAITING), "channel": str(channel), "next_attempt_at": {"$lte": now}}


def _change(page: Document, fields: Mapping[str, Any]) -> bool:
    """Change a page that is still as it was seen: not done, and in nobody else's hand."""
    mine: Filter = {
        "_id": page["_id"],
        "state": str(PageState.WAITING),
        "lease_until": page["lease_until"],
    }
    change = {"$set": {"lease_until": None, **fields}}
    return control_collection(NAME, joins=True).update(mine, change)
