"""Answering for a security event."""

from datetime import datetime

from ops import audit
from ops.actors import Actor
from ops.errors import NotFoundError
from ops.mongo.collections import collection
from ops.mongo.unit_of_work import unit_of_work
from ops.security.recording import NAME


@unit_of_work()
def resolve(event_id: str, *, actor: Actor, now: datetime, reason: str) -> bool:
    """Say that an event was looked at, and what came of it; tells whether nobody had before.

    It counts on to the end of its hour; what comes after that is another event.

    Raises:
        NotFoundError: there is no such event.
    """
    events, open_one = collection(NAME), {"_id": event_id, "resolved_at": None}
    change = {"resolved_at": now, "resolved_by": actor.id, "note": reason}
    if not events.update(open_one, {"$set": change}):
        if events.find_one({"_id": event_id}, {"_id": 1}) is None:
            raise NotFoundError
        return False
    after = {"resolved": True}
    audit.record(actor, "security_event.resolved", target=event_id, now=now, after=after, reason=reason)
    return True
