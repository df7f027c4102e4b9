"""``sbd_entries``: one posting as its account sees it; an account's entries in order are its statement.

Source: design, sections 4 and 5.
"""

from django.db import models

from ops.mongo.indexes import Index, declare


class SbdEntry(models.Model):
    """An entry; its id is ``<account>:<seq>``, so two of one number cannot be written.

    ``seq`` and ``balance_after`` are null on system accounts, which everybody posts to; there the id holds
    the transaction's. ``other`` is ``{account, username}`` of the other party, ``actor``
    ``{user_id, username}``. ``people`` are the ids of all persons concerned. ``note`` is the account's own.
    """

    id = models.CharField(primary_key=True, db_column="_id", max_length=160, editable=False)
    v = models.PositiveSmallIntegerField(default=1)
    account = models.CharField(max_length=64)
    seq = models.BigIntegerField(null=True)
    kind = models.CharField(max_length=32)
    amount = models.BigIntegerField()
    balance_after = models.BigIntegerField(null=True)
    transaction = models.CharField(max_length=64)
    username = models.CharField("account name", max_length=64)
    other = models.JSONField(default=dict)
    actor = models.JSONField(default=dict)
    people = models.JSONField(default=list)
    note = models.CharField(max_length=500, null=True)  # noqa: DJ001  # null: none
    related = models.JSONField(null=True)
    at = models.DateTimeField()

    class Meta:
        db_table = "sbd_entries"
        verbose_name = "entry"
        verbose_name_plural = "entries"

    def __str__(self) -> str:
        """Return the number and the amount."""
        return f"{self.pk} {self.amount:+}"


# What statements are read by. An account's times never run against its numbers, and ids sort as these do.
BY_TIME = Index(("account", "-at", "-_id"))
BY_KIND = Index(("account", "kind", "-at", "-_id"))
BY_PERSON = Index(("account", "people", "-at", "-_id"))

INDEXES = declare("sbd_entries", BY_TIME, BY_KIND, BY_PERSON, Index(("transaction",)))
