"""``allowances``: who is paid how much of a family's account, and how often.

Source: HTTP contract, section 15 (allowances); design, section 4.
"""

from django.db import models

from ops.ids import ids
from ops.mongo.indexes import Index, declare
from tokens.rules.allowances import ScheduleStatus


class Allowance(models.Model):
    """A schedule of payments.

    Dates are of the family's calendar, ``2026-11-26``: ``anchor`` is the one on which it was made or last
    changed its frequency, ``settled_on`` that of the last period that was paid or missed. The next period is
    ``next_period``, begins on ``next_on``, and lasts from ``next_at`` to ``next_ends_at``, whatever becomes
    of the family's zone. It moves on in the unit that pays or misses it.

    The job looks at it from ``look_at`` on, so at the latest once the period begins; ``obstacle`` is what it
    found in the way when it last tried to pay this period.
    """

    id = models.CharField(
        primary_key=True, db_column="_id", max_length=64, default=ids("allow"), editable=False
    )
    v = models.PositiveSmallIntegerField(default=1)
    family_id = models.CharField(max_length=64)
    recipient_id = models.CharField(max_length=64)
    amount = models.BigIntegerField()
    frequency = models.CharField(max_length=16)
    status = models.CharField(max_length=16, default=ScheduleStatus.ACTIVE)
    anchor = models.CharField(max_length=10)
    next_on = models.CharField(max_length=10)
    next_period = models.CharField(max_length=16)
    next_at = models.DateTimeField()
    next_ends_at = models.DateTimeField()
    look_at = models.DateTimeField()
    obstacle = models.CharField(max_length=16, null=True)  # noqa: DJ001  # null: none was met
    settled_on = models.CharField(max_length=10, null=True)  # noqa: DJ001  # null: none was settled yet
    last_paid_at = models.DateTimeField(null=True)
    created_by = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "allowances"

    def __str__(self) -> str:
        """Return how much, how often."""
        return f"{self.frequency} allowance of {self.amount:,}"


INDEXES = declare(
    "allowances",
    Index(("status", "look_at")),
    Index(("status", "next_at")),
    Index(("family_id", "status", "-created_at", "-_id")),
    Index(("recipient_id", "status", "-created_at", "-_id")),
    Index(("-created_at", "-_id")),
    Index(("status", "-created_at", "-_id")),
)
