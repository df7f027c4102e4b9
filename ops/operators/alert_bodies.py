"""What Alertmanager sends, as far as it is read, and what it is answered.

Source: Alertmanager's documentation, webhook_config (version 4); HTTP contract, section 14.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from ops import clock
from ops.errors import Fault
from ops.incidents.alerts import Alert
from ops.incidents.kinds import Kind, Severity, State
from ops.web.moments import MESSAGE, moment_of
from ops.web.serializers import WRONG_TYPE, Choice, StrictSerializer, Text

MOST_ALERTS, MOST_LABELS, LONGEST_LABEL, LONGEST_MOMENT = 100, 40, 500, 64
# A name, and what of a label or annotation is kept; the rest of it is cut off.
KEPT, KEPT_LABELS = 300, 20
# From a clock that is further ahead nothing can be taken: whatever came after it would be too old.
AHEAD = timedelta(hours=1)
FIRST = datetime(2000, 1, 1, tzinfo=UTC)
FIRING, RESOLVED = "firing", "resolved"
_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]{0,99}\Z")
_FINGERPRINT = re.compile(r"[0-9a-f]{1,64}\Z")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff]+")


def fingerprint_fault(text: str) -> Fault | None:
    """Say what is wrong with a fingerprint."""
    return None if _FINGERPRINT.match(text) else Fault("invalid_format", "Hexadecimal digits are needed.")


def start_fault(text: str) -> Fault | None:
    """Say what is wrong with the start of an alert."""
    moment = moment_of(text)
    if moment is None:
        return Fault("invalid_format", MESSAGE)
    if not FIRST <= moment <= clock.now() + AHEAD:
        return Fault("not_allowed", "It must lie in the past, and not before the year 2000.")
    return None


def end_fault(text: str) -> Fault | None:
    """Say what is wrong with the end of an alert."""
    return None if moment_of(text) else Fault("invalid_format", MESSAGE)


class Words(serializers.DictField):
    """Labels or annotations: text by name, so many and so long at most."""

    def to_internal_value(self, data: Any) -> dict[str, str]:
        """Return them, without control characters, and as long as they are kept."""
        if not isinstance(data, dict) or not all(isinstance(each, str) for each in data.values()):
            msg = "An object of texts is needed."
            raise ValidationError(msg, code=WRONG_TYPE)
        if len(data) > MOST_LABELS:
            msg = f"At most {MOST_LABELS} are possible."
            raise ValidationError(msg, code="too_long")
        return {name: _CONTROL.sub(" ", value).strip()[:LONGEST_LABEL] for name, value in data.items()}


class AlertBody(StrictSerializer):
    """An alert. Of its labels ``alertname``, ``severity``, ``section`` and ``kind`` are read."""

    open_to_more = True
    status = Choice(choices=[FIRING, RESOLVED])
    labels = Words(child=serializers.CharField())
    annotations = Words(child=serializers.CharField(), required=False)
    startsAt = Text(max_length=LONGEST_MOMENT, rule=start_fault, format="date-time")  # noqa: N815  # theirs
    endsAt = Text(  # noqa: N815  # theirs
        max_length=LONGEST_MOMENT, rule=end_fault, format="date-time", required=False
    )
    fingerprint = Text(min_length=1, max_length=64, rule=fingerprint_fault, examples=["c9cfbc0c9c7a5b4e"])

    def validate_labels(self, labels: Mapping[str, str]) -> Mapping[str, str]:
        """Refuse what says no name, or a severity, kind or section that there is not."""
        for fault in _faults_of(labels):
            raise ValidationError(fault.message, code=fault.code)
        return labels


class AlertsBody(StrictSerializer):
    """POST /admin/alerts: as Alertmanager sends it; further fields are not read."""

    open_to_more = True
    alerts = AlertBody(many=True, min_length=1, max_length=MOST_ALERTS)  # type: ignore[call-arg]  # of a list


class IncidentOfAlerts(serializers.Serializer[Any]):
    """An incident that alerts are about."""

    incident_id = serializers.CharField()
    state = serializers.ChoiceField(choices=[str(each) for each in State])
    severity = serializers.ChoiceField(choices=[str(each) for each in Severity])
    kind = serializers.ChoiceField(choices=[str(each) for each in Kind])
    title = serializers.CharField()
    opened_at = serializers.DateTimeField()


class AlertsAnswer(serializers.Serializer[Any]):
    """The incidents that the alerts are about, once each."""

    incidents = IncidentOfAlerts(many=True)


def alert_of(sent: Mapping[str, Any]) -> Alert:
    """Return a checked alert as incidents take it."""
    labels, notes = sent["labels"], sent.get("annotations", {})
    starts_at = moment_of(sent["startsAt"]) or FIRST
    ends_at = None
    if sent["status"] == RESOLVED:
        ends_at = max(moment_of(sent.get("endsAt", "")) or starts_at, starts_at)
    section = labels.get("section", "")
    return Alert(
        fingerprint=sent["fingerprint"],
        name=labels["alertname"],
        severity=Severity(labels.get("severity", Severity.P2)),
        kind=Kind(labels.get("kind", Kind.OUTAGE)),
        section=int(section) if section else None,
        labels={name: value[:KEPT] for name, value in list(labels.items())[:KEPT_LABELS]},
        summary=(notes.get("summary") or notes.get("description") or labels["alertname"])[:KEPT],
        command=notes.get("command", "")[:KEPT],
        starts_at=starts_at,
        ends_at=ends_at,
    )


def _faults_of(labels: Mapping[str, str]) -> Iterator[Fault]:
    if not _NAME.match(labels.get("alertname", "")):
        yield Fault("invalid_format", "alertname must be a name.")
    if any(not _NAME.match(name) for name in labels):
        yield Fault("invalid_format", "Labels have names of letters, digits and _.")
    for name, words in (("severity", list(Severity)), ("kind", list(Kind))):
        if labels.get(name, words[0]) not in words:
            yield Fault("invalid_choice", f"{name}: possible: {', '.join(words)}.")
    if not re.fullmatch(r"[1-9][0-9]?|", labels.get("section", "")):
        yield Fault("invalid_format", "section must be a number.")
