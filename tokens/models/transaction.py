"""``sbd_transactions``: one atomic move of tokens; its postings are the immutable truth.

Source: design, sections 4 and 5.
"""

from django.db import models

from ops.ids import ids
from ops.mongo.indexes import Index, declare


class SbdTransaction(models.Model):
    """A transaction. ``postings`` is ``[{account, amount}]``, in whole tokens, and sums to 0.

    ``key`` names the intent: of a call, its idempotency record; of a job, what it did. ``related`` is
    ``{type, id}`` of what was paid for, ``reverses`` the transaction that this one undoes.
    """

    id = models.CharField(
        primary_key=True, db_column="_id", max_length=64, default=ids("txn"), editable=False
    )
    v = models.PositiveSmallIntegerField(default=1)
    kind = models.CharField(max_length=32)
    postings = models.JSONField(default=list)
    actor = models.CharField(max_length=64)
    actor_name = models.CharField(max_length=64)
    note = models.CharField(max_length=500, null=True)  # noqa: DJ001  # null: none
    key = models.CharField(max_length=128, null=True)  # noqa: DJ001  # null: none
    related = models.JSONField(null=True)
    reverses = models.CharField(max_length=64, null=True)  # noqa: DJ001  # null: undoes none
    request_id = models.CharField(max_length=64, null=True)  # noqa: DJ001  # null: no request, a job
    at = models.DateTimeField()

    class Meta:
        db_table = "sbd_transactions"
        verbose_name = "transaction"

    def __str__(self) -> str:
        """Return kind and id."""
        return f"{self.kind} {self.pk}"


INDEXES = declare(
    "sbd_transactions",
    Index(("actor", "-at")),
    Index(("-at", "-_id")),
    # The console's list of one kind, however rare it is.
    Index(("kind", "-at", "-_id")),
    Index(("key",), unique=True, partial={"key": {"$gt": ""}}),
    Index(("reverses",), unique=True, partial={"reverses": {"$gt": ""}}),
    # What a request moved; staff look for it by the id that people are told.
    Index(("request_id", "-at"), partial={"request_id": {"$gt": ""}}),
)
