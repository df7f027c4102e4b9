"""``audit_log``: who did what to what, and why; only ever added to."""

from django.db import models

from ops.ids import ids
from ops.mongo.indexes import Index, declare


class AuditEntry(models.Model):
    """One change. Persons stand here by id only; addresses and free text lie in ``private``.

    So personal data can be blanked later without touching what the entry proves.
    """

    id = models.CharField(
        primary_key=True, db_column="_id", max_length=64, default=ids("aud"), editable=False
    )
    v = models.PositiveSmallIntegerField(default=1)
    at = models.DateTimeField()
    actor = models.CharField(max_length=64)
    actor_kind = models.CharField(max_length=16)
    as_staff = models.BooleanField(default=False)
    action = models.CharField(max_length=64)
    target = models.CharField(max_length=64)
    family_id = models.CharField(max_length=64, null=True)  # noqa: DJ001  # null: concerns no family
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    request_id = models.CharField(max_length=64, null=True)  # noqa: DJ001  # null: no request, a job
    private = models.JSONField(default=dict)

    class Meta:
        db_table = "audit_log"
        verbose_name = "audit entry"
        verbose_name_plural = "audit entries"

    def __str__(self) -> str:
        """Return action and target."""
        return f"{self.action} {self.target}"


# What pages are read by.
BY_ACTION = Index(("family_id", "action", "-at", "-_id"))
BY_TARGET_AND_ACTION = Index(("family_id", "target", "action", "-at", "-_id"))

INDEXES = declare(
    "audit_log",
    Index(("target", "-at")),
    Index(("actor", "-at")),
    Index(("family_id", "-at")),
    BY_ACTION,
    BY_TARGET_AND_ACTION,
    # What somebody did, what was done to them, and what ended for them with others.
    Index(("actor", "action", "-at")),
    Index(("target", "action", "-at")),
    Index(("before.members", "action", "-at"), partial={"before.members": {"$gt": ""}}),
    Index(("-at", "-_id")),
    Index(("request_id", "-at"), partial={"request_id": {"$gt": ""}}),
)
