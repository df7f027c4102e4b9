"""How much mail leaves at a time, over all workers: slots, permits of the minute, rests of the server.

Three kinds of documents of a fixed number, each changed by a conditional write, so Redis is not needed and
may be emptied. Source: design, section 6.
"""

import random
from datetime import UTC, datetime

from django.conf import settings
from pymongo.errors import DuplicateKeyError

from ops.ids import new_id
from ops.mongo.collections import BoundCollection, Document, Filter, collection
from ops.outbox.pace import Pace

NAME = "email_flow"
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE, SERVER = "minute", "server"


class Slot:
    """The right to speak with the mail server; it ends by itself unless it is kept up."""

    def __init__(self, name: str, holder: str) -> None:
        """Remember which it is, and whose."""
        self._mine: Filter = {"_id": name, "holder": holder}

    def keep(self, *, now: datetime, pace: Pace) -> bool:
        """Hold it for another lease; false: it has ended, and another may have it."""
        return _flow().update(self._mine, {"$set": {"lease_until": now + pace.lease}})

    def give_back(self) -> None:
        """Let another have it at once."""
        _flow().update(self._mine, {"$set": {"lease_until": LONG_AGO, "holder": None}})


def take_slot(*, now: datetime, pace: Pace) -> Slot | None:
    """Take one of ``MAIL_CONCURRENCY`` slots; ``None``: others have them all."""
    holder, numbers = new_id("slot"), list(range(settings.MAIL_CONCURRENCY))
    random.shuffle(numbers)
    for name in (f"slot:{number}" for number in numbers):
        free: Filter = {"_id": name, "lease_until": {"$lte": now}}
        if _written(free, {"$set": {"holder": holder, "lease_until": now + pace.lease}}):
            return Slot(name, holder)
    return None


def permit(*, now: datetime) -> bool:
    """Count one mail of this minute; false: ``MAIL_PER_MINUTE`` of them have left."""
    minute = now.replace(second=0, microsecond=0)
    same = {"minute": minute, "mails": {"$lt": settings.MAIL_PER_MINUTE}}
    room: Filter = {"_id": MINUTE, "$or": [{"minute": {"$lt": minute}}, same]}
    counted = {"$cond": [{"$eq": ["$minute", minute]}, {"$add": ["$mails", 1]}, 1]}
    return _written(room, [{"$set": {"mails": counted, "minute": minute}}])


def server() -> Document:
    """Return what is known of the mail server: ``failures`` in a row, the last ``fault``, ``rests_until``."""
    return _flow().find_one({"_id": SERVER}) or {"failures": 0, "fault": None, "rests_until": None}


def server_failed(fault: str, *, now: datetime, pace: Pace) -> datetime:
    """Let all mail rest, the longer the more often it failed; returns until when."""
    change = {
        "$inc": {"failures": 1},
        "$set": {"fault": fault, "failed_at": now},
        "$setOnInsert": {"rests_until": None},
    }
    known = _flow().find_and_update({"_id": SERVER}, change, upsert=True)
    until = now + pace.until_server_is_tried(known["failures"] if known else 1)
    _flow().update({"_id": SERVER}, {"$set": {"rests_until": until}})
    return until


def server_answers() -> None:
    """Forget its failures: it has said something about a mail."""
    well = {"failures": 0, "fault": None, "rests_until": None}
    _flow().update({"_id": SERVER, "failures": {"$gt": 0}}, {"$set": well})


def _written(condition: Filter, change: object) -> bool:
    """Change the document if it is as it should be, or make it; tells whether that was done."""
    try:
        return _flow().update(condition, change, upsert=True)  # type: ignore[arg-type]  # either of its kinds
    except DuplicateKeyError:
        return False  # it is there, and otherwise


def _flow() -> BoundCollection:
    return collection(NAME)
