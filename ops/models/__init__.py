"""Documents of operations."""

from ops.models.audit import AuditEntry
from ops.models.idempotency import IdempotencyRecord

__all__ = ["AuditEntry", "IdempotencyRecord"]
