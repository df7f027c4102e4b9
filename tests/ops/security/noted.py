"""Security events in tests: written at once, and looked at."""

from ops.mongo.collections import Document
from ops.security import SecurityEventType, record
from ops.security.recording import recorder
from tests.database import documents

HERE = "203.0.113.7"


def events(subject: str | None = None) -> list[Document]:
    """Write what was recorded until now, and return all events; ``subject``: those about it."""
    recorder.flush()
    found = documents("security_events")["security_events"]
    return [each for each in found if subject in {None, each["subject"]}]


def noted(kind: SecurityEventType = SecurityEventType.RATE_LIMITED, subject: str = HERE) -> Document:
    """Record one, and return the event."""
    record(kind, subject, {"operation": "read"})
    (event,) = [each for each in events(subject) if each["type"] == kind]
    return event
