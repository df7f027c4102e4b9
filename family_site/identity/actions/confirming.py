"""Confirming addresses, and changing them: one is a user's only once they have shown that they read it.

Source: HTTP contract, sections 11 and 18 (rule 14).
"""

from dataclasses import replace
from datetime import datetime

from family_site.identity import emails, queries, rules
from family_site.identity.actions import challenges, codes, proving, security
from family_site.identity.actions.codes import Match
from family_site.identity.errors import InvalidOrExpiredTokenError
from family_site.identity.rules import SecurityEvent
from ops import audit
from ops.access import gate
from ops.actors import Actor, ActorKind
from ops.errors import InsufficientPermissionsError, NotFoundError
from ops.links import LinkKind
from ops.mongo.collections import Document, collection
from ops.mongo.unit_of_work import unit_of_work


@unit_of_work()
def send_link(user: Document, address: str, *, now: datetime) -> None:
    """Mail a link that confirms an address, the user's own or another, as part of an audited change."""
    challenge = challenges.issue(LinkKind.CONFIRM_EMAIL, user, address, now=now)
    replaces = None if address == user["email"] else user["email"]
    emails.queue_link(challenge, replaces=replaces, now=now)


@unit_of_work()
def confirm(token: str, *, actor: Actor, now: datetime) -> None:
    """Confirm the address that a link was mailed to; if it is another than the user's, it becomes theirs.

    Raises:
        InvalidOrExpiredTokenError: not a good link, or somebody else has the address by now.
    """
    challenge = challenges.claim(LinkKind.CONFIRM_EMAIL, token, now=now)
    user_id, address = challenge["user_id"], challenge["address"]
    owner = queries.user_by_address(address)
    if owner is not None and owner["_id"] != user_id:
        raise InvalidOrExpiredTokenError
    # Two who confirm one address at the same moment meet at its unique index; the second runs again.
    as_mailed = {"_id": user_id, "security_stamp": challenge["security_stamp"]}
    before = collection("users").find_and_update(
        as_mailed, {"$set": {"email": address, "email_confirmed_at": now}}, before=True
    )
    if before is None:
        raise InvalidOrExpiredTokenError
    person = replace(actor, kind=ActorKind.USER, id=user_id)
    if before["email"] == address:
        audit.record(person, "email.confirmed", target=user_id, now=now, after={"email_confirmed": True})
        return
    private = {"before": {"email": before["email"]}, "after": {"email": address}}
    entry = audit.record(person, "email.changed", target=user_id, now=now, private=private)
    security.warn(SecurityEvent.EMAIL_CHANGED, before, change=entry, now=now)


def ask_for_change(
    address: str, password: str, code: str | None = None, *, actor: Actor, now: datetime
) -> None:
    """Mail the caller a link that makes an address theirs, and tell the present one; asks nobody whose it is.

    Raises:
        AccessBlockedError: the address is blocked.
        InvalidCredentialsError: the password is wrong; or there is a second factor, and the code is wrong or
            missing.
    """
    gate.refuse_blocked_email(rules.folded_email(address), address=actor.address)
    user = queries.user_by_id(actor.user_id)
    proving.prove_password(user, password, actor=actor, now=now)
    match = proving.code_of(user, code, actor=actor, now=now)
    _ask_for_change(user, rules.folded_email(address), match, actor=actor, now=now)


@unit_of_work()
def _ask_for_change(
    user: Document, address: str, match: Match | None, *, actor: Actor, now: datetime
) -> None:
    codes.use_up(match, actor=actor, now=now)
    if address != user["email"]:
        private = {"after": {"email": address}}
        entry = audit.record(actor, "email.change_requested", target=user["_id"], now=now, private=private)
        event = SecurityEvent.EMAIL_CHANGE_REQUESTED
        security.warn(event, user, change=entry, now=now, session_id=actor.session_id)
    elif user["email_confirmed_at"] is None:
        audit.record(actor, "email.confirmation_requested", target=user["_id"], now=now)
    else:
        return
    send_link(user, address, now=now)


@unit_of_work()
def confirm_by_staff(user_id: str, *, actor: Actor, now: datetime, reason: str) -> bool:
    """Take a user's address for confirmed, for example since no mail server is set; tells whether it was not.

    Raises:
        NotFoundError: there is no such user.
        InsufficientPermissionsError: it is the actor: nobody vouches for themselves.
    """
    if actor.id == user_id:
        raise InsufficientPermissionsError(required="another member of staff")
    users, unconfirmed = collection("users"), {"_id": user_id, "email_confirmed_at": None}
    if not users.update(unconfirmed, {"$set": {"email_confirmed_at": now}}):
        if users.find_one({"_id": user_id}, {"_id": 1}) is None:
            raise NotFoundError
        return False
    after = {"email_confirmed": True}
    audit.record(actor, "email.confirmed", target=user_id, now=now, after=after, reason=reason)
    return True
