"""When allowances are due: whatever becomes of clocks, zones and the job, each period comes once.

Source: HTTP contract, sections 15 (allowances) and 18 (rule 2).
"""

import zoneinfo
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from random import Random
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokens.rules import allowances as rules
from tokens.rules.allowances import Frequency, Obstacle, Period, Rhythm, Verdict

DAY, HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)
# Furthest apart, with skipped days, with midnights that are not or are twice, with odd offsets.
ODD_ZONES = (
    *("UTC", "Pacific/Apia", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Pacific/Fakaofo", "Asia/Kathmandu"),
    *("America/Sao_Paulo", "Asia/Beirut", "Asia/Amman", "Africa/Cairo", "America/Havana", "Asia/Tehran"),
    *("America/St_Johns", "Australia/Lord_Howe", "Antarctica/Troll", "Europe/Lisbon", "America/New_York"),
)
ALL_ZONES = sorted(zoneinfo.available_timezones())
zones = st.sampled_from(ODD_ZONES) | st.sampled_from(ALL_ZONES)
EARLIEST, LATEST = datetime(2009, 1, 1), datetime(2036, 1, 1)  # noqa: DTZ001  # hypothesis adds the zone
moments = st.datetimes(EARLIEST, LATEST, timezones=st.just(UTC))


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]  # the parts of a time


class Settled(NamedTuple):
    """A period, what became of it and when."""

    period: Period
    verdict: Verdict
    at: datetime


class Life:
    """A schedule in a world where zones change and the job runs when it does."""

    def __init__(self, frequency: Frequency, made: datetime, lived_by: Mapping[datetime, str]) -> None:
        """Make the schedule; ``lived_by``: which zone holds from when on."""
        self.lived_by = sorted(lived_by.items())
        zone = self.zone(made)
        anchor = rules.local_date(made, zone)
        self.rhythm = Rhythm(frequency, anchor)
        self.next = rules.coming(self.rhythm, rules.next_date(self.rhythm, anchor), zone, now=made)
        self.settled: list[Settled] = []

    def zone(self, now: datetime) -> str:
        """Return the zone of a moment."""
        return [zone for since, zone in self.lived_by if since <= now][-1]

    def run(self, now: datetime, obstacle: Obstacle | None = None) -> None:
        """Do as the job does."""
        while (verdict := rules.verdict(self.next, obstacle, now)) in {Verdict.PAY, Verdict.MISS}:
            self.settled.append(Settled(self.next, verdict, now))
            self.next = rules.following(self.rhythm, self.next, self.zone(now))


def show_each_once(life: Life, last_run: datetime) -> None:
    """Show that every period was settled once, in its time, in order, and none was left out."""
    periods = [each.period for each in life.settled]
    assert len({each.key for each in periods}) == len(periods)
    for each in life.settled:
        in_time = each.period.begins_at <= each.at < each.period.ends_at
        assert in_time if each.verdict == Verdict.PAY else each.at >= each.period.ends_at
    for one, other in pairwise([*life.settled, Settled(life.next, Verdict.NOTHING, last_run)]):
        assert other.period.ends_at - one.period.ends_at >= HOUR
        on = rules.next_date(life.rhythm, one.period.on)
        while on != other.period.on:  # a day that the zone of that moment skips
            zone = life.zone(one.at)
            assert rules.start_of(on, zone) == rules.start_of(on + DAY, zone)
            on = rules.next_date(life.rhythm, on)
    assert life.next.ends_at > last_run


@st.composite
def lives(draw: st.DrawFn) -> Life:
    """A schedule with up to six changes of the zone in two years."""
    made = draw(moments)
    changes = draw(st.lists(st.integers(0, 2 * 366 * 24), max_size=6))
    lived_by = {made - DAY: draw(zones)}
    lived_by |= {made + hours * HOUR: draw(zones) for hours in changes}
    return Life(draw(st.sampled_from(Frequency)), made, lived_by)


