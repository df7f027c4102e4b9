"""What an invitation is at a moment, and who may still answer it. No database, no clock.

Source: HTTP contract, sections 5 and 17.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

LIFE = timedelta(days=7)
REMINDED_BEFORE = timedelta(hours=48)
PAUSE_AFTER_DECLINE = timedelta(hours=24)
ADDRESS_KEPT = timedelta(days=30)
# What stands for an invitee whose address was blanked.
BLANKED = "blanked"

Document = Mapping[str, Any]


class InvitationStatus(StrEnum):
    """States of an invitation; all but the first are final."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class AnswerRefusal(StrEnum):
    """Why an invitation can no longer be answered."""

    ANSWERED = "answered"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


REFUSALS: Mapping[str, AnswerRefusal] = {
    InvitationStatus.ACCEPTED: AnswerRefusal.ANSWERED,
    InvitationStatus.DECLINED: AnswerRefusal.ANSWERED,
    InvitationStatus.CANCELLED: AnswerRefusal.CANCELLED,
    InvitationStatus.EXPIRED: AnswerRefusal.EXPIRED,
}


class Invitee(NamedTuple):
    """Whom an invitation is for, as it was typed: by address or by username, the other is null.

    Whether an address belongs to a user is not part of it: nobody is to learn that from an invitation.
    """

    key: str
    email: str | None = None
    username: str | None = None

    @classmethod
    def of_address(cls, typed: str, *, folded: str) -> "Invitee":
        """Return whoever owns an address; ``folded``: as addresses are compared."""
        return cls(address_key(folded), email=typed)

    @classmethod
    def of_user(cls, user_id: str, username: str) -> "Invitee":
        """Return a user."""
        return cls(user_key(user_id), username=username)


def address_key(folded: str) -> str:
    """Return what an invitation of an address is found by."""
    return f"email:{folded}"


def user_key(user_id: str) -> str:
    """Return what an invitation of a user is found by."""
    return f"user:{user_id}"


def status_at(invitation: Document, now: datetime) -> InvitationStatus:
    """Return the state at a moment: expired from the very second of ``expires_at``, marked or not."""
    status = InvitationStatus(invitation["status"])
    if status == InvitationStatus.PENDING and now >= invitation["expires_at"]:
        return InvitationStatus.EXPIRED
    return status


def refusal_to_answer(invitation: Document, now: datetime) -> AnswerRefusal | None:
    """Say why an invitation can no longer be answered, cancelled or sent again; ``None``: it can."""
    return REFUSALS.get(status_at(invitation, now))


def blank_at(invitation: Document, ended_at: datetime) -> datetime | None:
    """Return when the address of an invitation that has ended goes; ``None``: it holds none."""
    return ended_at + ADDRESS_KEPT if invitation["invitee_email"] else None


def hint(invitee: Document) -> str:
    """Return who is invited, as much of it as shows the right person that it is them: ``b…@example.com``."""
    if invitee["invitee_email"]:
        local, _, domain = invitee["invitee_email"].rpartition("@")
        return f"{local[:1]}…@{domain}"
    return f"{invitee['invitee_username'][:1]}…"
