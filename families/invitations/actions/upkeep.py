"""What time does to invitations: overdue ones expire, invitees are reminded, old addresses go.

All of it in batches, each a unit of its own, so any number of jobs may run at once and stop at any moment:
what is left is found again. An answer never depends on whether one ran.

Source: HTTP contract, sections 5 (life) and 14 (clean-up).
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from families.invitations import emails, rules
from families.invitations.rules import InvitationStatus
from family_site.identity import queries as identity
from ops import audit, notices
from ops.actors import Actor
from ops.audit import Change
from ops.batches import in_batches
from ops.mongo.collections import Document, collection
from ops.mongo.unit_of_work import unit_of_work

BATCH = 250  # in a few commands; larger ones are no quicker
REMINDED_AT_ONCE = 25  # in two commands each, in a unit of 3 s
NAME = "family_invitations"
PENDING, EXPIRED = str(InvitationStatus.PENDING), str(InvitationStatus.EXPIRED)


def expire_overdue(*, actor: Actor, now: datetime) -> int:
    """Mark what has expired; returns how many that were. The places they held are free already."""
    return in_batches(partial(_expire_some, actor=actor, now=now))


def remind_due(*, actor: Actor, now: datetime) -> int:
    """Queue a reminder for each invitation that ends in 48 hours, once; returns how many."""
    return in_batches(partial(_remind_some, actor=actor, now=now))


def blank_old_addresses(*, actor: Actor, now: datetime) -> int:
    """Blank the address of what was declined or expired 30 days ago; the row stays. Returns how many."""
    return in_batches(partial(_blank_some, actor=actor, now=now))


@unit_of_work()
def expire(overdue: Sequence[Document], *, actor: Actor, now: datetime) -> int:
    """Mark these as expired, as far as they still are to be; returns how many were."""
    change = {
        "status": EXPIRED,
        "remind_at": None,
        "blank_at": {
            "$cond": [
                {"$gt": ["$invitee_email", None]},
                {"$add": ["$expires_at", int(rules.ADDRESS_KEPT.total_seconds() * 1000)]},
                None,
            ]
        },
    }
    still = {"_id": _ids(overdue), "status": PENDING, "expires_at": {"$lte": now}}
    if overdue and (marked := collection(NAME).update_all(still, [{"$set": change}])):
        _record(actor, "invitation.expired", overdue, {"status": EXPIRED}, now=now)
        return marked
    return 0


@unit_of_work()
def tell_invitee(invitation_id: str, *, now: datetime) -> None:
    """Write the notice for the owner of an invited address, once, if it has one.

    Called by the delivery of the mail, never by the inviter's call: so no answer and no time tells them
    whether the address has an account.
    """
    untold = {"_id": invitation_id, "told_at": None, "status": PENDING, "expires_at": {"$gt": now}}
    invitation = collection(NAME).find_and_update(untold, {"$set": {"told_at": now}})
    if invitation is None:
        return
    owner = identity.user_by_address(invitation["invitee"].removeprefix(rules.address_key("")))
    if owner is not None and identity.is_confirmed(owner):
        tell_of_invitation(invitation, owner["_id"], now=now)


def tell_of_invitation(invitation: Document, user_id: str, *, now: datetime) -> None:
    """Write the invitee's notice, as part of a unit."""
    shown = ("family_name", "inviter_username", "family_id", "relationship_type")
    data = {name: invitation[name] for name in shown} | {"invitation_id": invitation["_id"]}
    notices.tell([user_id], "invitation_received", data=data, now=now)


@unit_of_work()
def _expire_some(*, actor: Actor, now: datetime) -> int:
    return expire(_due({"status": PENDING, "expires_at": {"$lte": now}}, "expires_at"), actor=actor, now=now)


@unit_of_work()
def _remind_some(*, actor: Actor, now: datetime) -> int:
    due = _due({"remind_at": {"$lte": now}}, "remind_at", most=REMINDED_AT_ONCE)
    open_ones = [each for each in due if rules.refusal_to_answer(each, now) is None]
    if due:
        collection(NAME).update_all({"_id": _ids(due)}, {"$set": {"remind_at": None}})
    addresses = identity.addresses({_user_id(each) for each in open_ones if each["invitee_username"]})
    for each in open_ones:
        to = each["invitee_email"] or addresses[_user_id(each)]
        mail_id = emails.queue_invitation(each, to=to, now=now, reminder=True)
        change = {"reminded_at": now, "mail_id": mail_id}
        collection(NAME).update({"_id": each["_id"]}, {"$set": change})
    _record(actor, "invitation.reminded", open_ones, {"reminded_at": now}, now=now)
    return len(due)


@unit_of_work()
def _blank_some(*, actor: Actor, now: datetime) -> int:
    due = _due({"blank_at": {"$lte": now}}, "blank_at")
    if due:
        blank = {"invitee": rules.BLANKED, "invitee_email": None, "blank_at": None}
        collection(NAME).update_all({"_id": _ids(due)}, {"$set": blank})
        _record(actor, "invitation.blanked", due, {"invitee": rules.BLANKED}, now=now)
    return len(due)


def _due(query: dict[str, Any], by: str, *, most: int = BATCH) -> list[Document]:
    return collection(NAME).find(query, sort=[(by, 1)], limit=most)


def _ids(invitations: Sequence[Document]) -> dict[str, list[str]]:
    return {"$in": [each["_id"] for each in invitations]}


def _user_id(invitation: Document) -> str:
    return str(invitation["invitee"]).removeprefix(rules.user_key(""))


def _record(
    actor: Actor, action: str, invitations: Sequence[Document], after: dict[str, Any], *, now: datetime
) -> None:
    # Not how a blanked invitee was called: that is to be gone from here, too.
    before = [name for name in after if name != "invitee"]
    changes = [
        Change(each["_id"], each["family_id"], {name: each[name] for name in before}, after)
        for each in invitations
    ]
    audit.record_each(actor, action, changes, now=now)
