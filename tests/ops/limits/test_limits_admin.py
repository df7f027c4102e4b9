"""Overrides and counters in the console."""

import pytest

from ops.ids import new_id
from tests.console import LIST, Console, document_page
from tests.database import audit, documents
from tests.factories import Person, new_override, new_person
from tests.ops.limits.overridden import CREATE, counted, counters_left, hash_, holds, in_table

OVERRIDES, USERS = LIST["overrides"], LIST["users"]


@pytest.fixture
def console() -> Console:
    return Console(new_person(is_staff=True))


def test_the_list_shows_what_holds_until_when_by_whom_and_why(console: Console) -> None:
    made = new_override("/family/create", 7, 120)

    page = console.get(OVERRIDES)

    until = f"{made.until:%Y-%m-%d %H:%M:%S} UTC"
    assert page.rows == [
        [CREATE, "7 in 120 s", "5 in 3600 s", until, "system:tests", "for a test", "/family/create"]
    ]
    assert "manage.py limits set --help" in page.text


def test_an_override_is_found_by_its_operation(console: Console) -> None:
    new_override("/family/create")
    new_override("login")

    assert console.names("overrides") == [CREATE, "login"]
    assert console.names("overrides", q="login") == ["login"]


def test_ending_one_asks_for_the_reason_and_leaves_an_entry(console: Console) -> None:
    new_override("/family/create", 7, 120)
    assert holds(CREATE, 7)
    page = document_page(OVERRIDES, CREATE)
    asked = console.ask(page, "end")

    told = console.confirm(page, "end", reason="no longer needed")

    assert "the table's limit holds again: 5 in 3600 s" in asked.text
    assert told.status == 302
    assert documents("rate_limit_overrides")["rate_limit_overrides"] == []
    assert (holds(CREATE, in_table(CREATE).most), hash_()) == (True, {})
    (entry,) = audit("rate_limit.restored")
    assert (entry["target"], entry["private"]["reason"]) == (CREATE, "no longer needed")


def test_a_person_s_counters_are_cleared_from_their_page(console: Console, person: Person) -> None:
    own, other = (f"rate_limit:user:{each}:{CREATE}:1900000000" for each in (person.id, new_id("user")))
    counted(own, other)
    page = document_page(USERS, person.id)
    assert "Clear rate limit counters…" in console.get(page).text

    console.confirm(page, "clear_counters", reason="asked for by phone")

    assert "Clear rate limit counters" in console.get(page).told
    assert (own in counters_left(), other in counters_left()) == (False, True)
    (entry,) = audit("rate_limit.counters_cleared")
    assert (entry["target"], entry["private"]["reason"]) == (person.id, "asked for by phone")
