"""``rate_limit_overrides``: limits that staff have set for a time in place of the table's.

The truth of them: the hash ``rate_limit_config`` in Redis is a mirror. Source: design, section 4; HTTP
contract, sections 3 and 14.
"""

from django.db import models

from ops.mongo.indexes import Index, declare


class LimitOverride(models.Model):
    """What holds for an operation until a time; ``_id`` is the operation, so there is one for each.

    ``endpoint``: the word by which it was asked for; ``limit`` calls in ``window`` seconds; ``by``: id of who
    set it.
    """

    id = models.CharField(primary_key=True, db_column="_id", max_length=64, editable=False)
    v = models.PositiveSmallIntegerField(default=1)
    endpoint = models.CharField(max_length=300)
    limit = models.PositiveIntegerField()
    window = models.PositiveIntegerField()
    until = models.DateTimeField()
    by = models.CharField(max_length=64)
    reason = models.CharField(max_length=500, null=True)  # noqa: DJ001  # null: none was given
    created_at = models.DateTimeField()

    class Meta:
        db_table = "rate_limit_overrides"
        verbose_name = "rate limit override"

    def __str__(self) -> str:
        """Return the operation."""
        return str(self.id)


# What holds, and what has ended; a job deletes the latter, and tells so in the log.
INDEXES = declare("rate_limit_overrides", Index(("until",)))
