"""Documents of operations."""

from ops.models.access_rule import AccessRule
from ops.models.audit import AuditEntry
from ops.models.idempotency import IdempotencyRecord
from ops.models.limit_override import LimitOverride
from ops.models.notification import Notification
from ops.models.outbox import Mail
from ops.models.security_event import SecurityEvent

__all__ = [
    "AccessRule",
    "AuditEntry",
    "IdempotencyRecord",
    "LimitOverride",
    "Mail",
    "Notification",
    "SecurityEvent",
]
