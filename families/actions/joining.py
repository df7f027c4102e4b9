"""Answering an invitation: with accepting, somebody becomes a member.

Source: HTTP contract, section 5 (accept); design, section 6.
"""

from datetime import datetime
from typing import NamedTuple

from families import queries
from families.actions import members, relationships, room
from families.actions.relationships import Pair
from families.invitations import emails
from families.invitations import queries as invitations
from families.invitations.actions import lifecycle
from families.invitations.errors import (
    InvitationFailedError,
    InvitationNotForYouError,
    InvitationNotFoundError,
)
from families.invitations.rules import AnswerRefusal, InvitationStatus, hint
from families.rules import MemberRole, RelationshipType, reciprocal
from family_site.identity import queries as identity
from ops import audit, notices
from ops.actors import Actor
from ops.errors import EmailNotConfirmedError
from ops.mongo.collections import Document
from ops.mongo.unit_of_work import unit_of_work


class Joined(NamedTuple):
    """What an accept wrote beside the member."""

    relationship_id: str
    voided: list[str]


@unit_of_work()
def accept(invitation_id: str, *, actor: Actor, now: datetime) -> Document:
    """Make the invitee a member of the family that invited them: all is written, or nothing.

    Raises:
        InvitationNotFoundError: no such invitation, another person's, or no longer open (its reason tells
            the invitee which: answered, cancelled, expired; also when lost at this very moment).
        EmailNotConfirmedError: the invitee's address is to be confirmed first.
        InvitationFailedError: they are a member already.
        MemberLimitExceededError: the family is at its member limit.
        FamilyLimitExceededError: the invitee belongs to as many families as they may.

    Source: HTTP contract, "Respond to invitation".
    """
    user = identity.user_by_id(actor.user_id)
    return _accept(invitations.sent_to(user, invitation_id), user, actor=actor, now=now)


@unit_of_work()
def accept_by_link(token: str, *, actor: Actor, now: datetime) -> Document:
    """Accept the invitation that a link opens; the link alone makes nobody the invitee.

    Raises:
        InvitationNotForYouError: the link is good, and the actor is not the invitee.
        And as ``accept``.
    """
    user = identity.user_by_id(actor.user_id)
    invitation = invitations.opened_by(token, now=now)
    if not invitations.is_for(invitation, user):
        raise InvitationNotForYouError
    return _accept(invitation, user, actor=actor, now=now)


@unit_of_work()
def decline(invitation_id: str, *, actor: Actor, now: datetime) -> Document:
    """Turn an invitation down; its place is free again.

    Raises:
        InvitationNotFoundError: as ``accept``.
        EmailNotConfirmedError: it is for an address that the actor is still to confirm.
    """
    user = identity.user_by_id(actor.user_id)
    invitation = invitations.sent_to(user, invitation_id)
    if invitations.is_by_address(invitation) and not identity.is_confirmed(user):
        raise EmailNotConfirmedError
    return _decline(invitation, by=actor.user_id, actor=actor, now=now)


@unit_of_work()
def decline_by_link(token: str, *, actor: Actor, now: datetime) -> Document:
    """Turn down the invitation that a link opens; whoever has the link may.

    Raises:
        InvitationNotFoundError: the link is not good, or the invitation no longer open.
    """
    return _decline(invitations.opened_by(token, now=now), by=None, actor=actor, now=now)


def _accept(invitation: Document, user: Document, *, actor: Actor, now: datetime) -> Document:
    if not identity.is_confirmed(user):
        raise EmailNotConfirmedError
    accepted = lifecycle.claim(invitation, InvitationStatus.ACCEPTED, by=user["_id"], now=now)
    family = queries.active_family(invitation["family_id"])
    if family is None or not queries.membership(family, invitation["inviter_id"]):
        raise InvitationNotFoundError(AnswerRefusal.CANCELLED)  # nobody is there any more who offers it
    if queries.membership(family, user["_id"]):
        raise InvitationFailedError("already_member")
    joined = _join(family, accepted, user, actor=actor, now=now)
    _tell_of_accept(family, accepted, user, now=now)
    audit.record(
        actor,
        "invitation.accepted",
        target=invitation["_id"],
        family_id=family["_id"],
        now=now,
        before={"status": str(InvitationStatus.PENDING)},
        after={
            "status": accepted["status"],
            "user_id": user["_id"],
            "role": str(MemberRole.MEMBER),
            "relationship_type": invitation["relationship_type"],
            "relationship_id": joined.relationship_id,
            "voided": joined.voided,
        },
    )
    return accepted


def _join(family: Document, invitation: Document, user: Document, *, actor: Actor, now: datetime) -> Joined:
    """Write the member in the invitation's place, and the relationship; void what else invites them here."""
    voided = [lifecycle.cancel(each, now=now)["_id"] for each in _open_twins(invitation, user, now)]
    members.enter(family, user["_id"], actor=actor, now=now, held=[invitation["_id"], *voided])
    kind = RelationshipType(invitation["relationship_type"])
    pair = Pair(invitation["inviter_id"], user["_id"], kind, reciprocal(kind))
    relationship_id = relationships.relate(family["_id"], pair, by=user["_id"], now=now)
    return Joined(relationship_id, voided)


def _open_twins(invitation: Document, user: Document, now: datetime) -> list[Document]:
    return [each for each in invitations.twins(invitation, user) if each["expires_at"] > now]


def _tell_of_accept(family: Document, invitation: Document, user: Document, *, now: datetime) -> None:
    family_id, inviter_id = family["_id"], invitation["inviter_id"]
    everybody = [*(each["user_id"] for each in family["members"]), user["_id"]]
    data = {"who": user["username"], "user_id": user["_id"], "family_name": family["name"]}
    notices.tell(everybody, "member_added", data=data, now=now, family_id=family_id)
    data |= {"invitation_id": invitation["_id"]}
    wanted = notices.tell([inviter_id], emails.ACCEPTED, data=data, now=now, family_id=family_id)
    for address in wanted.values():  # unless they prefer no mail of this
        emails.queue_accepted(invitation["_id"], to=address, now=now)


def _decline(invitation: Document, *, by: str | None, actor: Actor, now: datetime) -> Document:
    declined = lifecycle.claim(invitation, InvitationStatus.DECLINED, by=by, now=now)
    room.free(declined, now=now)
    data = {
        "who": invitation["invitee_username"] or hint(invitation),
        "family_name": invitation["family_name"],
        "invitation_id": invitation["_id"],
    }
    notices.tell(
        [invitation["inviter_id"]],
        "invitation_declined",
        data=data,
        now=now,
        family_id=invitation["family_id"],
    )
    audit.record(
        actor,
        "invitation.declined",
        target=invitation["_id"],
        family_id=invitation["family_id"],
        now=now,
        before={"status": str(InvitationStatus.PENDING)},
        after={"status": declined["status"]},
    )
    return declined
