"""``external_sign_ins``: ways to another provider and back that were used; none is used twice."""

from datetime import timedelta

from django.db import models

from ops.mongo.indexes import Index, declare


class ExternalSignIn(models.Model):
    """The mark of one: ``_id`` is the SHA-256 of its state. It goes when the way would be over anyway."""

    id = models.CharField(primary_key=True, db_column="_id", max_length=64, editable=False)
    v = models.PositiveSmallIntegerField(default=1)
    expires_at = models.DateTimeField()

    class Meta:
        db_table = "external_sign_ins"

    def __str__(self) -> str:
        """Return the digest."""
        return str(self.id)


INDEXES = declare("external_sign_ins", Index(("expires_at",), ttl=timedelta(0)))
