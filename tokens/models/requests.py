"""``token_requests`` and ``purchase_requests``: what members ask a family's account for.

Source: HTTP contract, sections 9 and 17; design, section 4.
"""

from django.db import models

from ops.ids import ids
from ops.mongo.indexes import Index, declare
from tokens.rules.requests import RequestStatus, Urgency


class _Request(models.Model):
    """What both have.

    ``reviewed_…`` tell who decided and when. ``transaction`` paid it: it is there if and only if the request
    is approved, by somebody or by itself.
    """

    v = models.PositiveSmallIntegerField(default=1)
    account = models.CharField(max_length=64)
    family_id = models.CharField(max_length=64)
    requester_id = models.CharField(max_length=64)
    requester_name = models.CharField(max_length=64)
    amount = models.BigIntegerField()
    reason = models.CharField(max_length=500)
    status = models.CharField(max_length=16, default=RequestStatus.PENDING)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    reviewed_by = models.CharField(max_length=64, null=True)  # noqa: DJ001  # null: nobody
    reviewed_by_name = models.CharField(max_length=64, null=True)  # noqa: DJ001  # as above
    reviewed_at = models.DateTimeField(null=True)
    comments = models.CharField(max_length=1000, null=True)  # noqa: DJ001  # null: none
    transaction = models.CharField(max_length=64, null=True)  # noqa: DJ001  # null: not paid

    class Meta:
        abstract = True

    def __str__(self) -> str:
        """Return how many tokens are asked for, and how it stands."""
        return f"{self.amount:,} ({self.status})"


class TokenRequest(_Request):
    """Tokens that somebody asks for; ``waits``: why it was not approved by itself, and what that rests on."""

    id = models.CharField(
        primary_key=True, db_column="_id", max_length=64, default=ids("req"), editable=False
    )
    urgency = models.CharField(max_length=16, default=Urgency.MEDIUM)
    waits = models.JSONField(null=True)

    class Meta(_Request.Meta):
        db_table = "token_requests"


class PurchaseRequest(_Request):
    """Something that somebody asks to be bought; ``link`` is shown as text, and never fetched."""

    id = models.CharField(primary_key=True, db_column="_id", max_length=64, default=ids("pr"), editable=False)
    item_name = models.CharField(max_length=200)
    link = models.CharField(max_length=2000, null=True)  # noqa: DJ001  # null: none

    class Meta(_Request.Meta):
        db_table = "purchase_requests"


# What pages are read by.
BY_FAMILY = Index(("family_id", "status", "-created_at", "-_id"))
BY_REQUESTER = Index(("family_id", "requester_id", "status", "-created_at", "-_id"))
_EACH = (
    BY_FAMILY,
    BY_REQUESTER,
    Index(("status", "expires_at")),
    Index(("-created_at", "-_id")),
    Index(("status", "-created_at", "-_id")),
)

INDEXES = (declare("token_requests", *_EACH), declare("purchase_requests", *_EACH))
