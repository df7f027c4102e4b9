"""Reads of what people may have and what they use. Source: HTTP contract, section 7."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from families import queries, rules
from families.rules import dates, limits
from families.rules.limits import FamilyUse, LimitType, Status
from families.rules.usage import ENTRIES, Event, Known, Own, Period, Row, Tally, daily
from ops.cache.remembering import Kind, remembered
from ops.errors import NotFoundError
from ops.models.audit import BY_ACTION
from ops.mongo.collections import Document, collection
from ops.mongo.unit_of_work import unit_of_work

# Who never founded or joined a family, and of whom staff never said anything.
NOBODY: Mapping[str, Any] = {"founded": [], "member_of": [], "limits": {}, "grace": None, "limits_version": 0}
# What tells of a family whether anybody came or went: each of the events counts its version up.
CHANGES = ["$version", "$updated_at"]
# What bounds the reads, far beyond what the limits of rates let happen in a year.
MOST_OWN, MOST_TALLIES = 10_000, 100_000


class Used(NamedTuple):
    """What a person used, oldest day first, and their ``standing``."""

    standing: Document
    period: Period
    days: list[Row]


def standing(user_id: str, now: datetime) -> Document:
    """Return what a person may have, and their families, oldest first. One round trip.

    The fields ``person``, as ``family_people`` has it, and ``families``, each with ``member_count``,
    ``pending``, ``is_admin`` and ``last_activity`` in place of people and invitations.

    Raises:
        NotFoundError: no such user.
    """
    found = collection("users").aggregate(
        [
            {"$match": {"_id": user_id}},
            {"$limit": 1},
            {"$project": {"_id": 1}},
            {
                "$lookup": {
                    "from": "family_people",
                    "localField": "_id",
                    "foreignField": "_id",
                    "as": "person",
                }
            },
            {"$set": {"person": {"$ifNull": [{"$first": "$person"}, dict(NOBODY)]}}},
            {
                "$lookup": {
                    "from": "families",
                    "localField": "person.member_of",
                    "foreignField": "_id",
                    "pipeline": _counted(user_id, now),
                    "as": "families",
                }
            },
        ]
    )
    if not found:
        raise NotFoundError
    found[0]["families"].sort(key=lambda family: (family["created_at"], family["_id"]))
    return found[0]


def families_of(standing: Document, now: datetime) -> list[FamilyUse]:
    """Return how many places of each of a person's families are taken."""
    return [
        FamilyUse(
            family["_id"],
            family["name"],
            family["member_count"],
            family["pending"],
            queries.member_limit(family, now),
            family["is_admin"],
        )
        for family in standing["families"]
    ]


def statuses_of(standing: Document, now: datetime) -> list[Status]:
    """Return how much of each of their limits a person uses."""
    person = standing["person"]
    founded = set(person["founded"])
    current = {
        LimitType.FAMILIES: len(founded),
        LimitType.MEMBERSHIPS: len(person["member_of"]),
        LimitType.MEMBERS: max(
            (each.taken for each in families_of(standing, now) if each.family_id in founded), default=0
        ),
    }
    allowed = queries.person_limits(person, now)
    return [
        Status(kind, current[kind], allowed[kind], limits.coming(person["grace"], kind, now))
        for kind in LimitType
    ]


@unit_of_work()
def used(user_id: str, period: Period, now: datetime) -> Used:
    """Return what a person used on each day of a period, and their standing now. Three round trips.

    In one snapshot: what is counted back from agrees with what is counted. Two of them tell everything that
    the days depend on; the third, which counts, is saved while the days are remembered.

    Raises:
        NotFoundError: no such user.
    """
    found = standing(user_id, now)
    entries = _own_entries(user_id, dates.beginning(period.start))
    if not (found["families"] or entries):
        return Used(found, period, daily(Known({}, set(), [], []), period))
    kind = Kind("usage", _packed, lambda stored: _unpacked(stored, period))
    days = remembered(kind, _state(found, entries, period), lambda: _days(found, entries, period))
    return Used(found, period, days)


def _state(found: Document, entries: Sequence[Document], period: Period) -> list[Any]:
    """Return what the days depend on: when the person came and went, and each family's last change."""
    current = {family["_id"]: family["changes"] for family in found["families"]}
    former = {entry["family_id"]: entry["changes"] for entry in entries if entry["family_id"] not in current}
    return [period.start, period.end, current, former, [entry["_id"] for entry in entries]]


def _days(found: Document, entries: Sequence[Document], period: Period) -> list[Row]:
    present = {family["_id"]: family["member_count"] for family in found["families"]}
    own = [_own(entry) for entry in entries]
    members = {entry["family_id"]: entry["members"] for entry in entries} | present
    return daily(Known(members, set(present), own, _tallies(members, entries, period)), period)


def _packed(days: Sequence[Row]) -> list[Any]:
    return [[row.day, row.families, row.members, _named(row.events)] for row in days]


def _unpacked(stored: Any, period: Period) -> list[Row]:
    rows = [
        Row(date.fromisoformat(day), int(families), int(members), _counts(events))
        for day, families, members, events in stored
    ]
    if (len(rows), rows[0].day, rows[-1].day) != (period.days, period.start, period.end):
        raise ValueError("other days")
    return rows


