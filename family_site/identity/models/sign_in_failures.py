"""``sign_in_failures``: how often somebody failed to sign in, or asked for a mail, until the window ends.

In MongoDB, since what lies in Redis can be flushed by a fault, and who is guessing would be free. Source:
design, section 7; HTTP contract, section 3 (login, password_forgot, verify_resend).
"""

from datetime import timedelta

from django.db import models

from ops.mongo.indexes import Index, declare


class SignInFailures(models.Model):
    """A count; ``_id`` is the SHA-256 of its scope, of what was typed, and of the address, if they count.

    ``typed`` is the SHA-256 of what was typed alone: all counts of one name are lifted by it.
    """

    id = models.CharField(primary_key=True, db_column="_id", max_length=64, editable=False)
    v = models.PositiveSmallIntegerField(default=1)
    typed = models.CharField(max_length=64, null=True)  # noqa: DJ001  # null: it does not count
    count = models.PositiveIntegerField()
    until = models.DateTimeField()

    class Meta:
        db_table = "sign_in_failures"

    def __str__(self) -> str:
        """Return the count."""
        return f"{self.count} tries"


INDEXES = declare("sign_in_failures", Index(("until",), ttl=timedelta()), Index(("typed",)))
