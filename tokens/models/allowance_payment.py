"""``allowance_payments``: what became of each period of an allowance.

Source: HTTP contract, section 17 (allowance period); design, section 4.
"""

from django.db import models

from ops.ids import ids
from ops.mongo.indexes import Index, declare


class AllowancePayment(models.Model):
    """A period that was paid or missed, written in the unit in which that was decided.

    ``transaction`` paid it: it is there if and only if the status is ``paid``; ``obstacle`` tells why it was
    missed. ``begins_at`` and ``ends_at`` are the period's.
    """

    id = models.CharField(
        primary_key=True, db_column="_id", max_length=64, default=ids("alp"), editable=False
    )
    v = models.PositiveSmallIntegerField(default=1)
    allowance_id = models.CharField(max_length=64)
    period = models.CharField(max_length=16)
    family_id = models.CharField(max_length=64)
    recipient_id = models.CharField(max_length=64)
    amount = models.BigIntegerField()
    status = models.CharField(max_length=16)
    obstacle = models.CharField(max_length=16, null=True)  # noqa: DJ001  # null: it was paid
    transaction = models.CharField(max_length=64, null=True)  # noqa: DJ001  # null: it was missed
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    at = models.DateTimeField()

    class Meta:
        db_table = "allowance_payments"

    def __str__(self) -> str:
        """Return the period and what became of it."""
        return f"{self.period} {self.status}"


INDEXES = declare(
    "allowance_payments",
    Index(("allowance_id", "period"), unique=True),
    Index(("allowance_id", "-at", "-_id")),
    Index(("-at", "-_id")),
    Index(("status", "-at", "-_id")),
)
