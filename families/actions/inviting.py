"""Inviting people into a family: sent, sent again, handed over, taken back.

Each of these is one unit with the family's document, which holds the invitation's place, and leaves one audit
entry. Source: HTTP contract, section 5; design, sections 4 and 6.
"""

from datetime import datetime
from typing import NamedTuple

from families import queries, rules
from families.actions import room
from families.invitations import emails
from families.invitations import queries as invitations
from families.invitations.actions import lifecycle, upkeep
from families.invitations.actions.lifecycle import Offer
from families.invitations.errors import InvitationFailedError
from families.invitations.rules import InvitationStatus, Invitee
from families.rules import RelationshipType
from family_site.identity import queries as identity
from family_site.identity.rules import folded_email
from ops import audit, notices
from ops.actors import Actor
from ops.errors import EmailNotConfirmedError, InsufficientPermissionsError
from ops.mongo.collections import Document
from ops.mongo.unit_of_work import unit_of_work


class Invited(NamedTuple):
    """A pending invitation; ``is_new``: made now; ``may_manage``: the actor may, as sender or admin."""

    invitation: Document
    is_new: bool
    may_manage: bool


class HandedOver(NamedTuple):
    """An invitation and the address that opens it: the one time that anybody is shown it."""

    invitation: Document
    address: str


@unit_of_work()
def invite(  # noqa: PLR0913  # an offer has as many parts
    family_id: str, identifier: str, kind: RelationshipType, *, by_username: bool, actor: Actor, now: datetime
) -> Invited:
    """Offer somebody a place in a family, and hold it; if they have an open offer already, return that.

    Nothing of the answer, nor what it takes, depends on whether an address has an account.

    Args:
        family_id: which family.
        identifier: an address, or a username.
        kind: what the invitee is to the inviter.
        by_username: the identifier is a username.
        actor: an admin, or a member where the family lets members invite.
        now: time of the change.

    Raises:
        FamilyNotFoundError: no such family, or not the actor's.
        InsufficientPermissionsError: the actor may not invite.
        EmailNotConfirmedError: the actor's address is to be confirmed first.
        InvitationFailedError: it is the actor, nobody, a member already, or somebody who has just declined.
        MemberLimitExceededError: the family has no room.
    """
    family = queries.family_visible_to(actor, family_id)
    is_admin = queries.is_admin(family, actor.user_id)
    if not rules.may_invite(is_admin=is_admin, settings=family["settings"]):
        raise InsufficientPermissionsError(required="family admin")
    invitee, to = _invitee(family, identifier, by_username=by_username, is_admin=is_admin, actor=actor)
    if (open_one := _open_one(family_id, invitee, actor=actor, now=now)) is not None:
        may_manage = is_admin or open_one["inviter_id"] == actor.user_id
        return Invited(open_one, is_new=False, may_manage=may_manage)
    offer = Offer(family_id, family["name"], actor.user_id, actor.name, invitee, str(kind))
    draft = lifecycle.drafted(offer, now=now)
    left = room.hold(family, draft, now=now)
    invitation = lifecycle.issue(draft, to=to, now=now)
    if invitee.username:
        upkeep.tell_of_invitation(invitation, _user_id(invitation), now=now)
    if left == 0:
        data = {"family_name": family["name"], "limit": str(queries.member_limit(family, now))}
        notices.tell(family["admin_user_ids"], "upgrade_soon", data=data, now=now, family_id=family_id)
    _record(actor, "invitation.created", invitation, now=now)
    return Invited(invitation, is_new=True, may_manage=True)


@unit_of_work()
def resend(family_id: str, invitation_id: str, *, actor: Actor, now: datetime) -> Document:
    """Mail an invitation again, with a new link and seven new days; the old link is void.

    Raises:
        FamilyNotFoundError: no such family, or not the actor's.
        InvitationNotFoundError: no such invitation, neither sent by the actor nor of a family of which they
            are an admin, or no longer open.
    """
    return _resend(_theirs(family_id, invitation_id, actor), actor=actor, now=now)


@unit_of_work()
def resend_by_staff(invitation_id: str, *, actor: Actor, now: datetime, reason: str) -> Document:
    """Mail any invitation again, as staff.

    Raises:
        InvitationNotFoundError: no such invitation, or no longer open.
    """
    return _resend(invitations.by_id(invitation_id), actor=actor, now=now, reason=reason)


@unit_of_work()
def hand_over(family_id: str, invitation_id: str, *, actor: Actor, now: datetime) -> HandedOver:
    """Give an invitation a new link and return it, to be handed over by another way; the old link is void.

    Raises:
        FamilyNotFoundError, InvitationNotFoundError: as ``resend``.
    """
    invitation = lifecycle.hand_over(_theirs(family_id, invitation_id, actor), now=now)
    _record(actor, "invitation.link_made", invitation, now=now)
    return HandedOver(invitation, str(emails.link(invitation)))


