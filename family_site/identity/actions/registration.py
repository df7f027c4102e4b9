"""Becoming a user."""

import string
from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from family_site.identity import rules
from family_site.identity.actions import confirming, proofs
from family_site.identity.actions.sessions import SignIn, start_session
from family_site.identity.models.user import new_stamp
from ops import audit
from ops.access import gate
from ops.actors import Actor
from ops.errors import FieldFault, ValidationFailedError
from ops.ids import new_id
from ops.mongo.collections import Document, collection
from ops.mongo.unit_of_work import unit_of_work
from tokens.actions import accounts


def register(  # noqa: PLR0913  # what a user is made of
    username: str,
    email: str,
    password: str,
    *,
    actor: Actor,
    now: datetime,
    user_id: str | None = None,
    is_staff: bool = False,
    is_superuser: bool = False,
) -> Document:
    """Make a user and their personal account, or neither; returns the user's document.

    Raises:
        ValidationFailedError: name, address or password are not as section 11 of the HTTP contract asks,
            or name or address are taken (``unavailable``: the one place that cannot hide it).
    """
    rights = {"is_staff": is_staff, "is_superuser": is_superuser}
    user = _made(username, email, password, now=now) | rights | ({"_id": user_id} if user_id else {})
    return _store(user, actor=actor, now=now)


def sign_up(  # noqa: PLR0913  # what a user is made of
    username: str,
    email: str,
    password: str,
    *,
    actor: Actor,
    now: datetime,
    invitation_token: str | None = None,
) -> SignIn:
    """Register, mail the link that confirms the address, and open the first session, all in one unit.

    Args:
        username, email, password: what the person chose.
        actor: who they are before that: anonymous.
        now: time of the change.
        invitation_token: of the link they came by; mailed to this very address, it confirms it.

    Raises:
        AccessBlockedError: the address is blocked.
        ValidationFailedError: as ``register``.
    """
    gate.refuse_blocked_email(rules.folded_email(email), address=actor.address)
    user = _made(username, email, password, now=now)
    return _store_and_sign_in(user, invitation_token, actor=actor, now=now)


def sign_up_by_browser(  # noqa: PLR0913  # what a user is made of
    username: str,
    email: str,
    password: str,
    *,
    actor: Actor,
    now: datetime,
    invitation_token: str | None = None,
) -> Document:
    """Register, and mail the link that confirms the address; the page then opens a session of the browser.

    Raises:
        AccessBlockedError: the address is blocked.
        ValidationFailedError: as ``register``.
    """
    gate.refuse_blocked_email(rules.folded_email(email), address=actor.address)
    user = _made(username, email, password, now=now)
    return _store_newcomer(user, invitation_token, actor=actor, now=now)


def _made(username: str, email: str, password: str, *, now: datetime) -> Document:
    """Return a new user's document; outside of the unit, which may run again and would hash each time."""
    username, email = username.lower(), rules.folded_email(email)
    found = (("username", rules.username_fault(username)), ("email", rules.email_fault(email)))
    faults = [FieldFault(field, *fault) for field, fault in found if fault]
    if faults := [*faults, *password_faults(password, username)]:
        raise ValidationFailedError(faults)
    return {
        "_id": new_id("user"),
        "v": 1,
        "username": username,
        "email": email,
        "email_confirmed_at": None,
        "password": make_password(password),
        "security_stamp": new_stamp(),
        "is_active": True,
        "is_staff": False,
        "is_superuser": False,
        "staff_roles": [],
        "created_at": now,
    }


@unit_of_work()
def _store_and_sign_in(user: Document, token: str | None, *, actor: Actor, now: datetime) -> SignIn:
    return start_session(_store_newcomer(user, token, actor=actor, now=now), actor=actor, now=now)


@unit_of_work()
def _store_newcomer(user: Document, token: str | None, *, actor: Actor, now: datetime) -> Document:
    """Write a user who has signed up; their address is confirmed by the token, or a link is mailed to it."""
    if token is not None and proofs.proven_address(token, now=now) == user["email"]:
        user = user | {"email_confirmed_at": now}
    _store(user, actor=actor, now=now)
    if user["email_confirmed_at"] is None:
        confirming.send_link(user, user["email"], now=now)
    return user


@unit_of_work()
def _store(user: Document, *, actor: Actor, now: datetime) -> Document:
    """Write the user unless name or address are taken.

    Two that ask for one name at the same time meet at the unique index: MongoDB makes the second unit
    run again, and then it sees the first.
    """
    users = collection("users")
    taken = users.find({"$or": [{"username": user["username"]}, {"email": user["email"]}]}, limit=2)
    faults = [
        FieldFault(name, "unavailable", "This is taken.")
        for name in ("username", "email")
        if any(other[name] == user[name] for other in taken)
    ]
    if faults:
        raise ValidationFailedError(faults)
    users.insert(user)
    account_id = accounts.open_personal(user["_id"], user["username"], now=now)
    audit.record(
        actor,
        "user.registered",
        target=user["_id"],
        now=now,
        after={
            **{right: user[right] for right in ("is_staff", "is_superuser")},
            "email_confirmed": user["email_confirmed_at"] is not None,
            "account_id": account_id,
        },
        private={"after": {"username": user["username"], "email": user["email"]}},
    )
    return user


def password_faults(password: str, username: str, field: str = "password") -> list[FieldFault]:
    """Return what a new password lacks, as faults of the field in which it was sent."""
    sentences = rules.weaknesses(password, username)
    # "Qwerty123!" is as common as "qwerty123": what the rules ask for is mostly put at the end.
    if any(_is_common(each) for each in (password, password.strip(string.punctuation))):
        sentences.append("It is one of the common passwords.")
    return [FieldFault(field, "invalid_format", sentence) for sentence in sentences]


def _is_common(password: str) -> bool:
    try:
        validate_password(password)
    except ValidationError:
        return True
    return False
