"""``notifications``: what people are told in the app; the words come from the type's template.

Source: HTTP contract, section 12.
"""

from datetime import timedelta

from django.db import models

from ops.ids import ids
from ops.mongo.indexes import Index, declare


class Notification(models.Model):
    """One notice to one person; ``family_id`` null: personal. ``data`` holds no token, code or balance."""

    id = models.CharField(
        primary_key=True, db_column="_id", max_length=64, default=ids("ntf"), editable=False
    )
    v = models.PositiveSmallIntegerField(default=1)
    user_id = models.CharField(max_length=64)
    family_id = models.CharField(max_length=64, null=True)  # noqa: DJ001  # null: personal
    type = models.CharField(max_length=64)
    data = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    archived_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "notifications"

    def __str__(self) -> str:
        """Return the type."""
        return str(self.type)


INDEXES = declare(
    "notifications",
    Index(("user_id", "-created_at", "-_id")),
    Index(("user_id", "read_at", "-created_at")),
    Index(("user_id", "family_id", "-created_at", "-_id")),
    Index(("created_at",), ttl=timedelta(days=400)),
)
