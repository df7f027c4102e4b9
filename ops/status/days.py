"""The minutes of each day, as they are kept."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import TypeAlias

from bson import Int64

from ops.mongo.collections import control_collection
from ops.status.states import State

NAME = "service_days"
DAYS = 90
HOURS = 24
SEEN = "seen"
BAD = (State.DEGRADED, State.DOWN, State.MAINTENANCE)
# Minutes by what they were: seen, degraded, down, maintenance; what is not there is 0.
Minutes: TypeAlias = dict[str, int]
# By day (ISO), then by part.
Days: TypeAlias = dict[str, dict[str, Minutes]]


def count(minute: datetime, states: Mapping[str, State]) -> bool:
    """Count a minute; tells whether nobody had counted it.

    Args:
        minute: its beginning, in UTC.
        states: of each part the worst that was seen in it; one that is unknown was not seen.
    """
    grown = {
        f"parts.{part}.{what}": number
        for part, state in states.items()
        for what, number in minutes_of(state).items()
    }
    if not grown:
        return False
    days, day = control_collection(NAME), minute.date().isoformat()
    days.update({"_id": day}, {"$setOnInsert": {"counted": [Int64(0)] * HOURS}}, upsert=True)
    hour = f"counted.{minute.hour}"
    return days.update(
        {"_id": day, hour: {"$bitsAllClear": [minute.minute]}},
        {"$inc": grown, "$bit": {hour: {"or": Int64(1 << minute.minute)}}},
    )


def minutes_of(state: State) -> Minutes:
    """Return as what one minute of a state is counted."""
    if state == State.UNKNOWN:
        return {}
    return {SEEN: 1, state: 1} if state in BAD else {SEEN: 1}


def since(first: date) -> Days:
    """Return the days from this one on; at most ``DAYS``."""
    query = {"_id": {"$gte": first.isoformat()}}
    found = control_collection(NAME).find(query, {"parts": 1}, sort=[("_id", 1)], limit=DAYS)
    return {each["_id"]: each.get("parts", {}) for each in found}


def with_minute(days: Days, minute: datetime, states: Mapping[str, State]) -> Days:
    """Return the days with another minute in them."""
    day = minute.date().isoformat()
    parts = {part: dict(minutes) for part, minutes in days.get(day, {}).items()}
    for part, state in states.items():
        for what, number in minutes_of(state).items():
            minutes = parts.setdefault(part, {})
            minutes[what] = minutes.get(what, 0) + number
    return {**days, day: parts}
