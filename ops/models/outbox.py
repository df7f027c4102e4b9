"""``email_outbox``: mail that is to be sent, by template and ids; never its words, never a token.

Source: design, sections 4 and 6; HTTP contract, section 17 (e-mail).
"""

from datetime import timedelta
from enum import StrEnum

from django.db import models

from ops.ids import ids
from ops.mongo.indexes import Index, declare


class MailStatus(StrEnum):
    """States of a mail."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DEAD_LETTER = "dead_letter"


class Mail(models.Model):
    """One mail to one address. ``context`` holds what the template needs to find its facts: ids, no words.

    ``lease_until``: until when one delivery has it to itself; after that another may take it, and
    ``next_attempt_at`` says the same while it is being sent. ``fault``: what the last attempt met, in a few
    words, without address or content. ``resent_at``: when staff last queued a dead letter again.
    ``request_id``: of the request or the run of a job that queued it. Older ones have neither.
    """

    id = models.CharField(
        primary_key=True, db_column="_id", max_length=64, default=ids("mail"), editable=False
    )
    v = models.PositiveSmallIntegerField(default=1)
    key = models.CharField(max_length=128)
    to = models.CharField(max_length=254)
    template = models.CharField(max_length=64)
    context = models.JSONField(default=dict)
    message_id = models.CharField(max_length=200)
    status = models.CharField(max_length=16)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    fault = models.CharField(max_length=200, null=True)  # noqa: DJ001  # null: none yet
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    resent_at = models.DateTimeField(null=True)
    request_id = models.CharField(max_length=64, null=True)  # noqa: DJ001  # null: a command queued it

    class Meta:
        db_table = "email_outbox"
        verbose_name = "e-mail"

    def __str__(self) -> str:
        """Return template and state."""
        return f"{self.template} ({self.status})"


INDEXES = declare(
    "email_outbox",
    Index(("key",), unique=True),
    Index(("status", "next_attempt_at")),
    Index(("-created_at", "-_id")),
    Index(("status", "-created_at", "-_id")),
    Index(("to", "-created_at")),
    # The console's list of one template, however rare it is.
    Index(("template", "-created_at", "-_id")),
    Index(("request_id", "-created_at"), partial={"request_id": {"$gt": ""}}),
    Index(("sent_at",), ttl=timedelta(days=30)),
)
