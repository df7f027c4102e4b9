"""Attends to incidents in place of the worker: it may be what is dead, and stands still during maintenance.

A round of the process of the metrics, see ``ops.rounds``, on a thread of its own: a bundle takes a while.
"""

from datetime import datetime, timedelta

from ops import clock
from ops.incidents import attending
from ops.jobs.heartbeats import NAME as HEARTBEATS
from ops.mongo.collections import control_collection
from ops.rounds.registry import Round, register

EVERY_SECONDS = 15.0
JOB = "ops.incidents.attend"
# The job runs each quarter of a minute; a bundle may take it half of one.
DONE_WITHIN = timedelta(minutes=1)


def enter() -> None:
    """Enter the round."""
    register(Round("attend", EVERY_SECONDS, lambda: stand_in(clock.now())))


def stand_in(now: datetime) -> int | None:
    """Attend if the worker's job does not; returns what ``attend`` does, ``None``: the worker does it.

    Raises:
        DatabaseUnavailableError, PyMongoError: MongoDB is away.
    """
    beat = control_collection(HEARTBEATS).find_one({"_id": JOB}, {"ok_at": 1}) or {}
    if beat.get("ok_at") and now - beat["ok_at"] < DONE_WITHIN:
        return None
    return attending.attend(now)
