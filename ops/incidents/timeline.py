"""What happened, in order of time: an incident's own events, and what was changed in the system around it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from ops.doctor import changes, recorded_changes
from ops.doctor.fixes.noting import MENDED
from ops.incidents import records
from ops.mongo.collections import Document

# Most faults begin with a change, and shortly after it.
BEFORE = timedelta(hours=1)
MOST = 500
START, ACT, FIX, FILE = "start", "act", "fix", "file"


class Line(NamedTuple):
    """Something that happened.

    Attributes:
        at: when.
        kind: of an event of the incident as there; else ``start`` (of a unit: a release, other settings),
            ``fix`` (of doctor's), ``act`` (of an operator) or ``file`` (of the set-up, changed).
        text: what, in a line.
        who: id of who did it; ``None``: nobody knows, or nobody did.
    """

    at: datetime
    kind: str
    text: str
    who: str | None


def lines(incident: Document, now: datetime) -> list[Line]:
    """Return what happened from an hour before it was opened until it was resolved, the oldest first.

    At most ``MOST`` lines, the newest. Its own events are in it also after it was resolved.

    Raises:
        DatabaseUnavailableError, PyMongoError: MongoDB cannot be asked.
    """
    found = [*_events(incident), *_changes(incident, now)]
    return sorted(found, key=lambda line: line.at)[-MOST:]


def _events(incident: Document) -> Iterator[Line]:
    for each in records.events(incident["_id"]):
        yield Line(each["at"], each["kind"], each["text"], each["by"])


def _changes(incident: Document, now: datetime) -> Iterator[Line]:
    since, until = incident["opened_at"] - BEFORE, incident["resolved_at"] or now
    for each in recorded_changes.starts(since, until):
        yield Line(each.at, START, each.what, each.who)
    for each in recorded_changes.acts(since, until):
        kind = FIX if each.what.startswith(MENDED) else ACT
        yield Line(each.at, kind, each.what, each.who)
    for each in changes.of_files(since):
        if each.at <= until:
            yield Line(each.at, FILE, each.what, each.who)
