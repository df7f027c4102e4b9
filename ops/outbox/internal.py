"""What goes through the outbox like a mail, and to nobody: it shows that the outbox is worked off.

It needs no mail server, so it tells nothing about one. At most one of a key waits, in a state that no mail
has.
"""

from collections.abc import Callable
from datetime import datetime
from typing import TypeAlias

from ops.ids import new_id
from ops.mongo.collections import collection
from ops.outbox.templates import Context

INTERNAL = "internal"
Receiver: TypeAlias = Callable[[Context, datetime], None]

_receivers: dict[str, Receiver] = {}


def register(key: str, receiver: Receiver) -> None:
    """Enter who receives what is queued under a key; called by an app when it is ready."""
    _receivers[key] = receiver


def queue(key: str, context: Context, *, now: datetime) -> None:
    """Queue it, in place of one that still waits."""
    made = {"_id": new_id("mail"), "v": 1, "to": "", "template": key, "message_id": "", "status": INTERNAL}
    made |= {"attempts": 0, "next_attempt_at": now, "lease_until": None, "fault": None, "sent_at": None}
    collection("email_outbox").update(
        {"key": key},
        {"$setOnInsert": made, "$set": {"context": dict(context), "created_at": now}},
        upsert=True,
    )


def deliver(*, now: datetime) -> None:
    """Take out what waits, and hand it over."""
    for key, receiver in _receivers.items():
        taken = collection("email_outbox").raw.find_one_and_delete({"key": key})
        if taken is not None:
            receiver(taken["context"], now)
