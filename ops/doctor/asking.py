"""Asking the product's own database: an answer, or why there is none."""

from collections.abc import Callable
from typing import TypeVar

import pymongo
from django.db import DatabaseError
from pymongo.errors import PyMongoError

from ops.doctor import runner
from ops.doctor.check import Finding, Result
from ops.doctor.findings import without_settings
from ops.doctor.whereabouts import Whereabouts
from ops.errors import DatabaseUnavailableError
from ops.maintenance import mode

NO_ANSWER = "MongoDB cannot be asked"
# What would explain that MongoDB gives no answer in time.
WHY_SLOW = ("mongo", "mongo_primary", "slow_ops", "speed", "saturation")
SECONDS = 1.4  # the driver looks at it every 0.5 s only, so it gives up after 1.5 s
T = TypeVar("T")


def ask(where: Whereabouts, question: Callable[[], T]) -> T | Finding:
    """Return the answer of a query, or the finding of a check that could not look."""
    if where.faults:
        return without_settings(NO_ANSWER)
    if where.mongodb is None:
        return _unseen("MongoDB was not started", "make run")
    try:
        with mode.exempt(), pymongo.timeout(patience()):  # it only reads
            return question()
    except (PyMongoError, DatabaseError, DatabaseUnavailableError):
        again = ".venv/bin/python manage.py doctor --section 2"
        return _unseen("MongoDB is away, or too slow", again, *WHY_SLOW)


def patience() -> float:
    """Return for how many seconds MongoDB is asked: less than anybody waits for the check that asks."""
    return SECONDS + runner.GRACE_SECONDS * runner.is_crowded()


def _unseen(cause: str, remedy: str, *due_to: str) -> Finding:
    return Finding(Result.COULD_NOT_LOOK, (NO_ANSWER,), cause, remedy, due_to)
