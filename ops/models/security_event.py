"""``security_events``: what looks like an attack, counted by the hour. Source: HTTP contract, section 14."""

from datetime import timedelta

from django.db import models

from ops.ids import ids
from ops.mongo.indexes import Index, declare


class SecurityEvent(models.Model):
    """All that happened of one type, about one subject, in one hour; ``count`` times.

    ``subject``: id of a user, or a network address. ``facts``: of the latest, without personal data.
    ``resolved_at``: since when a member of staff has answered for it; ``note`` is what they said.
    """

    id = models.CharField(
        primary_key=True, db_column="_id", max_length=64, default=ids("sev"), editable=False
    )
    v = models.PositiveSmallIntegerField(default=1)
    type = models.CharField(max_length=32)
    subject = models.CharField(max_length=64)
    count = models.PositiveIntegerField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    facts = models.JSONField(default=dict)
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.CharField(max_length=64, null=True)  # noqa: DJ001  # null: nobody has, as below
    note = models.CharField(max_length=500, null=True)  # noqa: DJ001

    class Meta:
        db_table = "security_events"

    def __str__(self) -> str:
        """Return what happened to whom."""
        return f"{self.type} {self.subject}"


# What pages are read by.
BY_TIME = Index(("-last_at", "-_id"))
BY_TYPE = Index(("type", "-last_at", "-_id"))
BY_SUBJECT = Index(("subject", "-last_at", "-_id"))
BY_BOTH = Index(("subject", "type", "-last_at", "-_id"))
INDEXES = declare(
    "security_events",
    BY_TIME,
    BY_TYPE,
    BY_SUBJECT,
    BY_BOTH,
    Index(("last_at",), ttl=timedelta(days=90)),
)
