"""Periods of lists: named ones, one day, or from one day to another, in the zone of who looks."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import RequestFactory

from ops import clock
from ops.console import periods, zones
from ops.mongo.collections import collection
from tests.console import LIST, Console
from tests.factories import new_person

TODAY = date(2026, 3, 1)


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("today", "2026-03-01", "2026-03-02"),
        ("yesterday", "2026-02-28", "2026-03-01"),
        ("week", "2026-02-23", "2026-03-02"),
        ("month", "2026-01-31", "2026-03-02"),
        ("this-month", "2026-03-01", "2026-03-02"),
        ("last-month", "2026-02-01", "2026-03-01"),
        ("2024-02-29", "2024-02-29", "2024-03-01"),
        ("2025-12-31..2026-01-01", "2025-12-31", "2026-01-02"),
    ],
)
def test_a_period_begins_with_its_first_day_and_ends_with_its_last(text: str, start: str, end: str) -> None:
    assert periods.read(text, TODAY) == (day(start), day(end))


def test_a_period_may_have_one_end_only() -> None:
    assert periods.read("2026-01-01..", TODAY) == (day("2026-01-01"), None)
    assert periods.read("..2026-01-01", TODAY) == (None, day("2026-01-02"))


def test_days_are_meant_in_the_zone_of_who_looks() -> None:
    request = RequestFactory().get("/admin/")
    request.COOKIES[zones.CHOSEN] = "Asia/Kolkata"
    with zones.looked_at_from(request):
        kolkata = periods.read("2026-03-01", TODAY)

    assert kolkata.start == day("2026-02-28") + timedelta(hours=18, minutes=30)


@pytest.mark.parametrize(
    "text",
    ["", "..", ".", "soon", "2026-02-30", "2026-01-02..2026-01-01", "..x", "9999-12-31", "2026-01-01.."[:-1]],
)
def test_other_texts_mean_no_period(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        periods.read(text, TODAY)


def test_a_list_is_narrowed_from_one_day_to_another(console: Console) -> None:
    ada = new_person("ada")
    collection("users").update({"_id": ada.id}, {"$set": {"created_at": clock.now() - timedelta(days=1)}})
    yesterday = zones.today() - timedelta(days=1)

    sent = console.get(LIST["users"], created_at_from=str(yesterday), created_at_to=str(yesterday), q="ad")
    opened = console.get(sent.goes_to)

    assert sent.goes_to.startswith(LIST["users"])
    assert f"created_at={yesterday}..{yesterday}" in sent.goes_to
    assert [row[0] for row in opened.rows] == ["ada"]
    assert console.names("users", created_at="yesterday") == ["ada"]
    assert console.names("users", created_at="today") == ["operator"]
    assert console.names("users", created_at=f"{yesterday}..") == ["operator", "ada"]


def test_a_form_without_a_day_leads_to_the_list_without_a_period(console: Console) -> None:
    sent = console.get(LIST["users"], created_at_from="", created_at_to="", is_staff="yes")

    assert sent.goes_to == f"{LIST['users']}?is_staff=yes"


def test_what_is_no_period_is_told(console: Console) -> None:
    sent = console.get(LIST["users"], created_at="soon")

    assert "The list has no such filter" in console.get(sent.goes_to).told
