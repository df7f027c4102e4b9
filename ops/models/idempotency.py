"""``idempotency_keys``: the first answer to an intent that a client named, to be given again.

Written in the unit of the change it answers for: neither exists without the other. Source: design,
section 5; HTTP contract, section 1.3.
"""

from datetime import timedelta

from django.db import models

from ops.mongo.indexes import Index, declare


class IdempotencyRecord(models.Model):
    """An answer; ``_id`` is the SHA-256 of caller, operation and key, so the key itself is not kept.

    ``target`` and ``body_hash``, SHA-256 both, tell whether a call with the same key is the same intent.
    ``expires_at`` is null for money: that answer is kept for ever.
    """

    id = models.CharField(primary_key=True, db_column="_id", max_length=64, editable=False)
    v = models.PositiveSmallIntegerField(default=1)
    target = models.CharField(max_length=64)
    body_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    body = models.BinaryField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "idempotency_keys"

    def __str__(self) -> str:
        """Return what it answers for."""
        return str(self.target)


INDEXES = declare("idempotency_keys", Index(("expires_at",), ttl=timedelta()))
