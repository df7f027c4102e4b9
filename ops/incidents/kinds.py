"""The words of incidents, and how soon what must be done. No database, no clock.

Source: runbook, alert response procedures (P1, P2, P3) and escalation matrix.
"""

from datetime import datetime, timedelta
from enum import StrEnum


class Kind(StrEnum):
    """What is wrong; decides who is told. As the label ``kind`` of alerts."""

    OUTAGE = "outage"
    SECURITY = "security"
    DATA = "data"
    PERFORMANCE = "performance"


class Severity(StrEnum):
    """How bad it is. As the label ``severity`` of alerts."""

    P1 = "p1"
    P2 = "p2"
    P3 = "p3"

    @property
    def acknowledge_within(self) -> timedelta:
        """How soon somebody must take it in hand; as long again after each escalation."""
        return {
            Severity.P1: timedelta(minutes=15),
            Severity.P2: timedelta(hours=1),
            Severity.P3: timedelta(hours=4),
        }[self]

    @property
    def fix_within(self) -> timedelta:
        """How soon it must be mended; of a P1 at once."""
        return {
            Severity.P1: timedelta(0),
            Severity.P2: timedelta(hours=4),
            Severity.P3: timedelta(hours=24),
        }[self]


class State(StrEnum):
    """How far it is."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class Source(StrEnum):
    """Who reported it."""

    ALERT = "alert"
    DOCTOR = "doctor"
    PRODUCT = "product"  # it found itself broken while it answered somebody
    HAND = "hand"


class PublicState(StrEnum):
    """What users are told of how far it is."""

    INVESTIGATING = "investigating"
    IDENTIFIED = "identified"
    MONITORING = "monitoring"
    RESOLVED = "resolved"


# Doctor's checks and alerts must be well for so long before it may be called resolved. Inventory, C12.
GREEN_FOR = timedelta(minutes=15)
# In which authorities must hear of personal data that got out, after it became known. GDPR, article 33.
NOTICE_WITHIN = timedelta(hours=72)


def due(severity: Severity, opened_at: datetime) -> tuple[datetime, datetime]:
    """Return by when an incident must be acknowledged, and mended."""
    return opened_at + severity.acknowledge_within, opened_at + severity.fix_within