@unit_of_work()
def cancel(family_id: str, invitation_id: str, *, actor: Actor, now: datetime) -> Document:
    """Take an invitation back: its link is void, its place free.

    Raises:
        FamilyNotFoundError, InvitationNotFoundError: as ``resend``.
    """
    return _cancel(_theirs(family_id, invitation_id, actor), actor=actor, now=now)


@unit_of_work()
def cancel_by_staff(invitation_id: str, *, actor: Actor, now: datetime, reason: str) -> Document:
    """Take any invitation back, as staff.

    Raises:
        InvitationNotFoundError: no such invitation, or no longer open.
    """
    return _cancel(invitations.by_id(invitation_id), actor=actor, now=now, reason=reason)


@unit_of_work()
def expire_by_staff(invitation_id: str, *, actor: Actor, now: datetime, reason: str) -> None:
    """Let any pending invitation end now, as staff: one that is overdue, or before its time.

    Raises:
        InvitationNotFoundError: no such invitation, or no longer pending.
    """
    invitation = invitations.by_id(invitation_id)
    expired = lifecycle.expire_early(invitation, now=now)
    room.free(expired, now=now)
    _record(actor, "invitation.expired", expired, before=invitation, now=now, reason=reason)


def _invitee(
    family: Document, identifier: str, *, by_username: bool, is_admin: bool, actor: Actor
) -> tuple[Invitee, str]:
    """Return whom to invite, and where to mail.

    Whether an address is a member's is told to admins only, who see members' addresses.
    """
    typed = identifier.lower() if by_username else folded_email(identifier)
    members = [each["user_id"] for each in family["members"]]
    among = None if by_username else members if is_admin else []
    me, found = identity.inviter_and_invitee(actor.user_id, typed, by_username=by_username, among=among)
    if not identity.is_confirmed(me):
        raise EmailNotConfirmedError
    if typed == me["username" if by_username else "email"]:
        raise InvitationFailedError("self")
    if found is not None and found["_id"] in members:
        raise InvitationFailedError("already_member")
    if not by_username:
        return Invitee.of_address(identifier, folded=typed), identifier
    if found is None:
        raise InvitationFailedError("unknown_username")
    return Invitee.of_user(found["_id"], found["username"]), found["email"]


def _open_one(family_id: str, invitee: Invitee, *, actor: Actor, now: datetime) -> Document | None:
    """Return the invitee's open invitation; ``None``: there is none, and nothing else is in the way.

    One that is overdue and not marked yet would keep the new one out, so it is marked here.
    """
    found = invitations.in_the_way(family_id, invitee.key, now=now)
    pending = [each for each in found if each["status"] == InvitationStatus.PENDING]
    overdue = [each for each in pending if each["expires_at"] <= now]
    if open_ones := [each for each in pending if each not in overdue]:
        return open_ones[0]
    if len(found) > len(pending):
        raise InvitationFailedError("declined_recently")
    upkeep.expire(overdue, actor=actor, now=now)
    return None


def _theirs(family_id: str, invitation_id: str, actor: Actor) -> Document:
    """Return an invitation that the actor may manage: of their family, for plain members one they sent."""
    family = queries.family_visible_to(actor, family_id)
    sender = None if queries.is_admin(family, actor.user_id) else actor.user_id
    return invitations.one_of_family(family_id, invitation_id, inviter_id=sender)


def _resend(invitation: Document, *, actor: Actor, now: datetime, reason: str | None = None) -> Document:
    to = invitation["invitee_email"] or identity.addresses({_user_id(invitation)})[_user_id(invitation)]
    renewed = lifecycle.resend(invitation, to=to, now=now)
    room.prolong(renewed, now=now)
    _record(actor, "invitation.resent", renewed, before=invitation, now=now, reason=reason)
    return renewed


def _cancel(invitation: Document, *, actor: Actor, now: datetime, reason: str | None = None) -> Document:
    cancelled = lifecycle.cancel(invitation, now=now)
    room.free(cancelled, now=now)
    _record(actor, "invitation.cancelled", cancelled, before=invitation, now=now, reason=reason)
    return cancelled


def _user_id(invitation: Document) -> str:
    return str(invitation["invitee"]).removeprefix("user:")


def _record(  # noqa: PLR0913  # an entry has as many parts
    actor: Actor,
    action: str,
    invitation: Document,
    *,
    now: datetime,
    before: Document | None = None,
    reason: str | None = None,
) -> None:
    shown = ("status", "expires_at", "resend_count")
    by_name = invitation["invitee_username"] is not None
    audit.record(
        actor,
        action,
        target=invitation["_id"],
        family_id=invitation["family_id"],
        now=now,
        before={name: before[name] for name in shown} if before else None,
        after={name: invitation[name] for name in shown}
        | {"relationship_type": invitation["relationship_type"]}
        | ({"invitee": _user_id(invitation)} if by_name else {}),
        private={} if by_name or before else {"after": {"invitee_email": invitation["invitee_email"]}},
        reason=reason,
    )
