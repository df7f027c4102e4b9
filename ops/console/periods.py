"""Periods of lists and statements: one with a name, one day, or from one day to another.

Days are meant in the zone of who looks; both ends of a range belong to it.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any, NamedTuple

from ops import clock
from ops.console import zones

HOUR = "hour"  # the 60 minutes before now
NAMED: Mapping[str, str] = MappingProxyType(
    {
        HOUR: "Past hour",
        "today": "Today",
        "yesterday": "Yesterday",
        "week": "Past 7 days",
        "month": "Past 30 days",
        "this-month": "This month",
        "last-month": "Last month",
    }
)
BETWEEN = ".."  # stands between the first day and the last
FROM, TO = "_from", "_to"  # what a form adds to the name of its parameter for the two days


class Period(NamedTuple):
    """A time from ``start`` until before ``end``, in UTC; ``None``: it has no such end."""

    start: datetime | None
    end: datetime | None


ALWAYS = Period(None, None)


def read(text: str, today: date) -> Period:
    """Return the period that a text means: a name, a day, or two days, of which one may be missing.

    Raises:
        ValueError: it means none.
    """
    if text == HOUR:
        return Period(clock.now() - timedelta(hours=1), None)
    first, last = _named(text, today) if text in NAMED else _typed(text)
    try:
        start, end = zones.span(first or last or date.min, last or first or date.min)
    except OverflowError:
        msg = "there is no such day"
        raise ValueError(msg) from None
    return Period(start if first else None, end if last else None)


def days_of(text: str) -> tuple[str, str]:
    """Return the days of a range as they stand in its text; of a named period none."""
    first, between, last = text.partition(BETWEEN)
    return ("", "") if text in NAMED else (first, last if between else first)


def joined(first: str, last: str) -> str:
    """Return the text of a range; empty: no day is given."""
    return f"{first}{BETWEEN}{last}" if first or last else ""


def sent(given: Mapping[str, Any], parameters: list[str]) -> dict[str, str]:
    """Return the ranges that a form sent as two days each, by parameter; empty: no day of it was given."""
    asked = [each for each in parameters if {each + FROM, each + TO} & given.keys()]
    return {each: joined(given.get(each + FROM, ""), given.get(each + TO, "")) for each in asked}


def _named(text: str, today: date) -> tuple[date, date]:
    this_month = today.replace(day=1)
    last_month = this_month - timedelta(days=1)
    return {
        "today": (today, today),
        "yesterday": (today - timedelta(days=1), today - timedelta(days=1)),
        "week": (today - timedelta(days=6), today),
        "month": (today - timedelta(days=29), today),
        "this-month": (this_month, today),
        "last-month": (last_month.replace(day=1), last_month),
    }[text]


def _typed(text: str) -> tuple[date | None, date | None]:
    if len(text) <= len(BETWEEN):
        msg = "no day is given"
        raise ValueError(msg)
    first, last = (date.fromisoformat(each) if each else None for each in days_of(text))
    if first and last and last < first:
        msg = "the last day is before the first"
        raise ValueError(msg)
    return first, last
