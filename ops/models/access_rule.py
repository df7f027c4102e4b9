"""``access_rules``: who is kept out, and who is let in nevertheless.

Source: design, section 4; HTTP contract, section 14 (blocklist, allowlist).
"""

from datetime import timedelta

from django.db import models

from ops.ids import ids
from ops.mongo.indexes import Index, declare


class AccessRule(models.Model):
    """One rule; of a list there is one about each value.

    ``value``: as it is compared: an address or a network as ``ipaddress`` writes it, a user's id, an e-mail
    address case-folded. ``until``: from when on it holds no more; null: it holds until it is removed.
    """

    id = models.CharField(
        primary_key=True, db_column="_id", max_length=64, default=ids("acr"), editable=False
    )
    v = models.PositiveSmallIntegerField(default=1)
    list = models.CharField(max_length=16)
    kind = models.CharField(max_length=16)
    value = models.CharField(max_length=254)
    until = models.DateTimeField(null=True)
    reason = models.CharField(max_length=500)
    by = models.CharField(max_length=64)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "access_rules"

    def __str__(self) -> str:
        """Return what it does to whom."""
        return f"{self.list} {self.value}"


# What pages are read by.
BY_TIME = Index(("list", "-created_at", "-_id"))
BY_KIND = Index(("list", "kind", "-created_at", "-_id"))
INDEXES = declare(
    "access_rules",
    Index(("list", "kind", "value"), unique=True),
    BY_TIME,
    BY_KIND,
    Index(("kind", "-created_at", "-_id")),
    Index(("-created_at", "-_id")),
    Index(("value", "-created_at")),
    # What holds is read by it, too; what has ended is kept for a while, to be looked at.
    Index(("until",), ttl=timedelta(days=30)),
)
