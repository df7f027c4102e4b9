"""The console's lists stay quick however long they are: counts and pages have an end, reads an index."""

from datetime import timedelta
from typing import Any

import pytest

from ops import clock
from ops.console import filters, lists
from ops.mongo.collections import collection
from ops.mongo.indexes import Index
from tests import commands
from tests.console import LIST, Console
from tests.factories import Person, new_family, new_invitation, new_person

# What sorts in memory: only what an index has narrowed to few before.
SORTS = {"SORT"}


def test_counting_stops(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "MOST_COUNTED", 3)
    for number in range(5):
        new_person(f"person-no-{number}")

    assert "3 or more" in console.get(LIST["users"]).text
    assert "3 or more" in console.get(LIST["users"], is_staff="no").text
    assert "1 in all" in console.get(LIST["users"], is_staff="yes").text


def test_a_filter_without_an_index_of_its_own_has_an_end_and_says_so(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filters, "REACH", 3)
    monkeypatch.setattr(filters, "declared", dict)
    for number in range(4):
        new_person(f"person-no-{number}")

    by_staff = console.get(LIST["users"], is_staff="no")

    assert [row[0] for row in by_staff.rows] == [f"person-no-{number}" for number in (3, 2, 1)]
    assert "By staff, of the newest 3" in by_staff.text
    assert console.names("users", is_staff="yes") == []


def test_a_filter_with_an_index_of_its_own_reaches_all(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filters, "REACH", 1)
    index = Index(("is_staff", "-created_at", "-_id"))
    monkeypatch.setattr(filters, "declared", lambda: {"users": (index,)})
    for number in range(4):
        new_person(f"person-no-{number}")

    assert console.names("users", is_staff="yes") == ["operator"]
    assert "By staff All" in console.get(LIST["users"]).text


def test_a_long_list_has_pages(console: Console) -> None:
    new_users(120)

    pages = [console.names("users", p=str(number)) for number in (1, 2, 3)]

    assert [len(page) for page in pages] == [50, 50, 21]
    assert [name for page in pages for name in page] == [
        *(f"user-{number}" for number in reversed(range(120))),
        "operator",
    ]


def test_the_list_goes_on_after_what_is_counted(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "MOST_COUNTED", 100)
    new_users(120)

    (older,) = [each for each in console.get(LIST["users"], p="2").links if "after=" in each]
    rest = console.get(f"{LIST['users']}{older}")

    assert not [each for each in console.get(LIST["users"]).links if "after=" in each]
    assert [row[0] for row in rest.rows] == [
        *(f"user-{number}" for number in reversed(range(20))),
        "operator",
    ]
    assert "21 in all" in rest.text
    assert "?" in rest.links  # from the beginning


def test_a_list_does_not_begin_after_what_is_not_there(console: Console) -> None:
    told = console.get(console.get(LIST["users"], after="user_nobody").goes_to).told

    assert "no such filter" in told


def test_a_list_does_not_begin_after_what_has_no_place_in_its_order(
    console: Console, people: dict[str, Person]
) -> None:
    ada = people["ada"]
    invitation = new_invitation(new_family(ada)["_id"], ada, "guest@example.com")

    sent = console.get(LIST["invitations"], after=invitation["_id"], responded_at="..2030-01-01")

    assert sent.status == 302
    assert "no such filter" in console.get(sent.goes_to).told


def test_what_narrows_a_list_begins_at_its_beginning(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "MOST_COUNTED", 100)
    after = new_users(160)[130]

    page = console.get(LIST["users"], after=after)

    assert "?is_staff=yes" in page.links
    assert f"?after={after}&p=2" in page.links
    assert 'name="after"' not in page.html


def test_a_page_that_is_not_there_is_told_and_the_filter_is_kept(console: Console) -> None:
    new_users(60)

    page = console.get(LIST["users"], is_staff="no", p="7")

    assert page.status == 200
    assert "no such page" in page.told
    assert len(page.rows) == 50
    assert page.rows[0][0] == "user-59"


@pytest.mark.usefixtures("people")
def test_every_read_of_the_console_uses_an_index(console: Console, people: dict[str, Person]) -> None:
    (family,) = collection("families").find({}, limit=2)
    ada = people["ada"].id
    searched = [f"{path}?q={typed}" for path in LIST.values() for typed in ("ada", ada)]
    pages = ["/admin/", *LIST.values(), f"/admin/find/?q={ada}", "/admin/find/?q=a", *searched]
    pages += [f"{LIST['users']}?{each}" for each in ("is_staff=yes", "is_active=no", "created_at=week")]
    pages += [f"{LIST['accounts']}?{each}" for each in ("kind=family", "status=frozen", f"owner={ada}")]
    pages += [f"{LIST['accounts']}?holder={ada}"]
    pages += [f"{LIST['families']}?{each}" for each in ("status=active", f"member={ada}")]
    pages += [f"{LIST['sessions']}?user={ada}", f"{LIST['audit']}?action=family.created"]
    pages += [f"{LIST['audit']}?{each}={ada}" for each in ("actor", "target")]
    pages += [f"{LIST['audit']}?family={family['_id']}", f"{LIST['audit']}?at=today"]
    for kind in LIST:
        pages += [each for each in console.get(LIST[kind]).links if each.endswith("/change/")]

    pages += [f"/admin/find/?q={each}" for each in ("ada@example.com", "192.0.2.1", "0" * 32, "The Larks")]

    plans = {page: _plan(console, page) for page in pages}

    assert {page: plan for page, plan in plans.items() if "COLLSCAN" in plan} == {}
    sorting = {page for page, plan in plans.items() if plan & SORTS}
    narrow = ("?q=", "member=", "owner=", "holder=")  # what is left there is a handful
    assert {page for page in sorting if not any(each in page for each in narrow)} == set()
    assert len(plans) > 30


def _plan(console: Console, page: str) -> set[str]:
    with commands.recorded() as sent:
        assert console.get(page).status in {200, 302}
    reads = [each for each in sent if {"aggregate", "find", "count"} & each.keys()]
    assert reads
    return {stage for each in reads for stage in commands.stages(each)}


def new_users(many: int, *, first: int = 0, apart: timedelta = timedelta(seconds=1)) -> list[str]:
    """Make users, each younger than the one before; returns their ids."""
    begin = clock.now() + timedelta(days=1)
    users = [_user(number, begin + number * apart) for number in range(first, first + many)]
    collection("users").insert(*users)
    return [str(each["_id"]) for each in users]


def _user(number: int, created_at: Any) -> dict[str, Any]:
    return {
        "_id": f"user_{number}",
        "v": 1,
        "username": f"user-{number}",
        "email": f"user-{number}@example.com",
        "password": "",
        "security_stamp": "",
        "is_active": True,
        "is_staff": False,
        "is_superuser": False,
        "email_confirmed_at": None,
        "created_at": created_at,
    }
