"""Ending every session of somebody, for staff and operators."""

from datetime import datetime

from family_site.identity.actions.sessions import end_sessions
from ops import audit
from ops.actors import Actor
from ops.mongo.unit_of_work import unit_of_work


@unit_of_work()
def end_all_by_staff(user_id: str, *, actor: Actor, now: datetime, reason: str) -> int:
    """End all sessions of a user, of API and browser; returns how many ended. In force from then on."""
    ended = end_sessions({"user_id": user_id}, now=now)
    if ended:
        after = {"sessions": ended}
        audit.record(actor, "session.revoked", target=user_id, now=now, after=after, reason=reason)
    return len(ended)
