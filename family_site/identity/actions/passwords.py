"""Setting a password."""

from datetime import datetime

from django.contrib.auth.hashers import check_password, make_password

from family_site.identity import queries
from family_site.identity.actions.registration import password_faults
from family_site.identity.actions.sessions import end_sessions
from family_site.identity.errors import InvalidCredentialsError
from family_site.identity.models.user import new_stamp
from ops import audit
from ops.actors import Actor
from ops.errors import ValidationFailedError
from ops.mongo.collections import Filter, collection
from ops.mongo.unit_of_work import unit_of_work


def set_password(user_id: str, password: str, *, actor: Actor, now: datetime) -> None:
    """Give a user another password; all their sessions end.

    Raises:
        ValidationFailedError: it is too weak.
        InvalidTokenError: there is no such user.
    """
    user = queries.user_by_id(user_id)
    if faults := password_faults(password, user["username"]):
        raise ValidationFailedError(faults)
    # Hashed outside of the unit, which may run again.
    _write({"_id": user_id}, make_password(password), actor=actor, now=now)


def change_password(current: str, new: str, *, actor: Actor, now: datetime) -> None:
    """Give the caller another password; all their sessions end but the one they call from.

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
    _write(as_looked_at, make_password(new), actor=actor, now=now, kept=actor.session_id)


@unit_of_work()
def _write(query: Filter, hashed: str, *, actor: Actor, now: datetime, kept: str | None = None) -> None:
    """Write it unless the user is no longer as ``query`` says; ``kept``: the session that goes on."""
    user_id, stamp = query["_id"], new_stamp()
    if not collection("users").update(query, {"$set": {"password": hashed, "security_stamp": stamp}}):
        raise InvalidCredentialsError
    if kept is not None:
        collection("sessions").update({"_id": kept, "user_id": user_id}, {"$set": {"security_stamp": stamp}})
    ended = end_sessions({"user_id": user_id, "_id": {"$ne": kept}}, now=now)
    audit.record(actor, "password.changed", target=user_id, now=now, after={"sessions_ended": ended})
