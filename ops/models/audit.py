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
    # The seal: null until the job has come by. See ``ops.audit.chain``.
    seq = models.BigIntegerField(null=True)
    family_seq = models.BigIntegerField(null=True)
    sealed_at = models.DateTimeField(null=True)
    key_id = models.CharField(max_length=16, null=True)  # noqa: DJ001  # null: not sealed yet, as below
    private_digest = models.CharField(max_length=64, null=True)  # noqa: DJ001
    previous = models.CharField(max_length=64, null=True)  # noqa: DJ001
    hash = models.CharField(max_length=64, null=True)  # noqa: DJ001

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
# What is to be sealed, and what is sealed: of everybody, and of a family.
TO_SEAL = Index(("at", "_id"), partial={"seq": None})
BY_NUMBER = Index(("seq",), unique=True, partial={"seq": {"$gt": 0}})
# Not unique: a family's numbers that begin anew tell that somebody took its head away.
BY_FAMILY_NUMBER = Index(("family_id", "family_seq"), partial={"family_seq": {"$gt": 0}})
BY_TIME = Index(("-at", "-_id"))
BY_TARGET = Index(("target", "-at"))
BY_FAMILY = Index(("family_id", "-at"))
# What operators changed lately.
OPERATORS = {"actor_kind": {"$in": ["staff", "shell"]}}
OF_OPERATORS = Index(("actor_kind", "-at", "-_id"), partial=OPERATORS)

INDEXES = declare(
    "audit_log",
    BY_TARGET,
    Index(("actor", "-at")),
    BY_FAMILY,
    BY_ACTION,
    BY_TARGET_AND_ACTION,
    # What somebody did, what was done to them, and what ended for them with others.
    Index(("actor", "action", "-at")),
    Index(("target", "action", "-at")),
    Index(("before.members", "action", "-at"), partial={"before.members": {"$gt": ""}}),
    BY_TIME,
    # The console's list of what was done, however rare it is.
    Index(("action", "-at", "-_id")),
    OF_OPERATORS,
    Index(("request_id", "-at"), partial={"request_id": {"$gt": ""}}),
    TO_SEAL,
    BY_NUMBER,
    BY_FAMILY_NUMBER,
)
