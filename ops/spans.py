"""Moments and spans of time as they are typed."""

import re
from argparse import ArgumentTypeError
from datetime import UTC, datetime, timedelta

_DURATION = re.compile(r"([1-9][0-9]{0,3})([mhd])\Z")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def moment(text: str) -> datetime:
    """Return a moment, in UTC unless it says otherwise."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError("a moment as 2026-11-26T03:00Z, or a day") from None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def duration(text: str) -> timedelta:
    """Return how long a text like ``30m``, ``24h`` or ``7d`` is; of an argument of a command."""
    found = _DURATION.match(text)
    if found is None:
        raise ArgumentTypeError("how long: 30m, 24h or 7d")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})
