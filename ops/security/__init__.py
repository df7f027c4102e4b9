"""What looks like an attack, counted for staff to look at: ``record(type, subject, facts)``."""

from ops.guarding import SecurityEventType
from ops.security.recording import record

__all__ = ["SecurityEventType", "record"]
