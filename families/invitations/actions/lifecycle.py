"""One invitation from its issue to its end.

Each of these is part of a unit that also writes the family's document, whose audit entry tells of it. The
filter of a write decides a race, not the read before it. Source: design, section 6.
"""

from datetime import datetime
from typing import NamedTuple

from families.invitations import emails, queries, rules
from families.invitations.errors import InvitationNotFoundError
from families.invitations.rules import AnswerRefusal, InvitationStatus, Invitee
from ops import links
from ops.ids import new_id
from ops.links import LinkKind
from ops.mongo.collections import Document, collection
from ops.mongo.unit_of_work import unit_of_work


class Offer(NamedTuple):
    """What an invitation says: who asks whom into which family, as what."""

    family_id: str
    family_name: str
    inviter_id: str
    inviter_username: str
    invitee: Invitee
    relationship_type: str


def drafted(offer: Offer, *, now: datetime) -> Document:
    """Return a pending invitation with the digest of a fresh link, as it will be written."""
    invitation_id = new_id("inv")
    return {
        "_id": invitation_id,
        "v": 1,
        **offer._asdict(),
        "invitee": offer.invitee.key,
        "invitee_email": offer.invitee.email,
        "invitee_username": offer.invitee.username,
        "status": str(InvitationStatus.PENDING),
        "link": _link(invitation_id, 1, mailed=True),
        "mail_id": None,
        "resend_count": 0,
        "created_at": now,
        **_fresh_life(now),
        "responded_at": None,
        "responded_by": None,
        "cancelled_at": None,
        "blank_at": None,
        # A user is told in this unit. Of an address the delivery finds out whose it is: nothing here may
        # depend on whether it has an account.
        "told_at": now if offer.invitee.username else None,
    }


@unit_of_work()
def issue(draft: Document, *, to: str, now: datetime) -> Document:
    """Write an invitation, and queue its mail to the address ``to``; returns it.

    The unique index lets one pending invitation of an invitee stand in a family; one that is overdue is
    marked expired before.
    """
    invitation = draft | {"mail_id": emails.queue_invitation(draft, to=to, now=now)}
    collection("family_invitations").insert(invitation)
    return invitation


@unit_of_work()
def claim(invitation: Document, answer: InvitationStatus, *, by: str | None, now: datetime) -> Document:
    """Write the answer unless somebody was quicker; returns the invitation as it is then.

    Args:
        invitation: as it was read in this unit.
        answer: accepted or declined.
        by: id of the user who answers; ``None``: whoever has the link.
        now: time of the answer.

    Raises:
        InvitationNotFoundError: it is no longer open, with the reason.
    """
    changes: Document = {"status": str(answer), "responded_at": now, "responded_by": by}
    if answer == InvitationStatus.DECLINED:
        changes["blank_at"] = rules.blank_at(invitation, now)
    return _end(invitation, changes, now=now)


@unit_of_work()
def cancel(invitation: Document, *, now: datetime) -> Document:
    """Take the offer back; its link is void. Returns the invitation as it is then.

    Raises:
        InvitationNotFoundError: it is no longer open, with the reason.
    """
    return _end(invitation, {"status": str(InvitationStatus.CANCELLED), "cancelled_at": now}, now=now)


@unit_of_work()
def cancel_all(family_id: str, *, inviter_id: str | None = None, now: datetime) -> list[str]:
    """Take back every open offer of a family, or of one of its members; returns their ids."""
    open_ones = [each["_id"] for each in queries.open_of(family_id, inviter_id=inviter_id, now=now)]
    if open_ones:
        collection("family_invitations").update_all(
            {"_id": {"$in": open_ones}},
            {"$set": {"status": str(InvitationStatus.CANCELLED), "cancelled_at": now, "remind_at": None}},
        )
    return open_ones


@unit_of_work()
def expire_early(invitation: Document, *, now: datetime) -> Document:
    """End it as expired, before its time or when it is overdue. Returns the invitation as it is then.

    Raises:
        InvitationNotFoundError: it is no longer pending, with the reason.
    """
    if invitation["status"] != InvitationStatus.PENDING:
        raise InvitationNotFoundError(rules.REFUSALS[invitation["status"]])
    ended_at = min(now, invitation["expires_at"])
    changes = {
        "status": str(InvitationStatus.EXPIRED),
        "expires_at": ended_at,
        "remind_at": None,
        "blank_at": rules.blank_at(invitation, ended_at),
    }
    pending = {"_id": invitation["_id"], "status": str(InvitationStatus.PENDING)}
    changed = collection("family_invitations").find_and_update(pending, {"$set": changes})
    if changed is None:
        raise InvitationNotFoundError(AnswerRefusal.ANSWERED)
    return changed


@unit_of_work()
def resend(invitation: Document, *, to: str, now: datetime) -> Document:
    """Give it a new link and seven new days, and mail it; the old link is void.

    Raises:
        InvitationNotFoundError: it is no longer open, with the reason.
    """
    renewed = invitation | {"link": _next_link(invitation, mailed=True)}
    changes = {
        "link": renewed["link"],
        **_fresh_life(now),
        "resend_count": invitation["resend_count"] + 1,
        "mail_id": emails.queue_invitation(renewed, to=to, now=now),
    }
    return _changed(invitation, changes, now=now)


@unit_of_work()
def hand_over(invitation: Document, *, now: datetime) -> Document:
    """Give it a new link, to be handed over by another way than mail; the old one is void.

    Since the inviter sees it, it proves nothing about the invitee's address.

    Raises:
        InvitationNotFoundError: it is no longer open, with the reason.
    """
    return _changed(invitation, {"link": _next_link(invitation, mailed=False)}, now=now)


def _end(invitation: Document, changes: Document, *, now: datetime) -> Document:
    return _changed(invitation, changes | {"remind_at": None}, now=now)


def _changed(invitation: Document, changes: Document, *, now: datetime) -> Document:
    if refusal := rules.refusal_to_answer(invitation, now):
        raise InvitationNotFoundError(refusal)
    still_open = {
        "_id": invitation["_id"],
        "status": str(InvitationStatus.PENDING),
        "expires_at": {"$gt": now},
    }
    changed = collection("family_invitations").find_and_update(still_open, {"$set": changes})
    if changed is None:
        raise InvitationNotFoundError(AnswerRefusal.ANSWERED)
    return changed


def _fresh_life(now: datetime) -> Document:
    expires_at = now + rules.LIFE
    return {
        "expires_at": expires_at,
        "remind_at": expires_at - rules.REMINDED_BEFORE,
        "reminded_at": None,
    }


def _link(invitation_id: str, generation: int, *, mailed: bool) -> Document:
    return links.issue(LinkKind.INVITATION, invitation_id, generation).stored() | {"mailed": mailed}


def _next_link(invitation: Document, *, mailed: bool) -> Document:
    return _link(invitation["_id"], invitation["link"]["generation"] + 1, mailed=mailed)
