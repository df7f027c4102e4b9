"""When an allowance is due: its periods, one after the other, in a time zone. No database, no clock.

A period is a day, a week or a month of a family's calendar. It begins with the day on which it is to be paid
and ends as the next one begins; within it the payment is tried. A weekly one begins on the day of the week on
which the schedule was made, a monthly one on the day of the month, and where a month is shorter on its last.
The first begins a whole day, week or month after the schedule was made.

A change of the zone neither pays a period twice nor leaves one out. A schedule keeps the local date on which
its next period begins, and the two moments that this meant when it became the next. Once a period is paid or
missed, the one of the next date follows, a whole day, week or month on, whatever the zone is by then: so
dates only go forward, none is passed over, and no key comes twice. The zone only says what moments the next
date means. If it went ahead, they may lie in the past already, so a period ends at least ``LEAST`` after the
one before it: there is always time to pay it.

Source: HTTP contract, sections 15 (allowances), 17 (allowance period) and 18 (rule 2).
"""

import calendar
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

# Many runs of the job, whatever becomes of the zone.
LEAST = timedelta(hours=1)
MONTHS = 12
# So many a family has at once, so that all of them are one answer.
MOST_OF_A_FAMILY = 100


class Frequency(StrEnum):
    """How long a period is."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


class ScheduleStatus(StrEnum):
    """States of a schedule: active ⇄ paused; the last is final."""

    ACTIVE = "active"
    PAUSED = "paused"
    STOPPED = "stopped"


LIVE = (str(ScheduleStatus.ACTIVE), str(ScheduleStatus.PAUSED))


class PaymentStatus(StrEnum):
    """What becomes of a period that is due; both are final."""

    PAID = "paid"
    MISSED = "missed"


class Obstacle(StrEnum):
    """Why a period is not paid."""

    FROZEN = "frozen"
    SHORT = "short"
    DISABLED = "disabled"
    LATE = "late"  # nobody tried while it lasted


class Verdict(StrEnum):
    """What is to be done about a period at a moment."""

    NOTHING = "nothing"
    PAY = "pay"
    TRY_AGAIN = "try_again"
    MISS = "miss"


class Rhythm(NamedTuple):
    """How a schedule goes; ``anchor``: the local date on which it was made."""

    frequency: Frequency
    anchor: date


class Period(NamedTuple):
    """A period: the local date on which it begins, what it is called, and its moments in UTC.

    It holds from ``begins_at`` on, and is over from the very moment of ``ends_at``.
    """

    on: date
    key: str
    begins_at: datetime
    ends_at: datetime


def verdict(period: Period, obstacle: Obstacle | None, now: datetime) -> Verdict:
    """Say what is to be done about a period, and what keeps it from being paid, if anything does.

    A period that is over is missed, for whatever reason it was not paid: old ones are not made good all at
    once. A recipient who cannot sign in misses it at once; what else is in the way may go before the end.
    """
    if now < period.begins_at:
        return Verdict.NOTHING
    if now >= period.ends_at or obstacle == Obstacle.DISABLED:
        return Verdict.MISS
    return Verdict.PAY if obstacle is None else Verdict.TRY_AGAIN


def coming(rhythm: Rhythm, on: date, zone: str, *, now: datetime, settled: date | None = None) -> Period:
    """Return the first period, from that of a date on, that begins after ``now``.

    ``settled``: the local date of the last one that was paid or missed, in whatever rhythm; what could be
    called like it is passed over.
    """
    while True:
        found = _period(rhythm, on, zone)
        taken = settled is not None and (on <= settled or found.key == key_of(rhythm.frequency, settled))
        if found.begins_at > now and not _is_empty(found) and not taken:
            return found
        on = next_date(rhythm, on)


def following(rhythm: Rhythm, last: Period, zone: str) -> Period:
    """Return the period after one that was paid or missed.

    A day that a zone skips has no moment, and so no period.
    """
    found = _period(rhythm, next_date(rhythm, last.on), zone)
    while _is_empty(found):
        found = _period(rhythm, next_date(rhythm, found.on), zone)
    return found._replace(ends_at=max(found.ends_at, last.ends_at + LEAST))


def next_date(rhythm: Rhythm, on: date) -> date:
    """Return the local date on which the next period begins."""
    if rhythm.frequency == Frequency.DAILY:
        return on + timedelta(days=1)
    if rhythm.frequency == Frequency.WEEKLY:
        return on + timedelta(days=7)
    years, months = divmod(on.month, MONTHS)
    year, month = on.year + years, months + 1
    _, last = calendar.monthrange(year, month)
    return date(year, month, min(rhythm.anchor.day, last))


def key_of(frequency: Frequency, on: date) -> str:
    """Return what the period that begins on a date is called: ``2026-11-26``, ``2026-W48``, ``2026-11``."""
    if frequency == Frequency.DAILY:
        return on.isoformat()
    if frequency == Frequency.MONTHLY:
        return f"{on:%Y-%m}"
    year, week, _ = on.isocalendar()
    return f"{year}-W{week:02}"


def local_date(moment: datetime, zone: str) -> date:
    """Return what date a moment is of in a zone."""
    return moment.astimezone(ZoneInfo(zone)).date()


def start_of(day: date, zone: str) -> datetime:
    """Return the first moment, in UTC, that is of this date or a later one in a zone.

    Midnight, or where clocks are set forward over it the moment in which they are; where they are set back
    over it, the first of the two.
    """
    midnight = datetime.combine(day, time(), ZoneInfo(zone))
    by_old, by_new = (int(midnight.replace(fold=fold).timestamp()) for fold in (0, 1))
    before, found = by_new, by_old
    while found - before > 1:  # there is no such midnight: the moment lies between what both offsets say
        middle = (before + found) // 2
        if local_date(datetime.fromtimestamp(middle, UTC), zone) >= day:
            found = middle
        else:
            before = middle
    return datetime.fromtimestamp(found, UTC)


def _period(rhythm: Rhythm, on: date, zone: str) -> Period:
    ends_at = start_of(next_date(rhythm, on), zone)
    return Period(on, key_of(rhythm.frequency, on), start_of(on, zone), ends_at)


def _is_empty(period: Period) -> bool:
    return period.begins_at >= period.ends_at
