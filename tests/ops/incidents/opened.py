"""Incidents as they stand in the database, and what is known around them, for tests of what is made of it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ops import audit
from ops.actors import Actor
from ops.bundle import sampling
from ops.deployments import recording as deployments
from ops.doctor import changes
from ops.doctor import recording as examinations
from ops.errors import ValidationFailedError
from ops.incidents import bundling, records, touched
from ops.incidents.attending import ACTOR
from ops.incidents.impact import WORKINGS
from ops.incidents.kinds import Kind, Severity, State, due
from ops.incidents.touched import Touched
from ops.mongo.collections import Document, control_collection
from ops.mongo.unit_of_work import unit_of_work

NOW = datetime(2026, 11, 26, 12, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
NOWHERE = 1  # a port on which nobody ever listens
ADA = Actor.shell()
YET_UNKNOWN = (
    *("acknowledged_at", "acknowledged_by", "resolved_at", "resolved_by", "resolution", "escalated_at"),
    *("doctor", "impact", "bundle", "public", "investigate_on", "post_mortem", "notice"),
)
# What is kept around an incident, beside the audit log; no other test relies on any of it.
KEPT = (records.NAME, records.EVENTS, WORKINGS, examinations.NAME, deployments.NAME)


def forget_all() -> None:
    """Empty what is kept in the control database."""
    for name in KEPT:
        control_collection(name).delete({})


def opened(incident_id: str = "inc_one", *, at: datetime = NOW, **changes: Any) -> Document:
    """Write an incident into the database; returns it."""
    severity = Severity(changes.get("severity", Severity.P1))
    acknowledge_by, fix_by = due(severity, at)
    incident: Document = {
        "_id": incident_id,
        "v": 1,
        "kind": str(Kind.OUTAGE),
        "severity": str(severity),
        "title": "The web processes are not ready.",
        "source": "alert",
        "about": f"alert:{incident_id}",
        "state": str(State.OPEN),
        "section": None,
        "opened_at": at,
        "opened_by": "system:alertmanager",
        "acknowledge_by": acknowledge_by,
        "fix_by": fix_by,
        "level": 0,
        "alerts": {},
        "checks": [],
        "boxes": {},
        "follow_ups": [],
        "links": [],
        "version": 1,
    }
    incident |= dict.fromkeys(YET_UNKNOWN)
    incident |= changes
    control_collection(records.NAME).insert(dict(incident))
    return incident


def as_it_is(incident_id: str = "inc_one") -> Document:
    """Return an incident as it stands in the database."""
    return records.find(incident_id)


def changed(incident_id: str = "inc_one", **fields: Any) -> None:
    """Change an incident, past the product."""
    control_collection(records.NAME).update({"_id": incident_id}, {"$set": fields})


def alert(name: str, ends_at: datetime | None = None) -> Document:
    """Return an alert as an incident holds it."""
    told = {"name": name, "labels": {}, "summary": f"{name}.", "command": "manage.py doctor"}
    return {**told, "starts_at": NOW - MINUTE, "ends_at": ends_at}


def looked(at: datetime, *, cause: str = "it was stopped", **results: str) -> None:
    """Keep that doctor looked; ``results`` by the names of checks."""
    unwell = [
        {
            "name": name,
            "section": 2,
            "title": f"{name} is well",
            "result": result,
            "evidence": [f"{name} does not answer"],
            "cause": cause,
            "remedy": "start it",
            "explained_by": [],
        }
        for name, result in results.items()
        if result != "ok"
    ]
    worst = "failed" if "failed" in results.values() else "degraded" if unwell else "ok"
    minute = at.replace(second=0, microsecond=0).isoformat()
    told = {
        "at": at,
        "host": "here",
        "role": "worker",
        "result": worst,
        "results": {"settings": "ok", **results},
    }
    control_collection(examinations.NAME).update(
        {"_id": minute}, {"$set": {**told, "unwell": unwell, "left_out": []}}, upsert=True
    )


def looked_well(until: datetime, times: int = 15, **results: str) -> None:
    """Keep that doctor looked each minute, so many times, up to a moment."""
    for number in range(times):
        looked(until - number * MINUTE, **results)


def started(at: datetime, commit: str, role: str = "web") -> None:
    """Keep that a unit was started."""
    told = {"at": at, "role": role, "host": "here", "version": "1.2.0", "commit": commit, "built_at": None}
    control_collection(deployments.NAME).insert(
        {"_id": f"{at.isoformat()} {role}", **told, "by": "systemd", "of": f"{role} {commit}"}
    )


def texts(incident_id: str = "inc_one") -> Sequence[tuple[str, str]]:
    """Return kind and text of each event."""
    return [(each["kind"], each["text"]) for each in records.events(incident_id)]


def ticked(incident_id: str = "inc_one") -> dict[str, str]:
    """Return the evidence of each box that the system has ticked."""
    boxes = as_it_is(incident_id)["boxes"]
    return {box: each["evidence"] for box, each in boxes.items() if each["by"] == ACTOR}


@unit_of_work()
def acted(
    action: str, minutes: int, target: str = "x", actor: Actor = ADA, reason: str | None = "a breach"
) -> None:
    """Write the audit entry of something that was done."""
    audit.record(actor, action, target=target, now=NOW + minutes * MINUTE, reason=reason)


def be_alone(monkeypatch: pytest.MonkeyPatch, settings: Any, var: Path) -> None:
    """Look at no exporter, counter, line or file of what else runs on this machine."""
    monkeypatch.setattr(sampling, "BETWEEN_SECONDS", 0.01)
    monkeypatch.setattr(touched, "since", lambda _moment: Touched(frozenset({"user_ada"})))
    monkeypatch.setattr(changes, "of_files", lambda _since: [])
    settings.METRICS_PORT, settings.METRICS_DIR, settings.VAR_DIR = NOWHERE, var / "metrics", var


def take_no_bundle(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Take none; returns the ids of incidents of which one would have been taken, as they come."""
    asked: list[str] = []

    def take(incident: Document, now: datetime) -> Document:
        asked.append(incident["_id"])
        return {"path": "/var/bundle.tar.gz", "sha256": "0" * 64, "bytes": 1, "at": now, "missing": ["E01"]}

    monkeypatch.setattr(bundling, "take", take)
    return asked


def fields_of(refusal: ValidationFailedError) -> list[str]:
    """Return which fields were refused."""
    details: Any = refusal.details
    return [each["field"] for each in details]
