"""``issuances``: tokens that staff made or asked for, by whom and why.

Source: HTTP contract, sections 8 (issued and reversed) and 18 (rules 6 and 13).
"""

from django.db import models

from ops.ids import ids
from ops.mongo.indexes import Index, declare
from tokens.rules.issuing import IssuanceStatus


class Issuance(models.Model):
    """An issuance. It is pending until a second person decides, or was never so, where one is enough.

    ``asked_by`` and ``decided_by`` are ids of actors, of one person where no second was needed.
    ``transaction`` moved the tokens: it is there if and only if the status is ``issued``.
    """

    id = models.CharField(
        primary_key=True, db_column="_id", max_length=64, default=ids("iss"), editable=False
    )
    v = models.PositiveSmallIntegerField(default=1)
    account = models.CharField(max_length=64)
    amount = models.BigIntegerField()
    reason = models.CharField(max_length=500)
    status = models.CharField(max_length=16, default=IssuanceStatus.PENDING)
    asked_by = models.CharField(max_length=64)
    asked_by_name = models.CharField(max_length=64)
    asked_at = models.DateTimeField()
    decided_by = models.CharField(max_length=64, null=True)  # noqa: DJ001  # null: nobody yet
    decided_by_name = models.CharField(max_length=64, null=True)  # noqa: DJ001  # as above
    decided_at = models.DateTimeField(null=True)
    transaction = models.CharField(max_length=64, null=True)  # noqa: DJ001  # null: nothing was moved

    class Meta:
        db_table = "issuances"

    def __str__(self) -> str:
        """Return of how many tokens it is."""
        return f"issuance of {self.amount:,}"


INDEXES = declare(
    "issuances",
    Index(("-asked_at", "-_id")),
    Index(("status", "-asked_at", "-_id")),
    Index(("account", "-asked_at", "-_id")),
)
