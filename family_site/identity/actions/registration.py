"""Becoming a user."""

from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from family_site.identity import rules
from family_site.identity.models.user import new_stamp
from ops import audit
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
    username, email = username.lower(), rules.folded_email(email)
    if faults := [*_name_faults(username), *_email_faults(email), *password_faults(password, username)]:
        raise ValidationFailedError(faults)
    user = {
        "_id": user_id or new_id("user"),
        "v": 1,
        "username": username,
        "email": email,
        "email_confirmed_at": None,
        "password": make_password(password),
        "security_stamp": new_stamp(),
        "is_active": True,
        "is_staff": is_staff,
        "is_superuser": is_superuser,
        "created_at": now,
    }
    return _store(user, actor=actor, now=now)


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
    account_id = accounts.open_personal(user["_id"], user["username"], actor=actor, now=now)
    audit.record(
        actor,
        "user.registered",
        target=user["_id"],
        now=now,
        after={"is_staff": user["is_staff"], "is_superuser": user["is_superuser"], "account_id": account_id},
        private={"after": {"username": user["username"], "email": user["email"]}},
    )
    return user


def _name_faults(username: str) -> list[FieldFault]:
    if not rules.USERNAME.match(username):
        return [FieldFault("username", "invalid_format", "Letters a-z, digits, _ and - only.")]
    if rules.is_reserved(username):
        return [FieldFault("username", "reserved", "This name is kept for the system.")]
    return []


def _email_faults(email: str) -> list[FieldFault]:
    return (
        [] if rules.is_email(email) else [FieldFault("email", "invalid_format", "This is no e-mail address.")]
    )


def password_faults(password: str, username: str) -> list[FieldFault]:
    """Return what a new password lacks."""
    sentences = rules.weaknesses(password, username)
    try:
        validate_password(password)
    except ValidationError as error:
        sentences.extend(error.messages)
    return [FieldFault("password", "invalid_format", sentence) for sentence in sentences]
