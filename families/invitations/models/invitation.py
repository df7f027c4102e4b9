"""``family_invitations``: an offer to join a family, from the first mail to its end.

Source: design, sections 4 and 6.
"""

from django.db import models

from families.invitations.rules import InvitationStatus
from ops.ids import ids
from ops.mongo.indexes import Index, declare


class FamilyInvitation(models.Model):
    """An invitation.

    ``invitee`` is ``email:<folded address>`` or ``user:<id>``; beside it what was typed, the other null.
    ``link`` is ``{key_id, generation, digest, mailed}``; ``mailed``: its token went to the invitee's address
    and to nobody else. ``mail_id`` is the last mail's. ``told_at``: when the invitee got their notice.

    What jobs have to do stands as a time, null when there is nothing: ``remind_at``, ``blank_at``.
    """

    id = models.CharField(
        primary_key=True, db_column="_id", max_length=64, default=ids("inv"), editable=False
    )
    v = models.PositiveSmallIntegerField(default=1)
    family_id = models.CharField(max_length=64)
    family_name = models.CharField(max_length=100)
    inviter_id = models.CharField(max_length=64)
    inviter_username = models.CharField(max_length=50)
    invitee = models.CharField(max_length=260)
    invitee_email = models.CharField(max_length=254, null=True)  # noqa: DJ001  # null: not typed, or blanked
    invitee_username = models.CharField(max_length=50, null=True)  # noqa: DJ001  # null: not typed
    relationship_type = models.CharField(max_length=32)
    status = models.CharField(max_length=16, default=InvitationStatus.PENDING)
    link = models.JSONField(default=dict)
    mail_id = models.CharField(max_length=64, null=True)  # noqa: DJ001  # null: none yet
    resend_count = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    responded_at = models.DateTimeField(null=True)
    responded_by = models.CharField(max_length=64, null=True)  # noqa: DJ001  # null: not yet, or by the link
    cancelled_at = models.DateTimeField(null=True)
    remind_at = models.DateTimeField(null=True)
    reminded_at = models.DateTimeField(null=True)
    blank_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "family_invitations"

    def __str__(self) -> str:
        """Return to which family, and how it stands."""
        return f"{self.family_name} ({self.status})"


# What pages are read by.
BY_FAMILY = Index(("family_id", "status", "-created_at", "-_id"))
BY_INVITER = Index(("family_id", "inviter_id", "status", "-created_at", "-_id"))
BY_INVITEE = Index(("invitee", "status", "-created_at", "-_id"))

INDEXES = declare(
    "family_invitations",
    Index(("status", "expires_at")),
    BY_FAMILY,
    BY_INVITER,
    BY_INVITEE,
    Index(("family_id", "invitee"), unique=True, partial={"status": "pending"}),
    Index(("link.digest",), unique=True),
    Index(("remind_at",)),
    Index(("blank_at",)),
    Index(("-created_at", "-_id")),
    Index(("status", "-created_at", "-_id")),
    Index(("-responded_at", "-_id")),
)
