"""Keeping somebody out."""

from datetime import datetime

from family_site.identity import queries
from family_site.identity.actions.sessions import end_sessions
from family_site.identity.models.user import new_stamp
from ops import audit
from ops.actors import Actor
from ops.mongo.collections import collection
from ops.mongo.unit_of_work import unit_of_work


@unit_of_work()
def disable(user_id: str, *, actor: Actor, now: datetime, reason: str) -> None:
    """Keep a user from signing in, and end all their sessions; disabling twice changes nothing.

    Raises:
        InvalidTokenError: there is no such user.
    """
    user = queries.user_by_id(user_id)
    if not user["is_active"]:
        return
    collection("users").update(
        {"_id": user_id}, {"$set": {"is_active": False, "security_stamp": new_stamp()}}
    )
    ended = end_sessions({"user_id": user_id}, now=now)
    audit.record(
        actor,
        "user.disabled",
        target=user_id,
        now=now,
        before={"is_active": True},
        after={"is_active": False, "sessions_ended": ended},
        reason=reason,
    )
