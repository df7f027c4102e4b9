"""Reads of invitations; the only way to one that somebody may not see."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from families.invitations import rules
from families.invitations.errors import InvitationNotFoundError
from families.invitations.models.invitation import BY_FAMILY, BY_INVITEE, BY_INVITER
from families.invitations.rules import InvitationStatus
from family_site.identity import queries as identity
from ops import links, paging
from ops.actors import Actor
from ops.mongo.collections import Document, collection
from ops.paging import Page, Part

ID_LENGTH = 64
# More than the families one person can be invited to twice.
MOST_TWINS = 2
# More than a family has places for.
MOST_OPEN = 1000
MOST_COUNTED = 1_000_000
STATUSES = [str(each) for each in InvitationStatus]
# Where pages put the mail of an invitation.
MAIL = "mail"


def of_family(
    family_id: str, part: Part, *, now: datetime, status: str | None = None, inviter_id: str | None = None
) -> Page:
    """Return a page of a family's invitations with the state of their mails, newest first. One look.

    Args:
        family_id: of a family that the caller was shown to belong to.
        part: what part of the list.
        now: decides which have expired.
        status: only those; ``None``: all.
        inviter_id: only those that this person sent; ``None``: all.
    """
    index = BY_INVITER if inviter_id else BY_FAMILY
    query = {"family_id": family_id, **({"inviter_id": inviter_id} if inviter_id else {})}
    return paging.read(_NAME, index, query | _in_status(status, now), part, then=_MAIL_JOINED)


def received_by(actor: Actor, part: Part, *, now: datetime, status: str | None = None) -> Page:
    """Return a page of what the actor is invited to, newest first."""
    user = identity.user_by_id(actor.user_id)
    keys = sorted(_keys(user, confirmed_only=True))
    return paging.read(_NAME, BY_INVITEE, {"invitee": {"$in": keys}} | _in_status(status, now), part)


def one_of_family(family_id: str, invitation_id: str, *, inviter_id: str | None) -> Document:
    """Return an invitation of a family; ``inviter_id``: only if this person sent it.

    Raises:
        InvitationNotFoundError: there is none of this id, or it is another family's or another member's.
    """
    invitation = _by_id(invitation_id)
    if invitation is None or invitation["family_id"] != family_id:
        raise InvitationNotFoundError
    if inviter_id is not None and invitation["inviter_id"] != inviter_id:
        raise InvitationNotFoundError
    return invitation


def by_id(invitation_id: str) -> Document:
    """Return any invitation: for staff.

    Raises:
        InvitationNotFoundError: there is none.
    """
    invitation = _by_id(invitation_id)
    if invitation is None:
        raise InvitationNotFoundError
    return invitation


def sent_to(user: Document, invitation_id: str) -> Document:
    """Return an invitation that is for this user, confirmed address or not.

    Raises:
        InvitationNotFoundError: there is none of this id, or it is somebody else's.
    """
    invitation = _by_id(invitation_id)
    if invitation is None or not is_for(invitation, user):
        raise InvitationNotFoundError
    return invitation


def opened_by(token: str, *, now: datetime) -> Document:
    """Return the invitation that a link opens; whoever has the link may know what became of it.

    Raises:
        InvitationNotFoundError: the link was never good or was replaced, or the invitation is not open.
    """
    invitation = collection(_NAME).find_one({"link.digest": links.digest(token)})
    if invitation is None:
        raise InvitationNotFoundError
    if refusal := rules.refusal_to_answer(invitation, now):
        raise InvitationNotFoundError(refusal)
    return invitation


def is_for(invitation: Document, user: Document) -> bool:
    """Tell whether a user is the invitee, by name or by address, confirmed or not."""
    return invitation["invitee"] in _keys(user, confirmed_only=False)


def is_by_address(invitation: Document) -> bool:
    """Tell whether it is for whoever owns an address."""
    return str(invitation["invitee"]).startswith(rules.address_key(""))


def proven_address(token: str, *, now: datetime) -> str | None:
    """Return the address, folded, to which this token was mailed and nobody else got; ``None``: to none."""
    invitation = collection(_NAME).find_one({"link.digest": links.digest(token)})
    if invitation is None or rules.refusal_to_answer(invitation, now):
        return None
    if not (invitation["link"]["mailed"] and is_by_address(invitation)):
        return None
    return str(invitation["invitee"]).removeprefix(rules.address_key(""))


def in_the_way(family_id: str, invitee: str, *, now: datetime) -> list[Document]:
    """Return what may keep somebody from being invited: their pending invitation, the last one declined."""
    declined = {"status": str(InvitationStatus.DECLINED)}
    recent = {"responded_at": {"$gt": now - rules.PAUSE_AFTER_DECLINE}}
    theirs = {"family_id": family_id, "invitee": invitee}
    either = [{**theirs, "status": str(InvitationStatus.PENDING)}, {**theirs, **declined, **recent}]
    return collection(_NAME).aggregate([{"$match": {"$or": either}}, {"$limit": MOST_TWINS}, *_MAIL_JOINED])


def twins(invitation: Document, user: Document) -> list[Document]:
    """Return the same person's other pending invitations to the same family: by their name or address."""
    same = {"family_id": invitation["family_id"], "status": str(InvitationStatus.PENDING)}
    keys = sorted(_keys(user, confirmed_only=False) - {invitation["invitee"]})
    return collection(_NAME).find({**same, "invitee": {"$in": keys}}, limit=MOST_TWINS)


