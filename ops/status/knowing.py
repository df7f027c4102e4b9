"""What is known of days and incidents; while MongoDB is away, what was known last."""

import json
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pymongo
from django.conf import settings

from ops.incidents import records
from ops.incidents.kinds import PublicState, State
from ops.mongo.collections import Document
from ops.status import days
from ops.status.days import DAYS, SEEN, Days
from ops.status.looking import AWAY

# So long incidents stay on the page after they are over.
LATELY = timedelta(days=14)
READ_SECONDS = 1.0
JSON_FILE = "status.json"


@dataclass(frozen=True, slots=True)
class Known:
    """What was read.

    Attributes:
        read_at: when; ``None``: never.
        days: minutes of the last 90 days.
        incidents: those that users are told of, as the page has them, the newest first.
    """

    read_at: datetime | None = None
    days: Days = field(default_factory=dict)
    incidents: tuple[Document, ...] = ()


class Memory:
    """Of one process."""

    def __init__(self) -> None:
        """Begin with nothing known."""
        self._lock = threading.Lock()
        self._last: Known | None = None

    def known(self, now: datetime) -> Known:
        """Return what the database says; else what it said last, here or to whoever wrote the copy."""
        try:
            with pymongo.timeout(READ_SECONDS):
                found = read(now)
        except AWAY:
            with self._lock:
                self._last = self._last or recalled()
                return self._last
        with self._lock:
            self._last = found
        return found


def read(now: datetime) -> Known:
    """Read it.

    Raises:
        DatabaseUnavailableError, DatabaseError, PyMongoError: the database is away.
    """
    found = [as_told(each) for each in records.public_since(now - LATELY)]
    newest_first = sorted(found, key=lambda each: each["started_at"], reverse=True)
    return Known(now, days.since(first_day(now)), tuple(newest_first))


def first_day(now: datetime) -> Any:
    """Return the first day of the picture."""
    return now.date() - timedelta(days=DAYS - 1)


def as_told(incident: Document) -> Document:
    """Return an incident as everybody may see it: nothing but what somebody has written for users."""
    public = incident["public"]
    updates = [{name: each[name] for name in ("at", "state", "text")} for each in public["updates"]]
    is_over = incident["state"] == State.RESOLVED
    said = updates[-1]["state"] if updates else PublicState.INVESTIGATING
    return {
        "id": incident["_id"],
        "title": public["title"],
        "state": str(PublicState.RESOLVED if is_over else said),
        "components": list(public["components"]),
        "started_at": incident["opened_at"],
        "resolved_at": incident["resolved_at"] if is_over else None,
        "updates": updates,
    }


def recalled() -> Known:
    """Return what the copy says, which this or another process has written."""
    try:
        said = json.loads((settings.STATUS_DIR / JSON_FILE).read_bytes())
        incidents = tuple(_with_times(each) for each in [*said["incidents"], *said["recent_incidents"]])
        return Known(_moment(said["history_as_of"]), _days(said["components"]), incidents)
    except (OSError, ValueError, KeyError, TypeError):  # there is none, or it is of another release
        return Known()


def _days(parts: list[Document]) -> Days:
    found: Days = {}
    for part in parts:
        for day in part["days"]:
            minutes = {name: int(number) for name, number in day.items() if name != "date" and number}
            if minutes.get(SEEN):
                found.setdefault(day["date"], {})[part["id"]] = minutes
    return found


def _with_times(incident: Document) -> Document:
    updates = [{**each, "at": _moment(each["at"])} for each in incident["updates"]]
    times = {name: _moment(incident[name]) for name in ("started_at", "resolved_at")}
    return {**incident, **times, "updates": updates}


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
