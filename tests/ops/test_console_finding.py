"""Finding in the console: searches, filters, the box on every page; by an index, and whatever is typed."""

from datetime import timedelta

import pytest

from ops import clock
from ops.mongo.collections import collection
from tests.console import LIST, Console
from tests.factories import Person

HOSTILE = (
    ".*",
    "^a",
    '{"$gt": ""}',
    "$where",
    "a\0b",
    "😀",
    "x" * 1_000_000,
    "%00%ff",
    "'; drop",
    "<script>alert(1)</script>",
    "\u202e",
    "\U0010ffff",
    "family_",
    " ",
)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("ad", ["ad-hoc", "adam", "ada"]),
        ("ADA", ["adam", "ada"]),
        ("ada@Example", ["ada"]),
        ("adam", ["adam"]),
        ("da", []),
        ("a.a", []),
        ("a%", []),
        ("zz", []),
    ],
)
@pytest.mark.usefixtures("people")
def test_users_are_found_by_the_beginning(console: Console, typed: str, found: list[str]) -> None:
    assert console.names("users", q=typed) == found


def test_users_are_found_by_their_whole_id_only(console: Console, people: dict[str, Person]) -> None:
    assert console.names("users", q=people["ada"].id) == ["ada"]
    assert console.names("users", q=people["ada"].id[:-1]) == []
    assert console.names("users", q=people["ada"].id.upper()) == []


def test_families_are_found_by_id_member_account_and_founding_name(
    console: Console, people: dict[str, Person]
) -> None:
    (family,) = collection("families").find({}, limit=2)
    for typed in (family["_id"], people["ada"].id, family["account_id"], "the l", "The Larks"):
        assert console.names("families", q=typed) == ["The Larks"], typed
    for typed in ("larks", people["bert"].id, "😀"):
        assert console.names("families", q=typed) == [], typed


def test_accounts_are_found_by_id_owner_and_beginning(console: Console, people: dict[str, Person]) -> None:
    assert console.names("accounts", q="ada") == ["adam", "ada"]
    assert console.names("accounts", q=people["bert"].id) == ["bert"]
    assert console.names("accounts", q="FAMILY_the") == ["family_the_larks"]


def test_audit_entries_are_found_by_what_they_concern(console: Console, people: dict[str, Person]) -> None:
    (family,) = collection("families").find({}, limit=2)
    (entry,) = collection("audit_log").find({"action": "family.created"}, limit=2)
    for typed in (family["_id"], people["ada"].id, entry["_id"]):
        rows = console.get(LIST["audit"], q=typed).rows
        assert "family.created" in [row[1] for row in rows], typed
    assert console.get(LIST["audit"], q=people["bert"].id[:-1]).rows == []


@pytest.mark.parametrize(
    ("kind", "query", "found"),
    [
        ("users", {"is_staff": "yes"}, ["operator"]),
        ("users", {"is_staff": "no"}, ["bert", "ad-hoc", "adam", "ada"]),
        ("users", {"is_active": "no"}, ["bert"]),
        ("users", {"is_active": "yes", "is_staff": "no", "q": "ad"}, ["ad-hoc", "adam", "ada"]),
        ("users", {"created_at": "2020-02-29"}, ["adam"]),
        ("users", {"created_at": "today"}, ["operator", "bert", "ad-hoc", "ada"]),
        ("accounts", {"kind": "family"}, ["family_the_larks"]),
        ("accounts", {"kind": "system"}, ["system_merchant", "system_issuance"]),
        ("accounts", {"status": "frozen"}, ["bert"]),
        ("families", {"status": "active"}, ["The Larks"]),
        ("families", {"status": "dissolved"}, []),
    ],
)
def test_filters(
    console: Console, people: dict[str, Person], kind: str, query: dict[str, str], found: list[str]
) -> None:
    collection("users").update({"_id": people["bert"].id}, {"$set": {"is_active": False}})
    collection("sbd_accounts").update({"username": "bert"}, {"$set": {"status": "frozen"}})
    long_ago = clock.now().replace(year=2020, month=2, day=29)
    collection("users").update({"_id": people["adam"].id}, {"$set": {"created_at": long_ago}})

    assert sorted(console.names(kind, **query)) == sorted(found)