def open_of(family_id: str, *, inviter_id: str | None, now: datetime) -> list[Document]:
    """Return ``{_id}`` of the open invitations of a family; ``inviter_id``: only those that they sent."""
    sent = {"family_id": family_id, "status": str(InvitationStatus.PENDING)}
    sent |= {"inviter_id": inviter_id} if inviter_id else {}
    found = collection(_NAME).find(sent, {"expires_at": 1}, limit=MOST_OPEN)
    return [each for each in found if each["expires_at"] > now]


def open_count(now: datetime) -> int:
    """Return how many can be answered, up to ``MOST_COUNTED``."""
    return _count({"status": str(InvitationStatus.PENDING), "expires_at": {"$gt": now}})


def overdue_count(now: datetime) -> int:
    """Return how many have expired and are not yet marked so."""
    return _count({"status": str(InvitationStatus.PENDING), "expires_at": {"$lte": now}})


def blankable_count(now: datetime) -> int:
    """Return how many addresses are to be blanked."""
    return _count({"blank_at": {"$lte": now}})


_NAME = "family_invitations"
_MAIL_JOINED = (
    {
        "$lookup": {
            "from": "email_outbox",
            "localField": "mail_id",
            "foreignField": "_id",
            "pipeline": [{"$project": {"status": 1, "fault": 1}}],
            "as": MAIL,
        }
    },
)


def _by_id(invitation_id: str) -> Document | None:
    if len(invitation_id) > ID_LENGTH:
        return None
    return collection(_NAME).find_one({"_id": invitation_id})


def _keys(user: Document, *, confirmed_only: bool) -> set[str]:
    """Return what invitations of a user are found by."""
    by_address = identity.is_confirmed(user) or not confirmed_only
    return {rules.user_key(user["_id"]), *([rules.address_key(user["email"])] if by_address else [])}


def _in_status(status: str | None, now: datetime) -> dict[str, Any]:
    """Return the condition of a status at a moment: an overdue invitation counts as expired at once.

    Always names the status, since the index that holds the order of the list has it before the order.
    """
    if status is None:
        return {"status": {"$in": STATUSES}}
    if status == InvitationStatus.PENDING:
        return {"status": status, "expires_at": {"$gt": now}}
    if status == InvitationStatus.EXPIRED:
        either = [status, str(InvitationStatus.PENDING)]
        return {"status": {"$in": either}, "expires_at": {"$lte": now}}
    return {"status": status}


def _count(query: Mapping[str, Any]) -> int:
    counted = collection(_NAME).aggregate([{"$match": query}, {"$limit": MOST_COUNTED}, {"$count": "found"}])
    return int(counted[0]["found"]) if counted else 0
