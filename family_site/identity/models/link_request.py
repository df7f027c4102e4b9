"""``link_requests``: links that are asked for without a sign-in, until a job has looked whom they concern.

The request itself looks at no user, so that neither its answer nor its time tells whether there is one.
Source: HTTP contract, section 11 (resend-verification, forgot-password).
"""

from datetime import timedelta

from django.db import models

from ops.ids import ids
from ops.mongo.indexes import Index, declare


class LinkRequest(models.Model):
    """One request. ``address`` as typed, folded; ``origin``: who asked, for the audit entry."""

    id = models.CharField(
        primary_key=True, db_column="_id", max_length=64, default=ids("ask"), editable=False
    )
    v = models.PositiveSmallIntegerField(default=1)
    kind = models.CharField(max_length=32)
    address = models.CharField(max_length=254)
    origin = models.JSONField(default=dict)
    asked_at = models.DateTimeField()

    class Meta:
        db_table = "link_requests"

    def __str__(self) -> str:
        """Return the kind."""
        return str(self.kind)


# After a week without a worker nobody waits for the mail any more.
INDEXES = declare("link_requests", Index(("asked_at",), ttl=timedelta(days=7)))
