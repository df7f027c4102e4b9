"""When the next contact of the matrix is told: nobody took it in hand in time, or nobody mended it in time.

Writes only the control database, so it goes on during maintenance, and is no entry of the audit log: the
event ``escalated`` is the record. Any number of processes may do it at once: of two that escalate the same,
one finds it done. Source: runbook, alert response procedures and escalation matrix.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings

from ops import clock
from ops.contacts import people
from ops.incidents import pages, paging, records
from ops.incidents.kinds import Kind, Severity, State
from ops.incidents.pages import ACTOR
from ops.logs import logger
from ops.maintenance import mode
from ops.mongo.collections import Document, control_collection
from ops.mongo.unit_of_work import unit_of_work
from ops.outbox.states import is_database_away

# So long before the notice to authorities is due the legal team is told.
NOTICE_BEFORE = timedelta(hours=24)
MOST_NOTICES = 100
log = logger(__name__)


class Reason(StrEnum):
    """Why the next contact is told."""

    NOT_ACKNOWLEDGED = "nobody acknowledged it in time"
    NOT_MENDED = "it was not mended in time"


def last_level(kind: str) -> int:
    """Return the level of the last contact of the matrix for a kind."""
    return len(settings.ESCALATION_MATRIX[kind]) - 1


def reason_to_escalate(incident: Document, now: datetime) -> Reason | None:
    """Say why the next contact must be told now; ``None``: they need not, or there is none.

    A P1 must be mended at once, which no time tells; its times to acknowledge do.
    """
    if incident["state"] == State.RESOLVED or incident["level"] >= last_level(incident["kind"]):
        return None
    if incident["state"] == State.OPEN and now >= incident["acknowledge_by"]:
        return Reason.NOT_ACKNOWLEDGED
    fix_by = incident["fix_by"]
    if incident["severity"] == Severity.P1 or now < fix_by or incident.get("late_since") == fix_by:
        return None
    return Reason.NOT_MENDED


def next_acknowledge_by(incident: Document, now: datetime) -> datetime:
    """Return until when the next contact may wait: as long again, after a standstill from now on."""
    span = Severity(incident["severity"]).acknowledge_within
    until: datetime = incident["acknowledge_by"] + span
    return until if until > now else now + span


def escalate_due(now: datetime) -> int:
    """Tell the next contact of each incident that is due for it; returns how many incidents that were.

    Also the legal team, once for each security incident whose notice is due within a day.

    Raises:
        DatabaseUnavailableError, PyMongoError: MongoDB is away. What fails of one incident alone is logged.
    """
    with mode.exempt():
        due = [each for each in records.open_ones() if reason_to_escalate(each, now)]
        done = sum(_tried(_go_up, each, now) for each in due)
        for each in _unnoticed(now):
            _tried(_tell_legal, each, now)
    return done


def make_round() -> None:
    """Escalate and post: what must go on when web processes and worker are dead."""
    now = clock.now()
    try:
        escalate_due(now)
    finally:
        paging.send_due(now)


def _tried(step: Callable[[Document, datetime], bool], incident: Document, now: datetime) -> bool:
    try:
        return step(incident, now)
    except Exception as error:
        if is_database_away(error):
            raise
        log.exception("incident not escalated", incident=incident["_id"])
        return False


@unit_of_work()
def _go_up(seen: Document, now: datetime) -> bool:
    """Go up a level, if that is still due: of two at once, one meets the other's write and looks again."""
    incident = records.find(seen["_id"])
    reason = reason_to_escalate(incident, now)
    if reason is None:
        return False
    level = incident["level"] + 1
    fields = {
        "level": level,
        "escalated_at": now,
        "acknowledge_by": next_acknowledge_by(incident, now),
        **({"late_since": incident["fix_by"]} if reason == Reason.NOT_MENDED else {}),
    }
    raised = records.change(incident["_id"], fields)
    contact = people.to_tell(incident["kind"])[level]
    text = f"Escalated to the {contact.title}: {reason}."
    records.note_event(
        incident["_id"], "escalated", text, by=ACTOR, now=now, facts={"level": level, "contact": contact.name}
    )
    paging.tell(raised, level=level, now=now)
    return True


def _tell_legal(incident: Document, now: datetime) -> bool:
    return paging.tell_of_notice(incident, now=now)


def _unnoticed(now: datetime) -> list[Document]:
    """Return security incidents, resolved ones too, whose notice is due soon, and legal was not told."""
    soon = {
        "kind": str(Kind.SECURITY),
        "notice.sent_at": None,
        "notice.due_at": {"$lte": now + NOTICE_BEFORE},
    }
    found = control_collection(records.NAME).find(soon, sort=[("_id", -1)], limit=MOST_NOTICES)
    told = pages.told_of_notice([each["_id"] for each in found])
    return [each for each in found if each["_id"] not in told]
