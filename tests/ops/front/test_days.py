"""The days of the front page, as the zone of who looks has them; days on which clocks change, too."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import RequestFactory

from ops.console import zones
from ops.front import counters
from ops.front.counters import Counted
from ops.front.series import HOUR, QUARTERS, Series
from ops.front_console.days import Days

SENT = Series("sent", "mails queued", "ops.view_mail", "email_outbox", "created_at", "ops.mail")


@contextmanager
def seen_from(zone: str) -> Iterator[None]:
    request = RequestFactory().get("/admin/")
    request.COOKIES[zones.CHOSEN] = zone
    with zones.looked_at_from(request):
        yield


def test_in_utc_both_days_are_those_of_the_calendar() -> None:
    days = Days.at(datetime(2026, 11, 27, 14, 20, tzinfo=UTC))

    assert (days.today.start, days.today.end) == (
        datetime(2026, 11, 27, tzinfo=UTC),
        datetime(2026, 11, 28, tzinfo=UTC),
    )
    assert days.before.label == "Friday 20 November"
    assert list(days.in_utc) == [date(2026, 11, 20), date(2026, 11, 27)]
    assert (days.over, days.hours[0], days.hours[-1], days.zone) == (14, "00:00", "23:00", "UTC")


def test_where_clocks_are_ahead_the_day_begins_on_the_one_before_in_utc() -> None:
    with seen_from("Asia/Kathmandu"):
        days = Days.at(datetime(2026, 11, 27, 18, 20, tzinfo=UTC))

        assert days.today.start == datetime(2026, 11, 27, 18, 15, tzinfo=UTC)
        assert days.today.day == date(2026, 11, 28)
        assert len(list(days.in_utc)) == 4
        assert (days.over, days.hours[1]) == (0, "01:00")


@pytest.mark.parametrize(("day", "number", "third"), [(25, 25, "02:00"), (26, 24, "03:00")])
def test_a_day_on_which_clocks_go_back_has_an_hour_more(day: int, number: int, third: str) -> None:
    with seen_from("Europe/Paris"):
        days = Days.at(datetime(2026, 10, day, 12, tzinfo=UTC))

        assert len(days.hours) == number
        assert days.hours[3] == third


def test_a_day_on_which_clocks_go_forward_has_an_hour_less() -> None:
    with seen_from("Europe/Paris"):
        days = Days.at(datetime(2026, 3, 29, 12, tzinfo=UTC))

        assert len(days.hours) == 23
        assert list(days.hours[1:3]) == ["01:00", "03:00"]


@pytest.mark.parametrize(("now", "number", "last"), [((2026, 4, 5), 25, 2), ((2026, 10, 4), 24, 2)])
def test_a_day_of_half_an_hour_more_or_less_is_counted_whole(
    now: tuple[int, int, int], number: int, last: int
) -> None:
    with seen_from("Australia/Lord_Howe"):
        days = Days.at(datetime(*now, 1, tzinfo=UTC))
    one_each = {str(quarter): 1 for quarter in range(QUARTERS)}
    counted = Counted(days={counters.id_of("sent", each): {"quarters": one_each} for each in days.in_utc})

    numbers = counted.numbers(SENT, days.today.start, days.today.end)

    assert numbers == [4] * (number - 1) + [last]


def test_hours_are_put_together_from_the_quarters_of_any_number_of_days() -> None:
    start = datetime(2026, 11, 26, 23, 30, tzinfo=UTC)
    days = [start.date() + timedelta(days=each) for each in range(3)]
    one_each = {str(quarter): 1 for quarter in range(QUARTERS)}
    counted = Counted(days={counters.id_of("sent", each): {"quarters": one_each} for each in days[:2]})

    numbers = counted.numbers(SENT, start, start + 25 * HOUR)

    assert numbers == [4] * 24 + [2]
