"""Queueing a dead letter again."""

from datetime import datetime

from ops import audit
from ops.actors import Actor
from ops.errors import NotFoundError
from ops.mongo.collections import collection
from ops.mongo.unit_of_work import unit_of_work
from ops.outbox.states import DEAD_LETTER, QUEUED


@unit_of_work()
def resend(mail_id: str, *, actor: Actor, now: datetime, reason: str) -> bool:
    """Queue a dead letter again, with all its attempts before it; tells whether it was one.

    Raises:
        NotFoundError: there is no such mail.
    """
    outbox = collection("email_outbox")
    afresh = {
        "status": QUEUED,
        "attempts": 0,
        "next_attempt_at": now,
        "lease_until": None,
        "fault": None,
        "resent_at": now,
    }
    before = outbox.find_and_update({"_id": mail_id, "status": DEAD_LETTER}, {"$set": afresh}, before=True)
    if before is None:
        if outbox.find_one({"_id": mail_id}, {"_id": 1}) is None:
            raise NotFoundError
        return False
    was = {name: before[name] for name in ("status", "attempts", "fault")}
    audit.record(
        actor,
        "mail.resent",
        target=mail_id,
        now=now,
        before=was,
        after={name: afresh[name] for name in was},
        reason=reason,
    )
    return True
