"""What is left to be done after incidents, and whose day is over."""

from datetime import date
from typing import NamedTuple

from ops.incidents import records
from ops.incidents.kinds import Kind
from ops.mongo.collections import Document, control_collection

MOST = 100


class Overdue(NamedTuple):
    """A follow-up that nobody has done, and whose day is over; with its incident."""

    incident: Document
    follow_up: Document


def is_overdue(follow_up: Document, today: date) -> bool:
    """Tell whether the day of a follow-up is over, and nobody has done it."""
    return follow_up["done_at"] is None and date.fromisoformat(follow_up["due"]) < today


def overdue(today: date, *, of_security: bool) -> list[Overdue]:
    """Return the follow-ups that are overdue, of the newest incidents that have some, the oldest day first.

    Args:
        today: the day that is not over.
        of_security: of security incidents, else of all others.
    """
    left = {"$elemMatch": {"done_at": None, "due": {"$lt": today.isoformat()}}}
    kind = str(Kind.SECURITY) if of_security else {"$ne": str(Kind.SECURITY)}
    found = control_collection(records.NAME).find(
        {"follow_ups": left, "kind": kind}, sort=[("_id", -1)], limit=MOST
    )
    late = [
        Overdue(incident, each)
        for incident in found
        for each in incident["follow_ups"]
        if is_overdue(each, today)
    ]
    return sorted(late, key=lambda each: str(each.follow_up["due"]))
