"""Mails of the outbox in a restore: none goes out twice.

What the database knows of a mail since the backup is right, so that stays. Of a mail that had still to be
sent then, and that the database does not know any more, nobody can say whether it was: a person decides.
"""

from datetime import datetime, timedelta
from typing import Any

from pymongo.collection import Collection

from ops.backup import registry
from ops.models.outbox import MailStatus
from ops.mongo.collections import Document, Filter
from ops.outbox.states import OPEN

OUTBOX = "email_outbox"
HELD = "held by a restore: it may have been sent after the backup"
# Between the clocks of this machine and of MongoDB's.
SLACK = timedelta(hours=1)


def hold_the_unknown(outbox: Collection[Document], live: str) -> int:
    """Make dead letters of unsent mails that the collection ``live`` does not know; returns how many."""
    found: list[Any] = [
        {"$match": {"status": OPEN}},
        {"$lookup": {"from": live, "localField": "_id", "foreignField": "_id", "as": "known"}},
        {"$match": {"known": []}},
        {"$project": {"context": 1}},
        {"$unset": "context.sealed"},
        {"$set": {"status": str(MailStatus.DEAD_LETTER), "fault": HELD, "lease_until": None}},
        {"$merge": {"into": outbox.name, "whenMatched": "merge", "whenNotMatched": "discard"}},
    ]
    outbox.aggregate(found)
    return outbox.count_documents({"fault": HELD, "status": str(MailStatus.DEAD_LETTER)})


def enter() -> None:
    """Say what a restore leaves as it is."""
    registry.stays(OUTBOX, which=_ended_since)


def _ended_since(as_of: datetime) -> Filter:
    given_up = {"status": str(MailStatus.DEAD_LETTER)}
    return {"$or": [{"sent_at": {"$gte": as_of - SLACK}}, given_up]}