@given(lives(), st.integers(0, 2**32), st.sampled_from([(0, 1, 2, 5), (0, 0, 1), (5,)]))
def test_in_two_years_each_period_is_paid_or_missed_once(
    life: Life, seed: int, runs_a_period: Sequence[int]
) -> None:
    random = Random(seed)  # noqa: S311  # when the job runs is no secret
    end = life.next.begins_at + 2 * 366 * DAY
    now = life.next.begins_at
    while now < end:
        length = max(life.next.ends_at - now, HOUR)
        times = random.choice(runs_a_period)
        for run in sorted(random.random() for _ in range(times)):
            obstacle = random.choice([None, None, Obstacle.FROZEN])
            life.run(now + run * length, obstacle)
        now += length
    life.run(end)

    show_each_once(life, end)


@given(lives())
def test_no_change_of_the_zone_makes_one_miss_a_period_while_the_job_runs(life: Life) -> None:
    now = life.next.begins_at - DAY
    end = now + 60 * DAY
    while now < end:
        life.run(now)
        now += HOUR / 2

    assert {each.verdict for each in life.settled} <= {Verdict.PAY}
    show_each_once(life, now - HOUR / 2)


@given(lives(), st.sampled_from(Frequency), st.integers(0, 90), st.integers(0, 48), zones)
def test_a_frequency_that_is_changed_takes_no_name_twice(
    life: Life, frequency: Frequency, days: int, hours: int, zone: str
) -> None:
    now = life.next.begins_at + days * DAY
    life.run(now)
    settled, later = [each.period for each in life.settled], now + hours * HOUR

    anchor = rules.local_date(later, zone)
    rhythm = Rhythm(frequency, anchor)
    first = rules.coming(rhythm, anchor, zone, now=later, settled=settled[-1].on)

    assert first.begins_at > later
    assert first.on > settled[-1].on
    assert first.key not in {rules.key_of(frequency, each.on) for each in settled}


@given(st.dates(EARLIEST.date(), LATEST.date()), zones)
def test_a_day_begins_with_its_first_moment(day: date, zone: str) -> None:
    start = rules.start_of(day, zone)

    assert rules.local_date(start, zone) >= day > rules.local_date(start - SECOND, zone)


@pytest.mark.parametrize(
    ("zone", "day", "start"),
    [
        ("UTC", date(2026, 11, 26), utc(2026, 11, 26)),
        ("Asia/Kathmandu", date(2026, 11, 26), utc(2026, 11, 25, 18, 15)),
        # No midnight: clocks go from 0:00 to 1:00.
        ("America/Sao_Paulo", date(2017, 10, 15), utc(2017, 10, 15, 3)),
        # No midnight, and it goes missing from 23:30 on.
        ("America/Toronto", date(1919, 3, 31), utc(1919, 3, 31, 4, 30)),
        # Midnight twice: at 0:01 clocks go back to 23:01.
        ("America/St_Johns", date(2006, 10, 29), utc(2006, 10, 29, 2, 30)),
        # A day that is skipped begins as the next one does.
        ("Pacific/Apia", date(2011, 12, 30), utc(2011, 12, 30, 10)),
        ("Pacific/Apia", date(2011, 12, 31), utc(2011, 12, 30, 10)),
    ],
)
def test_midnights_that_are_odd(zone: str, day: date, start: datetime) -> None:
    assert rules.start_of(day, zone) == start


def coming_dates(frequency: Frequency, anchor: date, zone: str, number: int) -> list[Period]:
    rhythm = Rhythm(frequency, anchor)
    first = rules.coming(
        rhythm, rules.next_date(rhythm, anchor), zone, now=rules.start_of(anchor, zone) + 12 * HOUR
    )
    found = [first]
    while len(found) < number:
        found.append(rules.following(rhythm, found[-1], zone))
    return found


def test_a_skipped_day_is_no_period_of_its_own() -> None:
    found = coming_dates(Frequency.DAILY, date(2011, 12, 27), "Pacific/Apia", 4)

    assert [each.key for each in found] == ["2011-12-28", "2011-12-29", "2011-12-31", "2012-01-01"]
    assert found[1].ends_at == found[2].begins_at == utc(2011, 12, 30, 10)


