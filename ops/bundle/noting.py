"""That a bundle was taken stands in the audit log, as far as there is a database to write it to."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pymongo
from django.db import DatabaseError
from pymongo.errors import PyMongoError

from ops.errors import DomainError

ACTION = "support_bundle.taken"
SECONDS = 3.0


def note(told: Mapping[str, Any], *, now: datetime) -> bool:
    """Write the entry; tells whether it stands there. What was taken is worth having without it."""
    from ops import audit  # noqa: PLC0415  # only when Django is set up
    from ops.actors import Actor  # noqa: PLC0415  # likewise
    from ops.mongo.unit_of_work import unit_of_work  # noqa: PLC0415  # likewise

    @unit_of_work()
    def write() -> None:
        audit.record(Actor.shell(), ACTION, target="support_bundle", now=now, after=told)

    try:
        with pymongo.timeout(SECONDS):
            write()
    except (PyMongoError, DatabaseError, DomainError):
        return False
    return True
