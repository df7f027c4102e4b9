"""Beginning an incident, or beginning it anew: what all who report one have in common.

The invariant. Of one ``about`` at most one incident is open, however many processes report it at once:
whoever opens, reopens or joins one writes the claim of its ``about`` in the same unit of work
(``incident_claims``: ``incident``, the latest; ``episodes`` of alerts, by fingerprint), so that of two only
one can, and the other looks again. What is reported again within an hour after it was resolved is the same
incident, and opens it anew.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from ops import audit
from ops.actors import Actor
from ops.incidents import paging, publishing, records
from ops.incidents.kinds import NOTICE_WITHIN, Kind, PublicState, Severity, Source, State, due
from ops.mongo.collections import Document, control_collection
from ops.mongo.unit_of_work import unit_of_work

CLAIMS = "incident_claims"
REOPENED_WITHIN = timedelta(hours=1)
AGAIN = "It has come back. We are looking for the cause."


class Report(NamedTuple):
    """What is reported; ``known_at``: of a security incident, since when it is known."""

    kind: Kind
    severity: Severity
    title: str
    source: Source
    about: str | None = None
    section: int | None = None
    known_at: datetime | None = None


@unit_of_work()
def opened(report: Report, more: Mapping[str, Any], *, actor: Actor, now: datetime) -> Document:
    """Write a new incident, and have those told whom it concerns; returns it. ``more``: fields beyond."""
    incident = _made(report, by=actor.id, now=now) | dict(more)
    records.insert(incident)
    text = f"Opened as {report.severity.upper()}: {report.title}"
    records.note_event(incident["_id"], "opened", text, by=actor.id, now=now)
    if incident["public"]:
        records.note_event(incident["_id"], "public", publishing.TEXT, by=actor.id, now=now)
    after = {name: incident[name] for name in ("kind", "severity", "source", "about")}
    audit.record(
        actor,
        "incident.opened",
        target=incident["_id"],
        now=now,
        after=after,
        private={"title": report.title},
    )
    paging.tell(incident, level=0, now=now)
    return incident


def _made(report: Report, *, by: str, now: datetime) -> Document:
    """Return a new incident; its shape stands in the package."""
    acknowledge_by, fix_by = due(report.severity, now)
    told = {"kind": report.kind, "severity": report.severity, "source": report.source, "state": State.OPEN}
    return {
        "_id": records.new_id(now),
        "v": 1,
        **{name: str(word) for name, word in told.items()},
        "title": report.title,
        "about": report.about,
        "section": report.section,
        "opened_at": now,
        "opened_by": by,
        **dict.fromkeys(("acknowledged_at", "acknowledged_by", "resolved_at", "resolved_by", "resolution")),
        "acknowledge_by": acknowledge_by,
        "fix_by": fix_by,
        "level": 0,
        "escalated_at": None,
        "alerts": {},
        "checks": [],
        **dict.fromkeys(("doctor", "impact", "bundle", "investigate_on", "post_mortem")),
        "boxes": {},
        "public": publishing.proposed(report.kind, report.severity, report.section, by=by, now=now),
        "follow_ups": [],
        "links": [],
        "notice": _notice(report.known_at or now) if report.kind == Kind.SECURITY else None,
        "version": 1,
    }


def _notice(known_at: datetime) -> Document:
    return {
        "known_at": known_at,
        "due_at": known_at + NOTICE_WITHIN,
        **dict.fromkeys(("text", "sent_at", "sent_by")),
    }


@unit_of_work()
def reopened(
    incident: Document, why: str, more: Mapping[str, Any], *, actor: Actor, now: datetime
) -> Document:
    """Open a resolved incident anew, with its clocks; returns it. ``more``: fields that change besides."""
    acknowledge_by, fix_by = due(Severity(more.get("severity", incident["severity"])), now)
    gone = ("acknowledged_at", "acknowledged_by", "resolved_at", "resolved_by", "resolution", "escalated_at")
    found = records.change(
        incident["_id"],
        {
            "state": str(State.OPEN),
            "acknowledge_by": acknowledge_by,
            "fix_by": fix_by,
            "level": 0,
            "runs": incident.get("runs", 0) + 1,
            **dict.fromkeys(gone),
            **publishing.continued(
                incident["public"], PublicState.INVESTIGATING, AGAIN, by=actor.id, now=now
            ),
            **more,
        },
    )
    records.note_event(found["_id"], "reopened", why, by=actor.id, now=now)
    before, after = ({"state": each["state"]} for each in (incident, found))
    audit.record(
        actor, "incident.reopened", target=found["_id"], now=now, before=before, after=after, reason=why
    )
    paging.tell(found, level=0, now=now)
    return found


def claim(about: str) -> Document:
    """Return the claim of what an incident can be about, as the open unit of work sees it."""
    found = control_collection(CLAIMS, joins=True).find_one({"_id": about})
    return found or {"_id": about, "incident": None, "episodes": {}}


def write_claim(about: str, fields: Mapping[str, Any]) -> None:
    """Write a claim, so that nobody else can at the same time."""
    change = {"$set": dict(fields), "$inc": {"version": 1}}
    control_collection(CLAIMS, joins=True).update({"_id": about}, change, upsert=True)


def is_open(incident: Document | None) -> bool:
    """Tell whether there is one, and it is not resolved."""
    return incident is not None and incident["state"] != State.RESOLVED


def open_or_reopen(  # noqa: PLR0913  # what is known of it
    before: Document | None,
    report: Report,
    fields: Mapping[str, Any],
    why: str,
    *,
    actor: Actor,
    now: datetime,
) -> Document:
    """Open an incident, or the one that was resolved a short while ago; as part of writing its claim."""
    if before is not None and before["resolved_at"] and now - before["resolved_at"] < REOPENED_WITHIN:
        worse = min(Severity(before["severity"]), report.severity)
        return reopened(before, why, {**fields, "severity": str(worse)}, actor=actor, now=now)
    return opened(report, fields, actor=actor, now=now)
