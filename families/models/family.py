"""``families``: one family with its members, in one document, since they change together.

Source: design, section 4.
"""

from django.db import models
from django_mongodb_backend.fields import ArrayField, EmbeddedModelArrayField
from django_mongodb_backend.models import EmbeddedModel

from families import rules
from ops.ids import ids
from ops.mongo.indexes import Index, declare


class Member(EmbeddedModel):
    """A person in the family; of backup admins the one of the lowest ``backup_order`` takes over first."""

    user_id = models.CharField(max_length=64)
    role = models.CharField(max_length=16)
    joined_at = models.DateTimeField()
    is_backup_admin = models.BooleanField(default=False)
    backup_order = models.BigIntegerField(null=True)

    class Meta:
        managed = False

    def __str__(self) -> str:
        """Return who and as what."""
        return f"{self.user_id} ({self.role})"


class Family(models.Model):
    """A family.

    ``limits.max_members`` is what staff set, missing: the default; ``limits.grace`` what replaces it, as
    ``FamilyPerson`` has it. ``settings`` and
    ``notification_settings`` hold what was set; ``families.rules`` has the defaults. ``version`` counts
    the changes. ``open_invitations`` holds the places that pending invitations take.

    ``relationships_version`` counts the changes of relationships, which lie elsewhere: each writes this
    document too, so that none can pass a departure. ``recoveries_version`` counts those of recoveries, and
    that a member was disabled or enabled, for the same reason; ``allowances_version`` those of allowances.
    """

    id = models.CharField(
        primary_key=True, db_column="_id", max_length=64, default=ids("fam"), editable=False
    )
    v = models.PositiveSmallIntegerField(default=1)
    name = models.CharField(max_length=100)
    status = models.CharField(max_length=16, default=rules.FamilyStatus.ACTIVE)
    founder_id = models.CharField(max_length=64)
    admin_user_ids = ArrayField(models.CharField(max_length=64), default=list)
    members = EmbeddedModelArrayField(Member)
    open_invitations = models.JSONField(default=list)
    account_id = models.CharField(max_length=64)
    limits = models.JSONField(default=dict)
    settings = models.JSONField(default=dict)
    notification_settings = models.JSONField(default=dict)
    version = models.BigIntegerField(default=1)
    relationships_version = models.BigIntegerField(default=0)
    recoveries_version = models.BigIntegerField(default=0)
    allowances_version = models.BigIntegerField(default=0)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    dissolved_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "families"
        verbose_name_plural = "families"

    def __str__(self) -> str:
        """Return the name."""
        return str(self.name)


INDEXES = declare(
    "families",
    Index(("admin_user_ids",)),
    Index(("members.user_id",)),
    Index(("account_id",)),
    Index(("founder_id", "status")),
    Index(("-created_at", "-_id")),
    Index(("status", "-created_at", "-_id")),
)