@pytest.mark.parametrize("frequency", [Frequency.WEEKLY, Frequency.MONTHLY])
def test_a_longer_period_that_would_begin_with_a_skipped_day_begins_with_the_next(
    frequency: Frequency,
) -> None:
    anchor = {Frequency.WEEKLY: date(2011, 12, 23), Frequency.MONTHLY: date(2011, 11, 30)}[frequency]

    (found,) = coming_dates(frequency, anchor, "Pacific/Apia", 1)

    assert (found.on, found.begins_at) == (date(2011, 12, 30), utc(2011, 12, 30, 10))


def test_the_31st_is_the_last_day_of_a_short_month() -> None:
    found = coming_dates(Frequency.MONTHLY, date(2027, 12, 31), "UTC", 5)

    assert [f"{each.on:%m-%d}" for each in found] == ["01-31", "02-29", "03-31", "04-30", "05-31"]
    assert [each.key for each in found][:2] == ["2028-01", "2028-02"]


def test_a_week_begins_with_the_day_on_which_it_was_made_and_is_named_by_iso() -> None:
    found = coming_dates(Frequency.WEEKLY, date(2026, 12, 24), "Europe/Lisbon", 3)

    assert {each.on.strftime("%A") for each in found} == {"Thursday"}
    assert [each.key for each in found] == ["2026-W53", "2027-W01", "2027-W02"]


def test_days_are_shorter_and_longer_as_clocks_change() -> None:
    spring = coming_dates(Frequency.DAILY, date(2026, 3, 27), "Europe/Lisbon", 3)
    autumn = coming_dates(Frequency.DAILY, date(2026, 10, 23), "Europe/Lisbon", 3)

    lengths = [[(each.ends_at - each.begins_at) / HOUR for each in found] for found in (spring, autumn)]
    assert lengths == [[24, 23, 24], [24, 25, 24]]


def test_a_zone_that_goes_ahead_by_more_than_a_day_leaves_an_hour() -> None:
    (last,) = coming_dates(Frequency.DAILY, date(2026, 11, 25), "Pacific/Pago_Pago", 1)
    rhythm = Rhythm(Frequency.DAILY, date(2026, 11, 25))

    found = rules.following(rhythm, last, "Pacific/Kiritimati")

    assert (last.begins_at, last.ends_at) == (utc(2026, 11, 26, 11), utc(2026, 11, 27, 11))
    assert (found.begins_at, found.ends_at) == (utc(2026, 11, 26, 10), utc(2026, 11, 27, 12))
    assert rules.following(rhythm, found, "Pacific/Kiritimati").ends_at == utc(2026, 11, 28, 10)


@pytest.mark.parametrize(
    ("moment", "obstacle", "verdict"),
    [
        (-SECOND, None, Verdict.NOTHING),
        (-SECOND, Obstacle.DISABLED, Verdict.NOTHING),
        (0 * SECOND, None, Verdict.PAY),
        (0 * SECOND, Obstacle.FROZEN, Verdict.TRY_AGAIN),
        (0 * SECOND, Obstacle.SHORT, Verdict.TRY_AGAIN),
        (0 * SECOND, Obstacle.DISABLED, Verdict.MISS),
        (DAY - SECOND, None, Verdict.PAY),
        (DAY - SECOND, Obstacle.SHORT, Verdict.TRY_AGAIN),
        (DAY, None, Verdict.MISS),
        (DAY, Obstacle.FROZEN, Verdict.MISS),
    ],
)
def test_what_is_done_about_a_period(moment: timedelta, obstacle: Obstacle | None, verdict: Verdict) -> None:
    (period,) = coming_dates(Frequency.DAILY, date(2026, 11, 25), "UTC", 1)

    assert rules.verdict(period, obstacle, period.begins_at + moment) == verdict
