"""The job ``ops.front.count``: keeps the counters of the front page.

Safe twice at once and at any time: a quarter of an hour is always counted as a whole and its number set,
never added to, so whoever comes second writes the same. It is counted for the last time once it is over for
``SETTLES_AFTER``.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from ops.batches import is_late
from ops.front import attention, counters, series
from ops.front.counters import DAYS, Counted
from ops.front.series import DAY, QUARTER, QUARTERS, Series

# A document bears the time at which its request began, and is there when that ends.
SETTLES_AFTER = timedelta(minutes=2)
# Days of series that one run fills: all of a fresh installation are there within a few minutes.
MOST_FILLED = 32


def count(now: datetime) -> int:
    """Count what needs attention, and what is not settled; returns how many numbers were written."""
    counters.forget_before(counters.first_kept(now))
    counts = attention_at(now)
    counters.keep_attention(counts, now)
    every = series.every()
    known = counters.read([each.key for each in every], days(now))
    written, filled = len(counts), 0
    for each, day in _due(every, known, now):
        filled += day != now.date()
        if filled > MOST_FILLED or is_late():
            break
        written += _count_day(each, day, known, now)
    return written


def attention_at(now: datetime) -> dict[str, int]:
    """Return how much needs attention, by key."""
    counts: dict[str, int] = {}
    for each in attention.every():
        counts[each.key] = each.count(now)
        if each.adds is not None:
            counts[each.added_key] = each.adds[1](now)
    return counts


def days(now: datetime) -> list[date]:
    """Return the days to be kept, in the order in which they are wanted."""
    week = DAYS - 1
    # Yesterday and the day before that of last week hold hours of both where clocks are ahead or behind.
    return [(now - back * DAY).date() for back in (0, week, 1, DAYS, *range(week - 1, 1, -1))]


def _due(every: list[Series], known: Counted, now: datetime) -> Iterator[tuple[Series, date]]:
    """Yield what is not settled: today of all series first, then what the page shows beside it."""
    for day in days(now):
        for each in every:
            if _begin(each, day, known) is not None:
                yield each, day


def _begin(one: Series, day: date, known: Counted) -> datetime | None:
    """Return from which quarter on a day is to be counted; ``None``: it is settled."""
    start = counters.start_of(day)
    found = known.days.get(counters.id_of(one.key, day))
    if found is None:
        return start
    settled: datetime = found["counted_to"] - SETTLES_AFTER
    if settled >= start + DAY:
        return None
    return max(start, start + (settled - start) // one.settles * one.settles)


def _count_day(one: Series, day: date, known: Counted, now: datetime) -> int:
    begin = _begin(one, day, known)
    assert begin is not None  # noqa: S101  # only what is due comes here
    start = counters.start_of(day)
    numbers = one.counted(begin, start + DAY)
    last = counters.quarter_of(now) if day == now.date() else QUARTERS - 1
    quarters = range((begin - start) // QUARTER, last + 1)
    counters.keep_quarters(
        one.key, day, {each: numbers.get(start + each * QUARTER, 0) for each in quarters}, now
    )
    return len(quarters)
