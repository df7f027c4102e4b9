"""``challenges``: what a mailed link opens. Source: design, sections 4 and 6; HTTP contract, section 11."""

from datetime import timedelta

from django.db import models

from ops.ids import ids
from ops.mongo.indexes import Index, declare


class Challenge(models.Model):
    """The one link of a kind that a user has; whoever gets a new one of the kind, has no other.

    ``kind`` is one of ``ops.links.LinkKind``. ``address``: to which it is mailed, and which it confirms.
    ``link`` is ``{key_id, generation, digest}``. ``security_stamp`` is the user's when it was made: the link
    is void when theirs changes.
    """

    id = models.CharField(
        primary_key=True, db_column="_id", max_length=64, default=ids("chl"), editable=False
    )
    v = models.PositiveSmallIntegerField(default=1)
    kind = models.CharField(max_length=32)
    user_id = models.CharField(max_length=64)
    address = models.CharField(max_length=254)
    security_stamp = models.CharField(max_length=64)
    link = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "challenges"

    def __str__(self) -> str:
        """Return kind and user."""
        return f"{self.kind} of {self.user_id}"


INDEXES = declare(
    "challenges",
    Index(("link.digest",), unique=True),
    Index(("user_id", "kind"), unique=True),
    Index(("expires_at",), ttl=timedelta(days=1)),
)
