"""``notifications``: what people are told in the app; the words come from the type's template.

Source: HTTP contract, section 12.
"""

from datetime import timedelta
from enum import StrEnum

from django.db import models

from ops.ids import ids
from ops.mongo.indexes import Index, declare


class NoticeStatus(StrEnum):
    """States of a notice."""

    UNREAD = "unread"
    READ = "read"
    ARCHIVED = "archived"


class Notification(models.Model):
    """One notice to one person; ``family_id`` null: personal. ``data`` holds no token, code or balance.

    ``archived_at``: since when it is out of the way; from the start, if it is there only for its mail.
    """

    id = models.CharField(
        primary_key=True, db_column="_id", max_length=64, default=ids("ntf"), editable=False
    )
    v = models.PositiveSmallIntegerField(default=1)
    user_id = models.CharField(max_length=64)
    family_id = models.CharField(max_length=64, null=True)  # noqa: DJ001  # null: personal
    type = models.CharField(max_length=64)
    data = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    status = models.CharField(max_length=16, default=NoticeStatus.UNREAD)
    read_at = models.DateTimeField(null=True)
    archived_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "notifications"

    def __str__(self) -> str:
        """Return the type."""
        return str(self.type)


# The status stands before the order: each list, counted or read, is one run through an index.
BY_USER = Index(("user_id", "status", "-created_at", "-_id"))
BY_FAMILY = Index(("user_id", "family_id", "status", "-created_at", "-_id"))
BY_READING = Index(("user_id", "read_at", "-created_at"))
INDEXES = declare(
    "notifications",
    BY_USER,
    BY_FAMILY,
    BY_READING,
    Index(("family_id", "-created_at")),
    Index(("created_at",), ttl=timedelta(days=400)),
)
