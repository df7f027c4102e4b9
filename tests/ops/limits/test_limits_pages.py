"""/admin/limits/: what holds for each operation, and another limit set for a time."""

from datetime import UTC, timedelta
from typing import Any

import pytest

from family_site.identity.roles import Role
from ops import clock
from ops.limits.table import LIMITS
from tests.console import Console, Page
from tests.database import audit, documents
from tests.factories import new_override, new_person, new_staff
from tests.ops.limits.overridden import CREATE, hash_, holds

LIMITS_PAGE, ONE = "/admin/limits/", f"/admin/limits/{CREATE}/"
WANTED = {"limit": "50", "window": "3600", "hours": "1", "reason": "an import of families"}


@pytest.fixture
def console() -> Console:
    return Console(new_person(is_staff=True))


def sent(console: Console, **changed: str) -> Page:
    return console.post(ONE, WANTED | changed)


def stored() -> list[dict[str, Any]]:
    return documents("rate_limit_overrides")["rate_limit_overrides"]


def test_each_operation_stands_there_with_what_holds(console: Console) -> None:
    made = new_override(CREATE, 1_500, 120)

    page = console.get(LIMITS_PAGE)

    rows = {row[0]: row[1:6] for row in page.table("Limits")}
    assert rows.keys() == LIMITS.keys()
    until = f"{made.until:%Y-%m-%d %H:%M:%S} UTC"
    assert rows[CREATE] == ["user", "5 in 3,600 s", "1,500 in 120 s", until, "system:tests"]
    assert rows["login"][2:] == ["the table's", "-", "-"]
    assert ONE in page.links


def test_a_limit_is_raised_for_an_hour(console: Console) -> None:
    before = clock.now().replace(microsecond=0)

    told = sent(console)

    (made,) = stored()
    assert (told.status, told.goes_to) == (302, LIMITS_PAGE)
    assert (made["_id"], made["limit"], made["window"]) == (CREATE, 50, 3600)
    until = made["until"].replace(tzinfo=UTC)
    assert before <= until - timedelta(hours=1) <= clock.now()
    assert holds(CREATE, 50)
    assert CREATE in hash_()
    (entry,) = audit("rate_limit.overridden")
    assert (entry["target"], entry["private"]["reason"]) == (CREATE, WANTED["reason"])
    assert f"Set for {CREATE}: 50 in 3,600 s until" in console.get(LIMITS_PAGE).told


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("limit", value) for value in ("", "0", "-1", "1000001", "x", "5.5")),
        *(("window", value) for value in ("", "0", "86401")),
        *(("hours", value) for value in ("", "0", "721")),
        *((field, value) for field in ("limit", "window", "hours") for value in ("1\0", "9" * 5_000)),
        *(("reason", value) for value in ("", "ab", "x" * 501, "so\0 it is")),
    ],
)
def test_what_cannot_hold_is_refused_and_changes_nothing(console: Console, field: str, value: str) -> None:
    page = sent(console, **{field: value})

    assert "This cannot be taken so. Nothing was changed." in page.text
    assert (stored(), audit("rate_limit.overridden")) == ([], [])


@pytest.mark.parametrize("operation", ["nothing", "%00", "%FF", "x" * 2000])
def test_there_is_no_page_of_what_is_no_operation(console: Console, operation: str) -> None:
    assert console.get(f"/admin/limits/{operation}/").status == 404
    assert console.post(f"/admin/limits/{operation}/", WANTED).status == 404


def test_each_operation_has_a_page_that_sets_it(console: Console) -> None:
    for operation in LIMITS:
        assert console.post(f"/admin/limits/{operation}/", WANTED).goes_to == LIMITS_PAGE, operation

    assert {each["_id"] for each in stored()} == LIMITS.keys()
    assert {row[3] for row in console.get(LIMITS_PAGE).table("Limits")} == {"50 in 3,600 s"}


def test_who_may_only_see_is_offered_nothing_and_sets_nothing() -> None:
    console = Console(new_staff(Role.AUDITOR))

    assert ONE not in console.get(LIMITS_PAGE).links
    assert sent(console).status == 403
    assert stored() == []
