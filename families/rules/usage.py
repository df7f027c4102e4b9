"""What somebody used day by day, counted back from what there is now. No database, no clock.

The audit log tells how many people came into a family and went, not how many there were: so counting begins
with today's number and undoes each day's changes. What happened in a family while the person was not in it
counts for nothing and is not told. Source: HTTP contract, section 7 (usage-tracking).
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

DAY = timedelta(days=1)
LONGEST_DAYS = 366
USUAL_DAYS = 30
FEWEST_POINTS = 7
# Use has grown, or shrunk, if it differs by more than one in so many between the halves of a period.
NOTICEABLE = 10


class Event(StrEnum):
    """What changes how many people a family has, as the audit log calls it."""

    CREATED = "family.created"
    JOINED = "member.joined"
    ACCEPTED = "invitation.accepted"
    LEFT = "member.left"
    REMOVED = "member.removed"
    DISSOLVED = "family.dissolved"


ENTRIES = frozenset({Event.CREATED, Event.JOINED, Event.ACCEPTED})
ADDITIONS = (Event.JOINED, Event.ACCEPTED)


class Granularity(StrEnum):
    """How long the time is that a row stands for."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


class Trend(StrEnum):
    """Whether use grows."""

    UP = "up"
    DOWN = "down"
    FLAT = "flat"
    UNKNOWN = "insufficient_data"


class Period(NamedTuple):
    """Days that are asked about; both are part of it."""

    start: date
    end: date

    @property
    def days(self) -> int:
        """How many they are."""
        return (self.end - self.start).days + 1


class Own(NamedTuple):
    """The person came into a family, or went; ``delta``: how many people it had more after that."""

    family_id: str
    at: datetime
    event: Event
    delta: int

    @property
    def is_entry(self) -> bool:
        """They came."""
        return self.event in ENTRIES


class Tally(NamedTuple):
    """How often others came or went on a day.

    ``family_id``: of which family; ``None``: of all those that the person was in for the whole time.
    ``segment``: after how many of the person's own comings and goings there.
    """

    family_id: str | None
    segment: int
    day: date
    event: Event
    times: int
    delta: int


@dataclass
class Row:
    """What somebody used at the end of a time that begins on ``day``, and what happened in it."""

    day: date
    families: int
    members: int
    events: dict[Event, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Known:
    """What counting begins with.

    Attributes:
        members: how many people each family has now, by id: those the person is in, or was in since.
        current: ids of those they are in now.
        own: when they came and went since the period's first day, oldest first.
        tallies: what others did since then; days after the period may be told as one.
    """

    members: Mapping[str, int]
    current: Collection[str]
    own: Sequence[Own]
    tallies: Sequence[Tally]


# Day by day -----------------------------------------------------------------------------------------


def daily(known: Known, period: Period) -> list[Row]:
    """Return a row for each day of the period, oldest first."""
    after = period.end + DAY
    back = _Back(known, after)
    back.undo(after)
    rows = []
    for number in range(period.days):
        day = period.end - number * DAY
        rows.append(Row(day, back.families, back.people, back.events(day)))
        back.undo(day)
    return rows[::-1]


class _Back:
    """Families and members as they were, going back in time; all that came after the period is one day."""

    def __init__(self, known: Known, after: date) -> None:
        changing = {each.family_id for each in known.own}
        self._steady = {each for each in known.current if each not in changing}
        self._inside = set(known.current) & changing
        self._members = dict(known.members)
        self._in_steady = sum(self._members[each] for each in self._steady)
        self._own: defaultdict[date, list[Own]] = defaultdict(list)
        for own in known.own:
            self._own[min(own.at.date(), after)].append(own)
        self._tallies: defaultdict[date, list[Tally]] = defaultdict(list)
        for tally in known.tallies:
            self._tallies[min(tally.day, after)].append(tally)
        self._was_in = _segments(known.own)

    @property
    def families(self) -> int:
        return len(self._steady) + len(self._inside)

    @property
    def people(self) -> int:
        return self._in_steady + sum(self._members[each] for each in self._inside)

    def events(self, day: date) -> dict[Event, int]:
        """Return what happened on a day in families that the person was in, as often as it did."""
        counts: defaultdict[Event, int] = defaultdict(int)
        for own in self._own[day]:
            counts[own.event] += 1
        for tally in self._tallies[day]:
            if tally.family_id is None or self._was_in[tally.family_id][tally.segment]:
                counts[tally.event] += tally.times
        return {event: counts[event] for event in Event if counts[event]}

    def undo(self, day: date) -> None:
        """Go back to the beginning of a day."""
        for own in reversed(self._own[day]):
            self._members[own.family_id] -= own.delta
            (self._inside.discard if own.is_entry else self._inside.add)(own.family_id)
        for tally in self._tallies[day]:
            if tally.family_id is None:
                self._in_steady -= tally.delta
            else:
                self._members[tally.family_id] -= tally.delta


def _segments(own: Sequence[Own]) -> dict[str, list[bool]]:
    """Return, by family, whether the person was in it before their first coming or going, and after each."""
    found: dict[str, list[bool]] = {}
    for each in own:
        found.setdefault(each.family_id, [not each.is_entry]).append(each.is_entry)
    return found


# Rows, figures, trend -------------------------------------------------------------------------------


def gathered(days: Sequence[Row], granularity: Granularity) -> list[Row]:
    """Return rows of days, weeks or months: as it was at the end of each, and all that happened in it.

    A row has the date of the first day of its week (ISO: a Monday) or month.
    """
    rows: list[Row] = []
    for each in days:
        first = _first_day(each.day, granularity)
        if not rows or rows[-1].day != first:
            rows.append(Row(first, 0, 0))
        row = rows[-1]
        row.families, row.members = each.families, each.members
        row.events = {
            event: total for event in Event if (total := row.events.get(event, 0) + each.events.get(event, 0))
        }
    return rows


def _first_day(day: date, granularity: Granularity) -> date:
    if granularity == Granularity.WEEKLY:
        return day - day.weekday() * DAY
    return day.replace(day=1) if granularity == Granularity.MONTHLY else day


class Figures(NamedTuple):
    """The most, and the mean, of the days of a period; what was founded and who came in it."""

    peak_families: int
    peak_members_total: int
    average_families: float
    average_members_total: float
    family_creation_events: int
    member_addition_events: int


def figures(days: Sequence[Row]) -> Figures:
    """Return the figures of a period, whatever its rows are."""

    def total(*events: Event) -> int:
        return sum(row.events.get(event, 0) for row in days for event in events)

    families, members = [row.families for row in days], [row.members for row in days]
    return Figures(
        max(families, default=0),
        max(members, default=0),
        _mean(families),
        _mean(members),
        total(Event.CREATED),
        total(*ADDITIONS),
    )


def trend(points: Sequence[int]) -> Trend:
    """Compare the halves of a period; of an odd number of points the one in the middle counts for none."""
    if len(points) < FEWEST_POINTS:
        return Trend.UNKNOWN
    half = len(points) // 2
    before, after = sum(points[:half]), sum(points[-half:])
    # In whole numbers, so that exactly a tenth more is what it is.
    if abs(after - before) * NOTICEABLE <= before:
        return Trend.FLAT
    return Trend.UP if after > before else Trend.DOWN


def _mean(numbers: Sequence[int]) -> float:
    return round(sum(numbers) / len(numbers), 2) if numbers else 0.0
