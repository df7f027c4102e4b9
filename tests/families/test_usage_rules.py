"""Counting back what somebody used, against a plain replay. Source: HTTP contract, section 7."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from families.rules import usage
from families.rules.usage import (
    Event,
    Figures,
    Granularity,
    Known,
    Own,
    Period,
    Row,
    Tally,
    Trend,
    daily,
    gathered,
    trend,
)

FIRST = datetime(2026, 1, 1, tzinfo=UTC)
ME = 0
PEOPLE, FAMILIES, HOURS = 4, 3, 24 * 12


class Happened(NamedTuple):
    """An entry of the audit log: who came or went; with a family's end, everybody who was there."""

    at: datetime
    family: str
    event: Event
    people: tuple[int, ...]


@dataclass
class World:
    """Families with their members, and what has happened, from the beginning on."""

    members: dict[str, set[int]] = field(default_factory=dict)
    log: list[Happened] = field(default_factory=list)

    def do(self, at: datetime, family: str, person: int, *, whole: bool, removed: bool) -> None:
        """Let somebody come, or go, or end the family: whatever is possible."""
        inside = self.members.setdefault(family, set())
        people: tuple[int, ...] = (person,)
        if family in self.ended:
            return
        if not inside:
            event = Event.CREATED
        elif whole and person in inside:
            event, people = Event.DISSOLVED, tuple(sorted(inside))
        elif person in inside and len(inside) > 1:
            event = Event.REMOVED if removed else Event.LEFT
        elif person in inside:
            return
        else:
            event = Event.JOINED if removed else Event.ACCEPTED
        (inside.update if event in usage.ENTRIES else inside.difference_update)(people)
        self.log.append(Happened(at, family, event, people))

    @property
    def ended(self) -> set[str]:
        """Families that are dissolved: nobody comes into them any more."""
        return {each.family for each in self.log if each.event == Event.DISSOLVED}


@st.composite
def worlds(draw: st.DrawFn) -> World:
    hours = sorted(draw(st.sets(st.integers(0, HOURS), max_size=40)))
    made = World()
    for hour in hours:
        family = f"fam_{draw(st.integers(1, FAMILIES))}"
        made.do(
            FIRST + hour * timedelta(hours=1),
            family,
            draw(st.integers(ME, PEOPLE - 1)),
            whole=draw(st.integers(0, 9)) == 0,
            removed=draw(st.booleans()),
        )
    return made


def known(world: World, period: Period) -> Known:
    """Return what the database tells: all since the first day, the others' doings by day and segment."""
    since = [each for each in world.log if each.at.date() >= period.start]
    mine = [each for each in since if ME in each.people]
    own = [Own(each.family, each.at, each.event, delta(each)) for each in mine]
    changing = {each.family_id for each in own}
    tallies: Counter[tuple[str | None, int, date, Event]] = Counter()
    deltas: Counter[tuple[str | None, int, date, Event]] = Counter()
    current = {family for family, inside in world.members.items() if ME in inside}
    for each in since:
        if each in mine or each.family not in changing | current:
            continue
        family = each.family if each.family in changing else None
        segment = sum(entry.family_id == each.family and entry.at <= each.at for entry in own)
        key = (family, segment, each.at.date(), each.event)
        tallies[key] += 1
        deltas[key] += delta(each)
    members = {family: len(world.members[family]) for family in changing | current}
    return Known(members, current, own, [Tally(*key, tallies[key], deltas[key]) for key in tallies])


def delta(happened: Happened) -> int:
    return len(happened.people) * (1 if happened.event in usage.ENTRIES else -1)


def replayed(world: World, period: Period) -> list[Row]:
    """Say it plainly: day by day, from the beginning on."""
    members: dict[str, set[int]] = {}
    rows, entries = [], list(world.log)
    day = min([period.start, *(each.at.date() for each in entries)])
    while day <= period.end:
        events: Counter[Event] = Counter()
        while entries and entries[0].at.date() == day:
            each = entries.pop(0)
            inside = members.setdefault(each.family, set())
            if ME in inside or ME in each.people:
                events[each.event] += 1
            (inside.update if each.event in usage.ENTRIES else inside.difference_update)(each.people)
        mine = [inside for inside in members.values() if ME in inside]
        told = {event: events[event] for event in Event if events[event]}
        rows.append(Row(day, len(mine), sum(map(len, mine)), told))
        day += timedelta(days=1)
    return [row for row in rows if row.day >= period.start]


@given(world=worlds(), start=st.integers(0, 12), days=st.integers(1, 14))
def test_counting_back_finds_what_was(world: World, start: int, days: int) -> None:
    first = FIRST.date() + timedelta(days=start)
    period = Period(first, first + timedelta(days=days - 1))

    assert daily(known(world, period), period) == replayed(world, period)


def rows(numbers: Sequence[int], first: date = date(2026, 1, 1)) -> list[Row]:
    return [Row(first + timedelta(days=place), 1, number) for place, number in enumerate(numbers)]


@pytest.mark.parametrize(
    ("granularity", "found"),
    [
        (Granularity.DAILY, [("2026-01-30", 1), ("2026-01-31", 2), ("2026-02-01", 3), ("2026-02-02", 4)]),
        (Granularity.WEEKLY, [("2026-01-26", 3), ("2026-02-02", 4)]),
        (Granularity.MONTHLY, [("2026-01-01", 2), ("2026-02-01", 4)]),
    ],
)
def test_a_row_is_as_it_was_at_its_end(granularity: Granularity, found: list[tuple[str, int]]) -> None:
    gathered_rows = gathered(rows([1, 2, 3, 4], date(2026, 1, 30)), granularity)

    assert [(each.day.isoformat(), each.members) for each in gathered_rows] == found


def test_a_row_has_all_that_happened_in_it() -> None:
    days = rows([1, 2, 3], date(2026, 1, 31))
    days[0].events = {Event.JOINED: 1, Event.LEFT: 1}
    days[1].events = {Event.JOINED: 2}
    days[2].events = {Event.DISSOLVED: 1}

    january, february = gathered(days, Granularity.MONTHLY)

    assert january.events == {Event.JOINED: 1, Event.LEFT: 1}
    assert february.events == {Event.JOINED: 2, Event.DISSOLVED: 1}
    assert days[1].events == {Event.JOINED: 2}


def test_the_first_week_of_the_calendar_has_a_monday() -> None:
    (row,) = gathered(rows([1, 2], date.min), Granularity.WEEKLY)

    assert row.day == date.min


def test_figures_are_of_days_whatever_the_rows_are() -> None:
    days = rows([1, 5, 3])
    days[0].families = 4
    days[1].events = {Event.CREATED: 1, Event.JOINED: 2, Event.ACCEPTED: 1, Event.LEFT: 7}

    assert usage.figures(days) == Figures(4, 5, 2.0, 3.0, 1, 3)


@pytest.mark.parametrize(
    ("points", "found"),
    [
        ([5] * 6, Trend.UNKNOWN),
        ([5] * 7, Trend.FLAT),
        ([0] * 7, Trend.FLAT),
        ([0] * 6 + [1], Trend.UP),
        ([1] + [0] * 6, Trend.DOWN),
        ([10] * 4 + [11] * 4, Trend.FLAT),
        ([100] * 4 + [110] * 3 + [111], Trend.UP),
        ([10] * 4 + [9] * 4, Trend.FLAT),
        ([100] * 4 + [90] * 3 + [89], Trend.DOWN),
        ([10] * 3 + [99] + [10] * 3, Trend.FLAT),
    ],
)
def test_the_trend_compares_the_halves(points: list[int], found: Trend) -> None:
    assert trend(points) == found
