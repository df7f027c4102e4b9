"""What goes on now: who fails to sign in, who is signed in from where, and who made themselves a way in.

Source: runbook inventory, C23 and C28.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import NamedTuple

from ops.breach import registry
from ops.breach.registry import Sessions
from ops.breach.scope import Way
from ops.breach.searching import LOG
from ops.logs.journal import Line
from ops.models.audit import BY_TIME
from ops.models.security_event import BY_TIME as EVENTS_BY_TIME
from ops.mongo.collections import collection
from ops.security.recording import NAME as EVENTS

LATELY = timedelta(hours=1)
SHOWN = 30
MOST_WAYS = 2000
FAILED, REQUEST = "auth.login.failed", "request"


class Attack(NamedTuple):
    """What looks like an attack, counted by the hour: of which type, about which user or address."""

    type: str
    subject: str
    times: int
    last_at: datetime


class Threats(NamedTuple):
    """What there is.

    Attributes:
        since: of what follows; ``ways``: from their own moment on.
        attacks: those that go on, the last first.
        failures: sign-ins that failed, by user and reason; ``None``: no line of the log could be read.
        requests, refused: how many, and of those how many with 429; ``None``: as above.
        sessions: in force, by address and program.
        ways: what lets somebody in, or gives them more rights.
    """

    since: datetime
    attacks: list[Attack]
    failures: list[tuple[str, int]] | None
    requests: int | None
    refused: int | None
    sessions: list[Sessions]
    ways: list[Way]


def find(now: datetime, lines: Iterable[Line] | None, *, ways_since: datetime) -> Threats:
    """Return what there is.

    Args:
        now: of the last hour before it.
        lines: of the log of that hour; ``None``: there are none to be read.
        ways_since: from when on ways in are told of, for example since the incident began.
    """
    since = now - LATELY
    failures, requests, refused = _counted(lines, since) if lines is not None else (None, None, None)
    sessions = registry.live_sessions(now)
    return Threats(since, _attacks(since), failures, requests, refused, sessions, made_since(ways_since))


def made_since(moment: datetime) -> list[Way]:
    """Return what lets somebody in, or gives them more rights, from a moment on; the oldest first."""
    ways = registry.ways()
    query = {"at": {"$gte": moment}, "action": {"$in": sorted(ways)}}
    fields = {"at": 1, "action": 1, "target": 1, "actor": 1}
    order = [("at", 1), ("_id", 1)]
    with collection(LOG).raw.find(
        query, fields, sort=order, limit=MOST_WAYS, hint=BY_TIME.directions
    ) as found:
        return [
            Way(each["at"], ways[each["action"]], each["target"], each["actor"], each["_id"])
            for each in found
        ]


def _attacks(since: datetime) -> list[Attack]:
    order = [(path, direction) for path, direction in EVENTS_BY_TIME.directions]
    found = collection(EVENTS).find({"last_at": {"$gte": since}}, sort=order, limit=SHOWN)
    return [Attack(each["type"], each["subject"], each["count"], each["last_at"]) for each in found]


def _counted(lines: Iterable[Line], since: datetime) -> tuple[list[tuple[str, int]], int, int]:
    failures: Counter[str] = Counter()
    statuses: Counter[bool] = Counter()
    for line in lines:
        if line.event is None or line.at is None or line.at < since:
            continue
        if line.event.get("event") == FAILED:
            failures[f"{line.event.get('user', 'nobody we know')} ({line.event.get('reason')})"] += 1
        elif line.event.get("event") == REQUEST:
            statuses[line.event.get("status") == HTTPStatus.TOO_MANY_REQUESTS] += 1
    return failures.most_common(SHOWN), statuses.total(), statuses[True]
