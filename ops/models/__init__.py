"""Documents of operations."""

from ops.models.audit import AuditEntry
from ops.models.idempotency import IdempotencyRecord
from ops.models.notification import Notification
from ops.models.outbox import Mail

__all__ = ["AuditEntry", "IdempotencyRecord", "Mail", "Notification"]
