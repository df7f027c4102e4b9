"""Allowances in the console: found, explained, stopped with a reason."""

from datetime import datetime

import pytest

from families import checks
from family_site.identity.roles import Role
from ops import clock
from ops.console import references
from ops.doctor import whereabouts
from ops.doctor.check import Result
from tests.console import LIST, Console
from tests.database import audit
from tests.factories import new_staff
from tests.families.allowed import DAY, HOUR, Allowed, allowed, run


@pytest.fixture
def finance() -> Console:
    return Console(new_staff(Role.FINANCE, "fin"))


@pytest.fixture
def midnight() -> datetime:
    """When today has begun."""
    return clock.now().replace(hour=0, minute=0, second=0, microsecond=0)


@pytest.fixture
def poor(midnight: datetime) -> Allowed:
    """One whose first period was paid, the second missed, and the third waits for tokens today."""
    made = allowed(5, now=midnight - 3 * DAY + HOUR)
    for days in (2, 1, 0):
        run(midnight - days * DAY)
    return made


@pytest.mark.parametrize(
    ("query", "found"),
    [
        *(({"q": "{id}"}, 1), ({"q": "{family}"}, 1), ({"q": "{recipient}"}, 1), ({"family": "{family}"}, 1)),
        *(({"status": "active"}, 1), ({"status": "stopped"}, 0), ({"overdue": "yes"}, 1)),
        ({"family": "{family}", "overdue": "yes"}, 1),
    ],
)
def test_one_is_found_by_what_people_know_of_it(
    finance: Console, poor: Allowed, query: dict[str, str], found: int
) -> None:
    about = {"id": poor.id, "family": poor.house.id, "recipient": poor.recipient.id}
    words = {name: each.format(**about) for name, each in query.items()}

    assert len(finance.names("allowances", **words)) == found


def test_one_that_was_paid_is_not_overdue(finance: Console, midnight: datetime) -> None:
    allowed(now=midnight - HOUR)
    run(midnight)

    assert finance.names("allowances", overdue="yes") == []
    assert finance.get(LIST["allowances"], overdue="no").status == 302


def test_its_page_tells_what_is_in_the_way_and_what_became_of_its_periods(
    finance: Console, poor: Allowed, midnight: datetime
) -> None:
    days = [(midnight - number * DAY).date().isoformat() for number in (1, 2)]

    page = finance.get(references.page_of("tokens.allowance", poor.id))

    assert page.field("In the way") == "short"
    assert [row[:4] for row in page.table("Periods")] == [
        [days[0], "missed", "short", "5"],
        [days[1], "paid", "-", "5"],
    ]


def test_what_was_missed_is_found_with_the_reason(
    finance: Console, poor: Allowed, midnight: datetime
) -> None:
    yesterday = (midnight - DAY).date().isoformat()

    rows = finance.get(LIST["payments"], status="missed").rows

    assert [(row[1], row[5], row[6]) for row in rows] == [(yesterday, "missed", "short")]
    assert len(finance.names("payments", allowance=poor.id)) == 2
    assert len(finance.names("payments", q=poor.id)) == 2


def test_staff_stop_one_with_a_reason_and_once(finance: Console, poor: Allowed) -> None:
    path = references.page_of("tokens.allowance", poor.id)
    assert "Nothing more is paid" in finance.ask(path, "stop").text

    assert finance.confirm(path, "stop").status == 302

    assert poor.stored["status"] == "stopped"
    (entry,) = audit("allowance.stopped")
    assert (entry["target"], entry["as_staff"]) == (poor.id, True)
    assert entry["private"]["reason"] == "as asked by phone"
    assert 'value="stop"' not in finance.get(path).html


def test_a_family_shows_its_allowances(finance: Console, poor: Allowed) -> None:
    page = finance.get(references.page_of("families.family", poor.house.id))

    ((name, recipient, _begins, obstacle),) = page.table("Allowances")
    assert (name, recipient, obstacle) == ("daily allowance of 5", poor.recipient.username, "short")


def test_doctor_counts_what_no_job_has_tried(midnight: datetime) -> None:
    where = whereabouts.from_settings()
    made, now = allowed(0, now=clock.now() - 2 * DAY), clock.now()

    forgotten = checks.look_at_allowances(where)
    run(now)
    tried = checks.look_at_allowances(where)

    assert (forgotten.result, tried.result) == (Result.DEGRADED, Result.OK)
    assert forgotten.evidence == ("1 are due for 5 minutes and were not tried",)
    assert made.stored["look_at"] > now > midnight
