"""Incidents, as they are kept; the shape of a document stands in the package.

Ids begin with the time, so the newest are found by ``_id`` alone; those of events begin with the incident's,
so they lie together, in order. There are hundreds of incidents, not millions: other questions go through all.
"""

import itertools
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ops.errors import NotFoundError
from ops.incidents.kinds import Kind, State
from ops.mongo.collections import Document, control_collection
from ops.mongo.unit_of_work import unit_of_work
from ops.paging import Page, Part, Position

NAME, EVENTS = "incidents", "incident_events"
# What ``_id`` of an event begins with in place of ``inc_``.
EVENT, INCIDENT = "evt_", "inc_"
ANY_UNRESOLVED = "unresolved"
UNRESOLVED = (str(State.OPEN), str(State.ACKNOWLEDGED))
MOST_OPEN, MOST_PUBLIC, MOST_EVENTS = 500, 500, 2000
LONGEST_TEXT = 300
_TIME_DIGITS, _ORDER_DIGITS = 12, 4
_numbers = itertools.count()


def new_id(now: datetime) -> str:
    """Return a fresh id of an incident; ids are in the order of their times."""
    return f"{INCIDENT}{_time(now)}{secrets.token_hex(9)}"


def find(incident_id: str) -> Document:
    """Return an incident.

    Raises:
        NotFoundError: there is none of this id.
    """
    found = control_collection(NAME, joins=True).find_one({"_id": incident_id})
    if found is None:
        raise NotFoundError
    return found


def open_ones() -> list[Document]:
    """Return those that are not resolved, the worst first, of equally bad ones the oldest."""
    found = control_collection(NAME, joins=True).find(
        {"state": {"$in": UNRESOLVED}}, sort=[("_id", -1)], limit=MOST_OPEN
    )
    return sorted(found, key=lambda each: (each["severity"], each["_id"]))


def latest(most: int) -> list[Document]:
    """Return the newest, the newest first."""
    return control_collection(NAME, joins=True).find({}, sort=[("_id", -1)], limit=most)


def page(
    part: Part,
    *,
    state: str | None = None,
    severity: str | None = None,
    kind: str | None = None,
    with_security: bool = False,
) -> Page:
    """Return a page of incidents, newest first.

    Args:
        part: what part of them is asked for.
        state: only those in this state; ``unresolved``: those that are not resolved.
        severity: only those that are so bad.
        kind: only those of this kind.
        with_security: also those of the kind ``security``.
    """
    order = 1 if part.backwards else -1
    states = {"$in": UNRESOLVED} if state == ANY_UNRESOLVED else str(state)
    conditions: list[Mapping[str, Any]] = [{"state": states}] if state else []
    conditions += [{"severity": str(severity)}] if severity else []
    conditions += [{"kind": str(kind)}] if kind else []
    conditions += [] if with_security else [{"kind": {"$ne": str(Kind.SECURITY)}}]
    if part.position is not None:
        conditions.append({"_id": {"$gt" if part.backwards else "$lt": part.position.id}})
    found = control_collection(NAME, joins=True).find(
        {"$and": conditions} if conditions else {}, sort=[("_id", order)], limit=part.limit + 1
    )
    more, rows = len(found) > part.limit, found[: part.limit]
    if part.backwards:
        rows.reverse()
    if not rows:
        return Page([], None, None)
    elsewhere = part.position is not None
    has_older, has_newer = (elsewhere, more) if part.backwards else (more, elsewhere)
    ends = [Position(row["opened_at"], row["_id"]) for row in (rows[-1], rows[0])]
    return Page(rows, ends[0] if has_older else None, ends[1] if has_newer else None)


def public_since(moment: datetime) -> list[Document]:
    """Return those of which users are told, and that are open or were resolved since then, newest first."""
    lasted = {"$or": [{"state": {"$in": UNRESOLVED}}, {"resolved_at": {"$gte": moment}}]}
    return control_collection(NAME, joins=True).find(
        {"public": {"$ne": None}, **lasted}, sort=[("_id", -1)], limit=MOST_PUBLIC
    )


def events(incident_id: str) -> list[Document]:
    """Return what happened in an incident, the oldest first; at most the newest ``MOST_EVENTS``."""
    first = EVENT + incident_id.removeprefix(INCIDENT)
    found = control_collection(EVENTS, joins=True).find(
        {"_id": {"$gte": first, "$lt": f"{first}g"}}, sort=[("_id", -1)], limit=MOST_EVENTS
    )
    return found[::-1]


@unit_of_work()
def insert(incident: Document) -> None:
    """Write a new incident."""
    control_collection(NAME, joins=True).insert(incident)


@unit_of_work()
def change(incident_id: str, fields: Mapping[str, Any], *, without: Sequence[str] = ()) -> Document:
    """Set fields of an incident, by dotted path, and remove others; returns it as it is then.

    Raises:
        NotFoundError: there is none of this id.
    """
    changes: dict[str, Any] = {"$inc": {"version": 1}}
    if fields:
        changes["$set"] = dict(fields)
    if without:
        changes["$unset"] = dict.fromkeys(without, "")
    found = control_collection(NAME, joins=True).find_and_update({"_id": incident_id}, changes)
    if found is None:
        raise NotFoundError
    return found


def note_event(  # noqa: PLR0913  # an event has as many parts
    incident_id: str,
    kind: str,
    text: str,
    *,
    by: str,
    now: datetime,
    facts: Mapping[str, Any] | None = None,
) -> str:
    """Write that something happened in an incident, in the open unit of work if there is one; returns its id.

    Args:
        incident_id: of the incident.
        kind: one of those that the package lists.
        text: what, in a sentence or two.
        by: id of the actor.
        now: when.
        facts: more about it, for programs.
    """
    order = next(_numbers) % 16**_ORDER_DIGITS
    own = f"{_time(now)}{order:0{_ORDER_DIGITS}x}{secrets.token_hex(4)}"
    event = {
        "_id": f"{EVENT}{incident_id.removeprefix(INCIDENT)}{own}",
        "v": 1,
        "incident": incident_id,
        "at": now,
        "kind": kind,
        "text": text,
        "by": by,
        "facts": dict(facts or {}),
    }
    control_collection(EVENTS, joins=True).insert(event)
    return str(event["_id"])


def _time(moment: datetime) -> str:
    return f"{round(moment.timestamp() * 1000):0{_TIME_DIGITS}x}"
