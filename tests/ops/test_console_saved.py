"""Saved filters: kept with a list under a name, offered there and in the menu, to whom they are for."""

import re

import pytest

from ops import clock
from ops.console import saved
from ops.errors import NotFoundError
from ops.mongo.collections import collection
from tests.console import LIST, Console, Page
from tests.database import audit, documents
from tests.factories import Person, new_person
from tests.races import at_once, ended

USERS = LIST["users"]
FILTERS = f"{USERS}filters/"


def save(console: Console, name: str = "Staff", query: str = "is_staff=yes", **more: str) -> Page:
    return console.post(FILTERS, {"name": name, "query": query, **more})


def offered(page: Page) -> list[str]:
    part = page.html.partition('aria-label="Saved filters"')[2].partition("</ul>")[0]
    return [each for each in re.findall(r"<a href=[^>]*>([^<]*)</a>", part) if not each.startswith("Change")]


@pytest.fixture
def other() -> Console:
    return Console(new_person("other", is_staff=True))


def test_a_filter_is_kept_and_leads_back_to_the_list(console: Console) -> None:
    page = console.get(USERS, is_staff="yes", p="1")
    assert 'name="query" value="is_staff=yes"' in page.html

    kept = save(console)
    back = console.get(console.get(kept.goes_to).goes_to)

    assert [row[0] for row in back.rows] == ["operator"]
    assert "Saved as “Staff”" in back.told
    assert offered(back) == ["Staff"]
    assert 'name="query"' not in back.html


def test_only_a_list_that_is_narrowed_offers_to_save(console: Console) -> None:
    assert "Save this filter" not in console.get(USERS).text
    assert "Save this filter" in console.get(USERS, q="ada").text


def test_ones_own_is_for_oneself_and_a_shared_one_for_all_who_see_the_list(
    console: Console, other: Console, helper: Person
) -> None:
    save(console, "Mine")
    save(console, "Ours", shared="1")
    collection("console_filters").update({"name": "Ours"}, {"$set": {"model": "ops.auditentry"}})
    save(console, "Everybody's", shared="1")

    assert offered(console.get(USERS)) == ["Everybody&#x27;s", "Mine"]
    assert offered(other.get(USERS)) == ["Everybody&#x27;s"]
    assert "Mine" not in other.get("/admin/").text
    assert {"Mine", "Ours"} <= set(console.get("/admin/").text.split())
    assert "Ours" not in Console(helper).get("/admin/").text
    assert "Everybody's" in Console(helper).get("/admin/").text


def test_anothers_own_is_not_there(console: Console, other: Console) -> None:
    address = save(console).goes_to
    before = documents("console_filters")

    assert other.get(address).status == 404
    assert other.post(address, {"action": "delete"}).status == 404
    assert documents("console_filters") == before


def test_a_shared_one_is_changed_by_its_owner_only(console: Console, other: Console) -> None:
    address = save(console, shared="1").goes_to
    before = documents("console_filters")

    assert other.get(address).goes_to == f"{USERS}?is_staff=yes"
    assert other.post(address, {"action": "delete"}).status == 404
    assert other.post(address, {"name": "Theirs"}).status == 404
    assert "Delete" not in other.get(FILTERS).text
    assert documents("console_filters") == before


def test_ones_own_is_renamed_shared_and_deleted(console: Console, other: Console) -> None:
    address = save(console).goes_to

    renamed = console.post(address, {"name": "Operators", "shared": "1"})
    assert renamed.goes_to == FILTERS
    assert offered(other.get(USERS)) == ["Operators"]

    console.post(address, {"action": "delete"})
    assert offered(console.get(USERS)) == []
    assert [each["action"] for each in audit() if each["action"].startswith("list_filter")] == [
        saved.SAVED,
        saved.RENAMED,
        saved.DELETED,
    ]


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({"name": "", "query": "is_staff=yes"}, "This field is required"),
        ({"name": "x" * 61, "query": "is_staff=yes"}, "at most 60"),
        ({"name": "N", "query": "password=x"}, "The list has no filter by password"),
        ({"name": "N", "query": "is_staff=maybe"}, "has no choice"),
        ({"name": "N", "query": "created_at=soon"}, "has no choice"),
        ({"name": "N", "query": f"q={'x' * 300}"}, "longer than anything"),
        ({"name": "N", "query": f"q={'x' * 1100}"}, "at most 1000"),
    ],
)
def test_what_the_list_does_not_take_is_not_kept(console: Console, form: dict[str, str], told: str) -> None:
    page = console.post(FILTERS, form)

    assert page.status == 400
    assert told in page.text
    assert documents("console_filters") == {"console_filters": []}


def test_one_that_no_longer_fits_says_so(console: Console) -> None:
    address = save(console, "Old").goes_to
    collection("console_filters").update({"name": "Old"}, {"$set": {"query": "is_gone=yes"}})

    led = console.get(address)

    assert led.goes_to == FILTERS
    page = console.get(FILTERS)
    assert "“Old” does not fit the list any more: The list has no filter by is_gone" in page.told
    assert "is_gone=yes" in page.text


def test_ones_own_have_different_names(console: Console, other: Console) -> None:
    save(console)

    assert "of this name" in save(console, query="is_staff=no").text
    assert save(other).status == 302


def test_a_person_has_so_many_and_no_more(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved, "MOST_OF_A_PERSON", 2)

    answers = [save(console, f"Filter {number}").status for number in range(3)]

    assert answers == [302, 302, 400]


def test_two_at_once_are_not_more_than_so_many(staff: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved, "MOST_OF_A_PERSON", 3)

    def keep(name: str) -> str:
        return ended(
            lambda: saved.save("identity.user", name, "q=a", shared=False, actor=staff.actor, now=clock.now())
        )

    keep("First"), keep("Second")
    told = at_once([lambda name=name: keep(name) for name in ("A", "B", "C", "D")])  # type: ignore[misc]

    assert sorted(told) == ["TOO_MANY_FILTERS", "TOO_MANY_FILTERS", "TOO_MANY_FILTERS", "done"]
    assert len(documents("console_filters")["console_filters"]) == 3


def test_what_others_share_crowds_ones_own_out_nowhere(
    console: Console, other: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        save(other, f"Theirs {number}", shared="1")
    save(console, "Mine")
    monkeypatch.setattr(saved, "MOST_SHOWN", 1)

    assert offered(console.get(USERS)) == ["Mine", "Theirs 0"]
    assert "Mine" in console.get("/admin/").text


def test_they_are_for_those_who_see_the_list(helper: Person, staff: Person) -> None:
    console = Console(helper)
    audit_filters = f"{LIST['audit']}filters/"

    assert console.get(audit_filters).status == 403
    assert console.post(audit_filters, {"name": "N", "query": "at=today"}).status == 403
    with pytest.raises(NotFoundError):
        saved.delete("flt_nobody", "identity.user", actor=staff.actor, now=clock.now())
