"""Today, and the same weekday last week, as the zone of who looks has them."""

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from ops.console import zones
from ops.front.series import HOUR

WEEK = timedelta(days=7)
INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True)
class Day:
    """A day: its name, when it begins and when it is over, in UTC."""

    day: date
    start: datetime
    end: datetime

    @classmethod
    def here(cls, day: date) -> "Day":
        """Return a day in the current zone."""
        return cls(day, *zones.span(day, day))

    @property
    def label(self) -> str:
        """Its name, for example ``Friday 20 November``."""
        return f"{self.day:%A} {self.day.day} {self.day:%B}"

    @property
    def in_utc(self) -> set[date]:
        """The days in UTC that hold any of its hours."""
        return {self.start.date(), (self.end - INSTANT).date()}


@dataclass(frozen=True)
class Days:
    """Both, as they are at a moment."""

    today: Day
    before: Day
    now: datetime

    @classmethod
    def at(cls, now: datetime) -> "Days":
        """Return them in the current zone."""
        day = zones.here(now).date()
        return cls(Day.here(day), Day.here(day - WEEK), now)

    @property
    def in_utc(self) -> Sequence[date]:
        """The days in UTC that hold any of their hours."""
        return sorted(self.today.in_utc | self.before.in_utc)

    @property
    def over(self) -> int:
        """How many hours of today are over."""
        return (self.now - self.today.start) // HOUR

    @functools.cached_property
    def hours(self) -> Sequence[str]:
        """The names of today's hours; one day in the year has 23, another 25 or a half."""
        number = math.ceil((self.today.end - self.today.start) / HOUR)
        starts = (self.today.start + each * HOUR for each in range(number))
        return [f"{zones.here(each):%H:%M}" for each in starts]

    @property
    def zone(self) -> str:
        """What the zone is called now."""
        return zones.name_at(zones.here(self.now))