def _named(events: Mapping[Event, int]) -> dict[str, int]:
    return {str(event): times for event, times in events.items()}


def _counts(events: Mapping[str, Any]) -> dict[Event, int]:
    return {Event(name): int(events[name]) for name in events}


def _counted(user_id: str, now: datetime) -> list[Mapping[str, Any]]:
    still = {"$gt": ["$$each.expires_at", now]}
    pending = {"$filter": {"input": "$open_invitations", "as": "each", "cond": still}}
    counts = {
        "member_count": {"$size": "$members"},
        "pending": {"$size": pending},
        "is_admin": {"$in": [user_id, "$admin_user_ids"]},
        "changes": CHANGES,
    }
    return [
        {"$match": {"status": str(rules.FamilyStatus.ACTIVE)}},
        {
            "$project": {
                "name": 1,
                "limits": 1,
                "created_at": 1,
                "updated_at": 1,
                "changes": CHANGES,
                **counts,
            }
        },
        {
            "$lookup": {
                "from": "audit_log",
                "localField": "_id",
                "foreignField": "family_id",
                "pipeline": [{"$sort": {"at": -1}}, {"$limit": 1}, {"$project": {"_id": 0, "at": 1}}],
                "as": "last",
            }
        },
        {"$set": {"last_activity": {"$max": ["$updated_at", {"$first": "$last.at"}]}, "last": "$$REMOVE"}},
    ]


def _own_entries(user_id: str, start: datetime) -> list[Document]:
    """Return the audit entries of a person's comings and goings, oldest first.

    Each with ``members``: how many people the family has now; and ``changes``: its last one.
    """
    since = {"at": {"$gte": start}}
    came = {"actor": user_id, "action": {"$in": [str(Event.CREATED), str(Event.ACCEPTED)]}}
    moved = {"target": user_id, "action": {"$in": [str(Event.JOINED), str(Event.LEFT), str(Event.REMOVED)]}}
    ended = {"before.members": user_id, "action": str(Event.DISSOLVED)}
    family = {"_id": 0, "members": {"$size": "$members"}, "changes": CHANGES}
    found = collection("audit_log").aggregate(
        [
            {"$match": {"$or": [each | since for each in (came, moved, ended)]}},
            {"$limit": MOST_OWN},
            {"$project": {"family_id": 1, "at": 1, "action": 1, "delta": _delta()}},
            {
                "$lookup": {
                    "from": "families",
                    "localField": "family_id",
                    "foreignField": "_id",
                    "pipeline": [{"$project": family}],
                    "as": "family",
                }
            },
            {
                "$project": {
                    "family_id": 1,
                    "at": 1,
                    "action": 1,
                    "delta": 1,
                    "members": {"$sum": "$family.members"},
                    "changes": {"$first": "$family.changes"},
                }
            },
        ]
    )
    return sorted(found, key=lambda entry: (entry["at"], entry["_id"]))


def _own(entry: Document) -> Own:
    return Own(entry["family_id"], entry["at"], Event(entry["action"]), entry["delta"])


def _tallies(family_ids: Mapping[str, int], own: Sequence[Document], period: Period) -> list[Tally]:
    """Count what others did, by day, kind of event, and the person's own comings and goings between.

    Only the families that they came into or left are told apart; all that came after the period is one day.
    """
    changing = sorted({entry["family_id"] for entry in own})
    moments = [{"family_id": entry["family_id"], "at": entry["at"]} for entry in own]
    is_before = {"$and": [{"$eq": ["$$own.family_id", "$family_id"]}, {"$lte": ["$$own.at", "$at"]}]}
    after = dates.beginning(period.end) + timedelta(days=1)
    key = {
        "family_id": {"$cond": [{"$in": ["$family_id", changing]}, "$family_id", None]},
        "segment": {"$size": {"$filter": {"input": moments, "as": "own", "cond": is_before}}},
        "day": {"$min": [{"$dateTrunc": {"date": "$at", "unit": "day"}}, after]},
        "event": "$action",
    }
    found = collection("audit_log").aggregate(
        [
            {
                "$match": {
                    "family_id": {"$in": sorted(family_ids)},
                    "action": {"$in": [str(each) for each in Event]},
                    "at": {"$gte": dates.beginning(period.start)},
                    "_id": {"$nin": [entry["_id"] for entry in own]},
                }
            },
            {"$group": {"_id": key, "count": {"$sum": 1}, "delta": {"$sum": _delta()}}},
            {"$limit": MOST_TALLIES},
        ],
        hint=BY_ACTION.directions,
    )
    return [_tally(each["_id"], each) for each in found]


def _tally(key: Document, sums: Document) -> Tally:
    return Tally(
        key["family_id"],
        key["segment"],
        key["day"].date(),
        Event(key["event"]),
        sums["count"],
        sums["delta"],
    )


def _delta() -> Mapping[str, Any]:
    """Say how many people a family has more after an audit entry; with its end all of them go."""
    is_entry = {"$in": ["$action", sorted(str(each) for each in ENTRIES)]}
    all_of_them = {"$multiply": [-1, {"$size": {"$ifNull": ["$before.members", []]}}]}
    is_end = {"$eq": ["$action", str(Event.DISSOLVED)]}
    return {"$cond": [is_entry, 1, {"$cond": [is_end, all_of_them, -1]}]}
