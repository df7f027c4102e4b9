"""Keeping somebody out, and letting them in again. Staff are kept out, and let in, by superusers only."""

from datetime import datetime

from family_site.identity import rules
from family_site.identity.actions import user_changes
from family_site.identity.actions.sessions import end_sessions
from family_site.identity.actions.user_changes import UserChange
from family_site.identity.models.user import new_stamp
from ops import audit
from ops.actors import Actor
from ops.errors import InsufficientPermissionsError, NotFoundError
from ops.mongo.collections import collection
from ops.mongo.unit_of_work import unit_of_work


@unit_of_work()
def disable(user_id: str, *, actor: Actor, now: datetime, reason: str) -> None:
    """Keep a user from signing in, and end all their sessions; disabling twice changes nothing.

    Raises:
        NotFoundError: there is no such user.
        InsufficientPermissionsError: it is the actor, or staff, and the actor no superuser.
    """
    if _switched(user_id, actor, active=False):
        ended = end_sessions({"user_id": user_id}, actor=actor, now=now)
        user_changes.follow(user_id, UserChange.DISABLED, actor=actor, now=now)
        after = {"is_active": False, "sessions_ended": ended}
        audit.record(
            actor,
            "user.disabled",
            target=user_id,
            now=now,
            before={"is_active": True},
            after=after,
            reason=reason,
        )


@unit_of_work()
def enable(user_id: str, *, actor: Actor, now: datetime, reason: str) -> None:
    """Let a disabled user sign in again; what has ended stays ended. Enabling twice changes nothing.

    Raises:
        NotFoundError: there is no such user.
        InsufficientPermissionsError: it is staff, and the actor no superuser.
    """
    if _switched(user_id, actor, active=True):
        user_changes.follow(user_id, UserChange.ENABLED, actor=actor, now=now)
        before, after = {"is_active": False}, {"is_active": True}
        audit.record(
            actor, "user.enabled", target=user_id, now=now, before=before, after=after, reason=reason
        )


def _switched(user_id: str, actor: Actor, *, active: bool) -> bool:
    """Write it; tells whether it was otherwise before.

    The stamp ends, both ways, a session that is being opened at this very moment.
    """
    user = collection("users").find_one({"_id": user_id}, {"is_active": 1, "is_staff": 1})
    if user is None:
        raise NotFoundError
    if right := rules.right_missing_to_disable(user_id, is_staff=user["is_staff"], actor=actor):
        raise InsufficientPermissionsError(required=right)
    if user["is_active"] == active:
        return False
    change = {"is_active": active, "security_stamp": new_stamp()}
    return collection("users").update({"_id": user_id}, {"$set": change})
