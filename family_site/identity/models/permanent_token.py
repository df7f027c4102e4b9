"""``api_tokens``: permanent tokens, for programs.

Source: HTTP contract, section 11 (permanent-tokens, scopes).
"""

from datetime import timedelta

from django.db import models
from django_mongodb_backend.fields import ArrayField

from ops.ids import ids
from ops.mongo.indexes import Index, declare


class PermanentToken(models.Model):
    """What a program signs in with, in its user's name. ``digest`` is the SHA-256 of the token.

    It is good from the addresses and networks of ``ip_restrictions`` only; an empty list: from everywhere.
    It ends with its user's ``security_stamp``, as sessions do.
    """

    id = models.CharField(
        primary_key=True, db_column="_id", max_length=64, default=ids("tok"), editable=False
    )
    v = models.PositiveSmallIntegerField(default=1)
    user_id = models.CharField(max_length=64)
    description = models.CharField(max_length=255)
    scopes = ArrayField(models.CharField(max_length=16), default=list)
    ip_restrictions = ArrayField(models.CharField(max_length=64), default=list)
    digest = models.CharField(max_length=64)
    security_stamp = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    usage_count = models.BigIntegerField(default=0)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "api_tokens"

    def __str__(self) -> str:
        """Return the description."""
        return str(self.description)


INDEXES = declare(
    "api_tokens",
    Index(("digest",), unique=True),
    Index(("user_id", "-created_at", "-_id")),
    Index(("-created_at", "-_id")),
    Index(("expires_at",), ttl=timedelta(days=30)),
)
