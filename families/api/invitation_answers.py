"""Invitations as the answers have them. Source: HTTP contract, section 5."""

from datetime import datetime
from typing import Any

from django.conf import settings

from families.invitations import queries, rules
from ops.mongo.collections import Document
from ops.outbox.templates import NO_LONGER_WANTED

# The states of a mail in the words of the inviter; ``sent`` mails are not kept for ever.
MAIL_STATES = {"queued": "queued", "sending": "queued", "sent": "sent", "dead_letter": "failed"}


def shown(invitation: Document, now: datetime, *, to_sender: bool = False) -> dict[str, Any]:
    """Return ``InvitationAnswer``; ``to_sender``: with the state of its mail, for admins and the inviter."""
    answer = {
        "invitation_id": invitation["_id"],
        "family_id": invitation["family_id"],
        "family_name": invitation["family_name"],
        "inviter_user_id": invitation["inviter_id"],
        "inviter_username": invitation["inviter_username"],
        "invitee_email": invitation["invitee_email"],
        "invitee_username": invitation["invitee_username"],
        "relationship_type": invitation["relationship_type"],
        "status": str(rules.status_at(invitation, now)),
        "expires_at": invitation["expires_at"],
        "created_at": invitation["created_at"],
        "responded_at": invitation["responded_at"],
    }
    if to_sender:
        answer |= {"email_status": mail_state(invitation), "resend_count": invitation["resend_count"]}
    return answer


def mail_state(invitation: Document) -> str:
    """Return how its last mail stands; one that is not read with it has just been queued."""
    if invitation["mail_id"] is None:
        return "none"
    mails = invitation.get(queries.MAIL)
    if mails is None:
        return "queued"
    if mails and str(mails[0]["fault"]).startswith(NO_LONGER_WANTED):
        return "none"
    return MAIL_STATES[mails[0]["status"]] if mails else "sent"


def opened(invitation: Document, token: str, now: datetime) -> dict[str, Any]:
    """Return ``LinkAnswer``: what whoever has the link may see."""
    path = f"{settings.PUBLIC_URL}/family/invitation/{token}"
    return {
        "invitation": {
            "family_name": invitation["family_name"],
            "inviter_username": invitation["inviter_username"],
            "relationship_type": invitation["relationship_type"],
            "expires_at": invitation["expires_at"],
            "status": str(rules.status_at(invitation, now)),
        },
        "invitee_hint": rules.hint(invitation),
        "actions": {
            action: {"method": "POST", "href": f"{path}/{action}"} for action in ("accept", "decline")
        },
    }


def answered(invitation: Document, message: str) -> dict[str, Any]:
    """Return ``AnsweredData``."""
    return {
        "status": invitation["status"],
        "family_id": invitation["family_id"],
        "relationship_type": invitation["relationship_type"],
        "message": message,
    }
