"""``console_counters``: what was counted for the front page. Whatever is lost of it is counted anew.

A document for each series and day (UTC): ``_id`` is ``<day> <series>``, ``quarters`` the numbers of its
quarters of hours (``{"0": 3, …, "95": 1}``; one that is not there was not counted), ``counted_to`` when. One
for what needs attention: ``_id`` is ``attention``, ``counts`` by key, ``counted_at``. Ids of days sort by
their time, so old ones are found by ``_id`` alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any

from ops.front.series import DAY, HOUR, QUARTER, QUARTERS, Series
from ops.mongo.collections import Document, collection

NAME, ATTENTION = "console_counters", "attention"
# The same weekday last week, and the days in between, which become that in time; a day on each side, since
# days begin earlier or later in other time zones.
DAYS = 8
KEPT_DAYS = DAYS + 2
PARTS = HOUR // QUARTER
_QUARTERS = tuple(str(each) for each in range(QUARTERS))  # as they are named in a document


@dataclass(frozen=True)
class Counted:
    """What the front page reads."""

    counts: Mapping[str, int] = field(default_factory=dict)
    counted_at: datetime | None = None
    days: Mapping[str, Document] = field(default_factory=dict)

    def numbers(self, series: Series, start: datetime, end: datetime) -> list[int | None]:
        """Return the numbers of the hours from a time up to another; ``None``: not counted, or to come.

        Where a day is not of full hours, the last is of what is left of it.
        """
        days = range((end.date() - start.date()).days + 1)
        ids = [id_of(series.key, start.date() + each * DAY) for each in days]
        found = [self.days[each]["quarters"] if each in self.days else {} for each in ids]
        quarters = [day.get(each) for day in found for each in _QUARTERS]
        mine = quarters[quarter_of(start) :][: (end - start) // QUARTER]
        return [_sum(mine[each : each + PARTS]) for each in range(0, len(mine), PARTS)]


def id_of(key: str, day: date) -> str:
    """Return the id of a series' day."""
    return f"{day.isoformat()} {key}"


def start_of(day: date) -> datetime:
    """Return when a day begins, in UTC."""
    return datetime.combine(day, time(), UTC)


def quarter_of(moment: datetime) -> int:
    """Return in which quarter of its day in UTC a moment lies, from 0 on."""
    return (moment - start_of(moment.date())) // QUARTER


def read(keys: Iterable[str], days: Iterable[date]) -> Counted:
    """Return what is counted of these series on these days, and what needs attention. One round trip."""
    wanted = list(days)
    ids = [ATTENTION, *(id_of(key, day) for key in keys for day in wanted)]
    found = {each["_id"]: each for each in collection(NAME).find({"_id": {"$in": ids}}, limit=len(ids))}
    told = found.pop(ATTENTION, {})
    return Counted(told.get("counts", {}), told.get("counted_at"), found)


def keep_attention(counts: Mapping[str, int], now: datetime) -> None:
    """Keep what needs attention, unless somebody has counted later."""
    told = {"counts": dict(counts), "counted_at": now}
    collection(NAME).update({"_id": ATTENTION}, _unless_later("counted_at", now, told), upsert=True)


def keep_quarters(key: str, day: date, numbers: Mapping[int, int], now: datetime) -> None:
    """Keep the numbers of some quarters of a day, unless somebody has counted later."""
    quarters = {f"quarters.{each}": number for each, number in numbers.items()}
    change = _unless_later("counted_to", now, {**quarters, "counted_to": now})
    collection(NAME).update({"_id": id_of(key, day)}, change, upsert=True)


def forget_before(day: date) -> int:
    """Delete the days before one; returns how many documents that were."""
    return collection(NAME).delete({"_id": {"$lt": day.isoformat()}})


def first_kept(now: datetime) -> date:
    """Return the first day that is kept."""
    return (now - KEPT_DAYS * DAY).date()


def _sum(numbers: Sequence[int | None]) -> int | None:
    counted = [each for each in numbers if each is not None]
    return sum(counted) if counted else None


def _unless_later(clock: str, now: datetime, told: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return a change that keeps each field as it is if ``clock`` of the document is later than now."""
    is_later = {"$gt": [f"${clock}", now]}
    kept = {name: {"$cond": [is_later, f"${name}", {"$literal": value}]} for name, value in told.items()}
    return [{"$set": kept}]
