"""Setting a password."""

from dataclasses import replace
from datetime import datetime

from django.contrib.auth.hashers import check_password, make_password

from family_site.identity import queries, rules
from family_site.identity.actions import challenges, failures, security
from family_site.identity.actions.registration import password_faults
from family_site.identity.actions.sessions import end_sessions
from family_site.identity.errors import InvalidCredentialsError, InvalidOrExpiredTokenError
from family_site.identity.models.user import new_stamp
from family_site.identity.rules import SecurityEvent
from ops import audit
from ops.actors import Actor, ActorKind
from ops.errors import FieldFault, ValidationFailedError
from ops.links import LinkKind
from ops.mongo.collections import Document, Filter, collection
from ops.mongo.unit_of_work import unit_of_work


def set_password(user_id: str, password: str, *, actor: Actor, now: datetime) -> None:
    """Give a user another password; all their sessions end.

    Raises:
        ValidationFailedError: it is too weak.
        InvalidTokenError: there is no such user.
    """
    user = queries.user_by_id(user_id)
    if faults := password_faults(password, user["username"]) or _faults_of_old(password, user, "password"):
        raise ValidationFailedError(faults)
    # Hashed outside of the unit, which may run again.
    _change({"_id": user_id}, make_password(password), actor=actor, now=now)


def change_password(current: str, new: str, *, actor: Actor, now: datetime) -> None:
    """Give the caller another password; all their links end, and all sessions but the one they call from.

    Raises:
        ValidationFailedError: the new one is too weak.
        InvalidCredentialsError: the current one is wrong, also when it was changed at this very moment.
    """
    user = queries.user_by_id(actor.user_id)
    if faults := password_faults(new, user["username"], "new_password"):
        raise ValidationFailedError(faults)
    if not check_password(current, user["password"]):
        raise InvalidCredentialsError
    as_looked_at = {"_id": user["_id"], "security_stamp": user["security_stamp"]}
    _change(as_looked_at, make_password(new), actor=actor, now=now, kept=actor.session_id)


def reset_password(token: str, new: str, *, actor: Actor, now: datetime) -> None:
    """Give whoever has the mailed link another password; all sessions end, their lock is lifted.

    A second factor stays as it is.

    Raises:
        InvalidOrExpiredTokenError: not a good link, also when the password or the address was changed since.
        ValidationFailedError: the password is too weak, or is the one that they must no longer use; the link
            stays good.
    """
    user = queries.user_of_link(LinkKind.RESET_PASSWORD, token, now=now)
    if faults := password_faults(new, user["username"], "new_password") or _faults_of_old(new, user):
        raise ValidationFailedError(faults)
    _reset(token, make_password(new), actor=actor, now=now)


@unit_of_work()
def _change(query: Filter, hashed: str, *, actor: Actor, now: datetime, kept: str | None = None) -> None:
    """Write it unless the user is no longer as ``query`` says; ``kept``: the session that goes on."""
    user = _written(query, hashed, now=now)
    if user is None:
        raise InvalidCredentialsError
    if kept is not None:
        goes_on = {"$set": {"security_stamp": user["security_stamp"]}}
        collection("sessions").update({"_id": kept, "user_id": user["_id"]}, goes_on)
    ended = end_sessions({"user_id": user["_id"], "_id": {"$ne": kept}}, actor=actor, now=now)
    after = {"sessions_ended": ended}
    entry = audit.record(actor, "password.changed", target=user["_id"], now=now, after=after)
    security.warn(SecurityEvent.PASSWORD_CHANGED, user, change=entry, now=now, session_id=kept)


@unit_of_work()
def _reset(token: str, hashed: str, *, actor: Actor, now: datetime) -> None:
    challenge = challenges.claim(LinkKind.RESET_PASSWORD, token, now=now)
    user = _written(queries.user_as_mailed(challenge), hashed, now=now)
    if user is None:
        raise InvalidOrExpiredTokenError
    _keep_confirmation(user)
    failures.lift(user["username"], user["email"])
    ended = end_sessions({"user_id": user["_id"]}, actor=actor, now=now)
    person, after = replace(actor, kind=ActorKind.USER, id=user["_id"]), {"sessions_ended": ended}
    entry = audit.record(person, "password.reset", target=user["_id"], now=now, after=after)
    security.warn(SecurityEvent.PASSWORD_RESET, user, change=entry, now=now)


def _written(query: Filter, hashed: str, *, now: datetime) -> Document | None:
    """Write a password; returns the user. Their sessions and links end with the stamp."""
    # Not unset: a restore carries over only what is there.
    fresh = {"password_at": now, rules.NEW_PASSWORD_SINCE: None}
    return collection("users").find_and_update(
        query, {"$set": {"password": hashed, "security_stamp": new_stamp(), **fresh}}
    )


def _faults_of_old(password: str, user: Document, field: str = "new_password") -> list[FieldFault]:
    """Say that a password which was ended by force is not taken again."""
    if user.get(rules.NEW_PASSWORD_SINCE) and check_password(password, user["password"]):
        return [FieldFault(field, "not_allowed", "Choose another than before.")]
    return []


def _keep_confirmation(user: Document) -> None:
    """Let a link go on that only confirms the address at which the reset was read."""
    harmless = {"user_id": user["_id"], "kind": str(LinkKind.CONFIRM_EMAIL), "address": user["email"]}
    collection("challenges").update(harmless, {"$set": {"security_stamp": user["security_stamp"]}})
