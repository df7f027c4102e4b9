"""Documents of operations."""

from ops.models.audit import AuditEntry

__all__ = ["AuditEntry"]
