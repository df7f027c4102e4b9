"""Opening incidents: by hand, from alerts, from what doctor sees. The invariant stands in ``starting``."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from ops.actors import Actor
from ops.doctor import recording
from ops.doctor.check import Result
from ops.errors import FieldFault, ValidationFailedError
from ops.incidents import records, starting
from ops.incidents.alerts import Alert, News, bounded, news, remembered
from ops.incidents.kinds import Kind, Severity, Source, due
from ops.incidents.starting import Report
from ops.mongo import turns
from ops.mongo.collections import Document, control_collection
from ops.mongo.unit_of_work import unit_of_work

SHORTEST_TITLE, LONGEST_TITLE = 5, 200
# So often in a row doctor must find that a check fails before it is an incident, within this time.
LOOKS, LOOKS_WITHIN = 3, timedelta(minutes=6)
DOCTOR = Actor.system("doctor")
_DATA = ("ledger", "ledger_deep", "audit", "audit_deep", "counts", "backup")
_DOWN = (
    *("mongo", "mongo_primary", "redis", "port", "nginx", "process", "worker", "beat", "queue"),
    *("maintenance", "auth"),
)
_SLOW = ("disk", "memory", "saturation", "speed", "slow_ops", "pool", "replication_lag")
# What it is when a check of doctor fails; what is not here is an outage that can wait.
BY_CHECK = {
    **dict.fromkeys(_DATA, (Kind.DATA, Severity.P1)),
    "backup": (Kind.DATA, Severity.P2),
    **dict.fromkeys(_DOWN, (Kind.OUTAGE, Severity.P1)),
    **dict.fromkeys(_SLOW, (Kind.PERFORMANCE, Severity.P2)),
}
# What was switched on on purpose is no incident, and what nobody has filled in keeps nobody awake.
NO_INCIDENT = frozenset({"maintenance", "contacts", "profiler"})


def open_by_hand(  # noqa: PLR0913  # what is known of an incident
    kind: str,
    severity: str,
    title: str,
    *,
    section: int | None = None,
    known_at: datetime | None = None,
    actor: Actor,
    now: datetime,
) -> Document:
    """Open an incident that somebody has seen or heard of; returns it.

    Args:
        kind, severity: words of ``Kind`` and ``Severity``.
        title: what is wrong, in a line.
        section: of the runbook.
        known_at: of a security incident, since when it is known; ``None``: since now.
        actor: who opens it.
        now: when.

    Raises:
        ValidationFailedError: one of these is not as it must be.
    """
    faults = [
        FieldFault(field, "invalid_choice", f"Possible: {', '.join(words)}.")
        for field, value, words in (("kind", kind, list(Kind)), ("severity", severity, list(Severity)))
        if value not in words
    ]
    title = " ".join(title.split())
    if not SHORTEST_TITLE <= len(title) <= LONGEST_TITLE:
        message = f"{SHORTEST_TITLE} to {LONGEST_TITLE} characters are needed."
        faults.append(
            FieldFault("title", "too_short" if len(title) < SHORTEST_TITLE else "too_long", message)
        )
    if known_at is not None and known_at > now:
        faults.append(FieldFault("known_at", "not_allowed", "It cannot become known later than now."))
    if faults:
        raise ValidationFailedError(faults)
    told = Report(Kind(kind), Severity(severity), title, Source.HAND, section=section, known_at=known_at)
    return starting.opened(told, {}, actor=actor, now=now)


@unit_of_work()
def take_alerts(alerts: Sequence[Alert], *, actor: Actor, now: datetime) -> list[Document]:
    """Take alerts in: each joins the open incident of its name, or opens one; all are written, or none.

    The same again changes nothing, nor does what is older than what was heard of the same fingerprint. That
    an alert has ended ends no incident. What fires within an hour after its incident was resolved reopens it.

    Returns:
        The incidents that these alerts are about, once each; an alert that had ended before anybody heard of
        it may have none.
    """
    by_about: dict[str, list[Alert]] = {}
    for alert in alerts:
        by_about.setdefault(alert.about, []).append(alert)
    # In one order, so that two calls do not wait for each other.
    found = [_take(about, by_about[about], actor, now) for about in sorted(by_about)]
    return [each for each in found if each is not None]


def _take(about: str, alerts: Iterable[Alert], actor: Actor, now: datetime) -> Document | None:
    claimed = starting.claim(about)
    incident = records.find(claimed["incident"]) if claimed["incident"] else None
    episodes, told = claimed["episodes"], list[tuple[Alert, News]]()
    for alert in sorted(alerts, key=lambda each: each.starts_at):
        if (what := news(episodes, alert)) != News.NOTHING:
            episodes = remembered(episodes, alert)
            told.append((alert, what))
    if not told:
        return incident
    turns.take(about)
    firing = [alert for alert, what in told if what == News.FIRES]
    if starting.is_open(incident) or firing:
        incident = _told(incident, told, actor, now)
    starting.write_claim(about, {"episodes": episodes, "incident": incident["_id"] if incident else None})
    return incident


def _told(
    incident: Document | None, told: Sequence[tuple[Alert, News]], actor: Actor, now: datetime
) -> Document:
    """Enter what alerts tell in their incident, be it open, to be opened or to be reopened."""
    kept = {alert.fingerprint: alert.kept for alert, _ in told}
    if incident is not None and starting.is_open(incident):
        fields = _worse(incident, [alert.severity for alert, what in told if what == News.FIRES], now)
        fields["alerts"] = bounded({**incident["alerts"], **kept})
        found = records.change(incident["_id"], fields)
        if found["severity"] != incident["severity"]:
            text = f"From {incident['severity'].upper()} to {found['severity'].upper()}, by an alert."
            records.note_event(found["_id"], "severity", text, by=actor.id, now=now)
    else:
        worst = min((alert for alert, what in told if what == News.FIRES), key=lambda each: each.severity)
        report = Report(
            worst.kind,
            worst.severity,
            f"{worst.name}: {worst.summary}"[:LONGEST_TITLE],
            Source.ALERT,
            worst.about,
            worst.section,
        )
        why = f"Alert {worst.name} fires again."
        found = starting.open_or_reopen(incident, report, {"alerts": kept}, why, actor=actor, now=now)
    for alert, what in told:
        kind = "alert" if what == News.FIRES else "alert_ended"
        text = f"Alert {alert.name} {'fires' if what == News.FIRES else 'has ended'}: {alert.summary}"
        facts = {"fingerprint": alert.fingerprint, "starts_at": alert.starts_at, "ends_at": alert.ends_at}
        records.note_event(found["_id"], kind, text, by=actor.id, now=now, facts=facts)
    return found


def _worse(incident: Document, fires: Sequence[Severity], now: datetime) -> dict[str, Any]:
    """Return what changes where an incident becomes worse; its clocks run from now, and never end later."""
    severity = min(fires, default=Severity.P3)
    if severity >= incident["severity"]:
        return {}
    acknowledge_by, fix_by = due(severity, now)
    return {
        "severity": str(severity),
        "acknowledge_by": min(acknowledge_by, incident["acknowledge_by"]),
        "fix_by": min(fix_by, incident["fix_by"]),
    }


def take_doctor(seen: Document | None, now: datetime) -> list[Document]:
    """Open incidents of what doctor has found to fail three times in a row, as a cause; returns them.

    Where an incident of alerts is open for the same section of the runbook, the finding is an event of it.

    Args:
        seen: what doctor saw last, as in ``examinations``; ``None``: nothing for a day.
        now: when.
    """
    if seen is None:
        return []
    looks = control_collection(recording.NAME).find(
        {"_id": {"$lte": seen["_id"]}}, {"at": 1, "unwell": 1}, sort=[("_id", -1)], limit=LOOKS
    )
    if len(looks) < LOOKS or now - looks[-1]["at"] > LOOKS_WITHIN:
        return []
    failing = set.intersection(*(_failing(each) for each in looks)) - NO_INCIDENT
    findings = [each for each in seen["unwell"] if each["name"] in failing]
    taken = [_take_finding(seen, each, now) for each in findings]
    return [each for each in taken if each is not None]


def _failing(look: Document) -> set[str]:
    return {
        each["name"]
        for each in look["unwell"]
        if each["result"] == Result.FAILED and not each["explained_by"]
    }


@unit_of_work()
def _take_finding(seen: Document, finding: Document, now: datetime) -> Document | None:
    """Take one finding in; returns the incident that is opened or joined by it, ``None``: it was known."""
    name = finding["name"]
    about = f"doctor:{name}"
    claimed = starting.claim(about)
    before = records.find(claimed["incident"]) if claimed["incident"] else None
    if starting.is_open(before):
        return None
    doctor = {part: seen[part] for part in ("at", "result", "unwell")}
    text = f"doctor:{name} failed {LOOKS} times in a row: {'; '.join(finding['evidence'])}"
    kind, severity = BY_CHECK.get(name, (Kind.OUTAGE, Severity.P3))
    if (beside := _of_alerts(finding["section"], severity)) is not None:
        if name in beside["checks"]:
            return None
        found = records.change(beside["_id"], {"checks": [*beside["checks"], name]})
    else:
        title = f"doctor:{name}: {'; '.join(finding['evidence'])}"[:LONGEST_TITLE]
        report = Report(kind, severity, title, Source.DOCTOR, about, finding["section"])
        fields = {"checks": [name], "doctor": doctor}
        found = starting.open_or_reopen(
            before, report, fields, f"doctor:{name} fails again.", actor=DOCTOR, now=now
        )
        starting.write_claim(about, {"incident": found["_id"], "episodes": {}})
    records.note_event(found["_id"], "doctor", text, by=DOCTOR.id, now=now, facts={"check": name})
    return found


def _of_alerts(section: int, severity: Severity) -> Document | None:
    """Return the worst open incident that alerts have opened for a section, if it is as bad as that.

    None of security: who keeps the system running may not see it, and would hear of nothing.
    """
    of_alerts = (
        each
        for each in records.open_ones()
        if each["source"] == Source.ALERT
        and each["section"] == section
        and each["severity"] <= severity
        and each["kind"] != Kind.SECURITY
    )
    return next(of_alerts, None)