def test_the_audit_log_is_filtered_by_action_and_time(console: Console, people: dict[str, Person]) -> None:
    page = console.get(LIST["audit"], action="family.created", at="week")

    assert [row[1:4] for row in page.rows] == [["family.created", "ada", "The Larks"]]
    assert "?action=user.registered&at=week" in page.links
    yesterday = f"{clock.now() - timedelta(days=1):%Y-%m-%d}"
    assert console.get(LIST["audit"], at=yesterday).rows == []
    by_actor = console.get(LIST["audit"], actor=people["ada"].id, action="session.opened")
    assert len(by_actor.rows) == 1
    assert "By actor All ada" in by_actor.text


@pytest.mark.parametrize(
    ("kind", "query"),
    [
        ("users", {"is_staff": "maybe"}),
        ("users", {"created_at": "0000-00-00"}),
        ("users", {"created_at": "9999-12-31"}),
        ("accounts", {"status": '{"$ne": 1}'}),
        ("audit", {"target": "x" * 1000}),
        ("audit", {"actor": "a\0b"}),
        ("audit", {"at": "tomorrow"}),
    ],
)
def test_a_filter_that_cannot_be_is_dropped(console: Console, kind: str, query: dict[str, str]) -> None:
    assert console.get(LIST[kind], **query).goes_to == f"{LIST[kind]}?e=1"


@pytest.mark.parametrize(
    "query",
    [{"password__startswith": "argon2"}, {"username__regex": "^a"}, {"security_stamp": "x"}, {"$where": "1"}],
)
def test_no_other_field_can_be_asked_for(console: Console, query: dict[str, str]) -> None:
    page = console.get(LIST["users"], **query)

    assert page.status == 400
    assert "Back to the console" in page.text


@pytest.mark.parametrize("order", ["1", "-2.3", "99", "x"])
@pytest.mark.usefixtures("people")
def test_no_other_order_can_be_asked_for(console: Console, order: str) -> None:
    assert console.names("users", o=order) == console.names("users")


@pytest.mark.parametrize("typed", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.usefixtures("people")
def test_whatever_is_typed_is_only_text(console: Console, typed: str) -> None:
    for path in (*LIST.values(), "/admin/find/"):
        page = console.get(path, q=typed)
        assert page.status in {200, 302}, path
        assert "<script>alert" not in page.html
        assert len(page.html) < 100_000
    listed = console.get(LIST["families"], q=typed)
    assert listed.rows == [] or not typed.strip("\0 ") or "\0" in typed


@pytest.mark.parametrize(
    "identifier", ["nobody", ".*", "%7B%22%24gt%22%3A%22%22%7D", "%00", "😀", "x" * 100_000, "_"]
)
@pytest.mark.parametrize("kind", LIST)
def test_an_unknown_id_is_not_found(console: Console, kind: str, identifier: str) -> None:
    page = console.get(f"{LIST[kind]}{identifier}/change/")

    assert page.status == 404
    assert "There is nothing here." in page.text


def test_the_box_jumps_to_what_is_meant(console: Console, people: dict[str, Person]) -> None:
    (family,) = collection("families").find({}, limit=2)
    (entry,) = collection("audit_log").find({"action": "family.created"}, limit=2)
    leads_to = {
        people["ada"].id: "users",
        "ada": "users",
        " ADA ": "users",
        "Ada@Example.com": "users",
        family["_id"]: "families",
        family["account_id"]: "accounts",
        "family_the_larks": "accounts",
        entry["_id"]: "audit",
        people["ada"].session_id: "sessions",
    }

    assert {typed: _kind(console.get("/admin/find/", q=typed).goes_to) for typed in leads_to} == leads_to


def test_the_box_lists_what_begins_so(console: Console, people: dict[str, Person]) -> None:
    page = console.get("/admin/find/", q="ad")

    assert [row[0] for row in page.table("Users")] == ["ad-hoc", "ada", "adam"]
    assert [row[0] for row in page.table("SBD accounts")] == ["ad-hoc", "ada", "adam"]
    assert [row[0] for row in console.get("/admin/find/", q="The La").table("Families")] == ["The Larks"]
    assert "Nothing is called" in console.get("/admin/find/", q="zz").text
    assert "longer than anything" in console.get("/admin/find/", q="x" * 300).text
    assert people["adam"].id in page.text


def _kind(address: str) -> str:
    (found,) = [kind for kind, path in LIST.items() if address.startswith(path)] or [address]
    return found
