"""Dates as clients write them, and the moments they stand for. No database, no clock.

Source: HTTP contract, section 1.1 (time).
"""

import re
from datetime import UTC, date, datetime, time, timedelta

from ops.errors import Fault

LENGTH = 10
LAST = datetime.max.replace(tzinfo=UTC, microsecond=0)
_FORM = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")


def date_of(text: str) -> date | None:
    """Return the day that is written ``YYYY-MM-DD``; ``None``: it is none."""
    if not _FORM.match(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def date_fault(text: str) -> Fault | None:
    """Say that this is no day; ``None``: it is one."""
    return None if date_of(text) else Fault("invalid_format", "A date is written YYYY-MM-DD.")


def beginning(day: date) -> datetime:
    """Return the first moment of a day, in UTC."""
    return datetime.combine(day, time(), UTC)


def later(moment: datetime, days: int) -> datetime:
    """Return the moment so many days on; what lies behind the calendar's end is its end."""
    return moment + min(timedelta(days=days), LAST - moment)
