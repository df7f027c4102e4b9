"""``emergency_unfreezes``: how members open an account again that one of them froze.

Source: design, section 4; HTTP contract, sections 10 and 17 (emergency unfreeze).
"""

from django.db import models

from families.rules.emergency import EmergencyStatus
from ops.ids import ids
from ops.mongo.indexes import Index, declare


class EmergencyUnfreeze(models.Model):
    """A vote on opening an account.

    ``freeze`` is ``{by, at}`` of the one freeze that it can lift. ``voters`` are ``{user_id, vote, voted_at,
    reason, left_at}``: all who could vote from the first on, as they had joined; ``left_at``: since then they
    do not count. ``required`` approvals were needed from the first on.
    """

    id = models.CharField(
        primary_key=True, db_column="_id", max_length=64, default=ids("emr"), editable=False
    )
    v = models.PositiveSmallIntegerField(default=1)
    family_id = models.CharField(max_length=64)
    account_id = models.CharField(max_length=64)
    status = models.CharField(max_length=16, default=EmergencyStatus.PENDING)
    requested_by = models.CharField(max_length=64)
    reason = models.CharField(max_length=500)
    freeze = models.JSONField(default=dict)
    voters = models.JSONField(default=list)
    required = models.PositiveIntegerField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "emergency_unfreezes"
        verbose_name = "emergency unfreeze"

    def __str__(self) -> str:
        """Return of which family, and how it stands."""
        return f"{self.family_id} ({self.status})"


# What pages are read by.
BY_FAMILY = Index(("family_id", "status", "-created_at", "-_id"))

INDEXES = declare(
    "emergency_unfreezes",
    Index(("account_id",), unique=True, partial={"status": "pending"}),
    Index(("status", "expires_at")),
    BY_FAMILY,
    Index(("family_id", "-created_at", "-_id")),
    Index(("-created_at", "-_id")),
    Index(("status", "-created_at", "-_id")),
)
