"""``recoveries``: how members of a family that has no working admin agree to have one again.

Source: design, sections 4 and 7; HTTP contract, sections 10 and 17 (recovery).
"""

from django.db import models

from families.rules.recovery import RecoveryStatus
from ops.ids import ids
from ops.mongo.indexes import Index, declare


class FamilyRecovery(models.Model):
    """A recovery.

    ``voters`` are ``{user_id, code, tries_left, voted_at}``: who got a code, its keyed digest, how many wrong
    ones they may still type, and when they typed the right one; null: not yet. They are counted here, since a
    count in Redis would be gone with a flush. ``required`` verifications were needed from the first on.
    """

    id = models.CharField(
        primary_key=True, db_column="_id", max_length=64, default=ids("rec"), editable=False
    )
    v = models.PositiveSmallIntegerField(default=1)
    family_id = models.CharField(max_length=64)
    status = models.CharField(max_length=32, default=RecoveryStatus.PENDING)
    initiated_by = models.CharField(max_length=64)
    required = models.PositiveIntegerField()
    voters = models.JSONField(default=list)
    promoted_user_id = models.CharField(max_length=64, null=True)  # noqa: DJ001  # null: nobody
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "recoveries"
        verbose_name_plural = "family recoveries"

    def __str__(self) -> str:
        """Return of which family, and how it stands."""
        return f"{self.family_id} ({self.status})"


INDEXES = declare(
    "recoveries",
    Index(("family_id",), unique=True, partial={"status": "pending_verification"}),
    Index(("status", "expires_at")),
)
