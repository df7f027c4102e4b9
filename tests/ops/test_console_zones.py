"""Times and numbers as who looks at the console reads them."""

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ops.console import zones
from ops.console.showing import Table, minute, plain, when
from tests.console import LIST, Console, document_page
from tests.factories import new_person

WINTER = datetime(2026, 1, 31, 23, 30, tzinfo=UTC)
SUMMER = datetime(2026, 7, 31, 23, 30, tzinfo=UTC)


def _from(zone: str = "", chosen: str = "") -> Any:
    """Return a request from somewhere."""
    return SimpleNamespace(COOKIES={zones.SEEN: zone, zones.CHOSEN: chosen})


@pytest.mark.parametrize(
    ("zone", "chosen", "shown"),
    [
        ("", "", "2026-07-31 23:30:00 UTC"),
        ("Europe/Paris", "", "2026-08-01 01:30:00 CEST"),
        ("Europe/Paris", "America/New_York", "2026-07-31 19:30:00 EDT"),
        ("Europe/Paris", "Nowhere/Land", "2026-08-01 01:30:00 CEST"),
        ("Asia/Kathmandu", "", "2026-08-01 05:15:00 UTC+05:45"),
        ("../../etc/passwd", "/etc/localtime", "2026-07-31 23:30:00 UTC"),
    ],
)
def test_a_time_is_shown_where_the_viewer_is(zone: str, chosen: str, shown: str) -> None:
    with zones.looked_at_from(_from(zone, chosen)):
        told = when(SUMMER)

    assert f">{shown}<" in told
    assert 'datetime="2026-07-31T23:30:00+00:00"' in told
    assert ('title="2026-07-31 23:30:00 UTC"' in told) is not shown.endswith(" UTC")
    assert ">2026-07-31 23:30:00 UTC<" in when(SUMMER)  # and in UTC again after the page


def test_a_zone_keeps_its_summer_and_the_last_day_of_all_stays_what_it_is() -> None:
    with zones.looked_at_from(_from("Pacific/Auckland")):
        assert minute(WINTER) == "2026-02-01 12:30 NZDT"
        assert minute(SUMMER, day=False) == "11:30 NZST"
        assert minute(WINTER.replace(tzinfo=None)) == "2026-02-01 12:30 NZDT"
        assert ">9999-12-31 23:59:59 UTC<" in when(datetime.max.replace(tzinfo=UTC))


def test_a_day_is_as_long_as_it_is_where_the_viewer_is() -> None:
    day = date(2026, 3, 29)  # clocks go forward
    with zones.looked_at_from(_from("Europe/Paris")):
        start, end = zones.span(day, day)

    assert (start, end) == (datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 3, 29, 22, tzinfo=UTC))


def test_numbers_have_their_thousands_apart_and_what_is_no_number_has_not() -> None:
    rows = [("one", 1234567, True, "2026", 999)]

    assert Table("Numbers", ("a", "b", "c", "d", "e"), rows).shown == [
        ["one", "1,234,567", True, "2026", "999"]
    ]
    assert [plain(each) for each in (86400, True, "86400", 0)] == ["86,400", "yes", "86400", "0"]


def test_the_zone_is_chosen_by_form_and_goes_before_the_browsers(console: Console) -> None:
    console.client.cookies[zones.SEEN] = "Asia/Tokyo"
    assert "Times in Asia/Tokyo" in console.get("/admin/").text

    answer = console.post("/admin/times/", {"zone": "Europe/Paris", "next": LIST["users"]})

    assert answer.goes_to == LIST["users"]
    kept = console.client.cookies[zones.CHOSEN]
    assert (kept.value, kept["path"], kept["httponly"]) == ("Europe/Paris", "/admin/", True)
    assert "Times in Europe/Paris" in console.get("/admin/times/").text
    console.post("/admin/times/", {"zone": ""})
    assert "Times in Asia/Tokyo" in console.get("/admin/").text


def test_no_other_zone_is_taken_and_nobody_is_led_elsewhere(console: Console) -> None:
    refused = console.post("/admin/times/", {"zone": "Nowhere/Land", "next": "//example.com/"})

    assert "Select a valid choice" in refused.text
    assert zones.CHOSEN not in console.client.cookies
    assert console.post("/admin/times/", {"zone": "UTC", "next": "//example.com/"}).goes_to == "/admin/"


def test_a_list_shows_and_filters_by_the_viewers_days(console: Console) -> None:
    ada = new_person("ada")
    made = console.get(document_page(LIST["users"], ada.id)).field("Registered")
    console.client.cookies[zones.SEEN] = "Pacific/Kiritimati"  # fourteen hours ahead
    local = (
        datetime.fromisoformat(made.removesuffix(" UTC"))
        .replace(tzinfo=UTC)
        .astimezone(ZoneInfo("Pacific/Kiritimati"))
    )

    there = console.get(LIST["users"], created_at=f"{local:%Y-%m-%d}")

    row = next(row for row in there.rows if row[0] == "ada")
    assert f"{local:%Y-%m-%d %H:%M:%S} UTC+14:00" in row
    assert "Days in Pacific/Kiritimati" in there.text


@pytest.fixture
def console() -> Console:
    """The console, with staff at it."""
    return Console(new_person("operator", is_staff=True))
