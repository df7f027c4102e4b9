"""Setting a password."""

from datetime import datetime

from django.contrib.auth.hashers import make_password

from family_site.identity import queries
from family_site.identity.actions.registration import password_faults
from family_site.identity.actions.sessions import end_sessions
from family_site.identity.models.user import new_stamp
from ops import audit
from ops.actors import Actor
from ops.errors import ValidationFailedError
from ops.mongo.collections import collection
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
    _write(user_id, make_password(password), actor=actor, now=now)


@unit_of_work()
def _write(user_id: str, hashed: str, *, actor: Actor, now: datetime) -> None:
    changed = {"password": hashed, "security_stamp": new_stamp()}
    collection("users").update({"_id": user_id}, {"$set": changed})
    ended = end_sessions({"user_id": user_id}, now=now)
    audit.record(actor, "password.changed", target=user_id, now=now, after={"sessions_ended": ended})
