"""Lists of notifications, and marking them as read. Source: HTTP contract, sections 1.3, 12 and 19."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings

from families.actions import members
from ops import clock
from ops.actors import Actor
from ops.mongo.collections import Document, collection
from ops.notices import inbox
from tests.api import Answer, Api
from tests.database import audit, documents
from tests.factories import Person, new_family, new_person
from tests.families.told import ADDED, DATA, REMOVED, tell

ALL, FAMILY = "/family/notifications", "/family/{}/notifications"


def ids(answer: Answer) -> list[str]:
    assert answer.status == 200, answer.text
    return [each["notification_id"] for each in answer.json["results"]]


def pages(api: Api, address: str | None) -> list[list[str]]:
    """Return the ids of each page, by following ``next``."""
    found = []
    while address is not None:
        answer = api.get(address.removeprefix(settings.PUBLIC_URL))
        found.append(ids(answer))
        address = answer.json["next"]
    return found


@pytest.fixture
def told(person: Person, larks: Document) -> list[str]:
    """Seven notices of the person, newest first: some of one moment, some of the family, some personal."""
    now = clock.now()
    for number in range(7):
        at = now - timedelta(minutes=number // 3)
        tell([person], now=at, family_id=larks["_id"] if number % 2 else None)
    found = documents("notifications")["notifications"]
    return [
        each["_id"]
        for each in sorted(found, key=lambda each: (each["created_at"], each["_id"]), reverse=True)
    ]


def of_family(notice_ids: list[str]) -> list[str]:
    about = {each["_id"]: each["family_id"] for each in documents("notifications")["notifications"]}
    return [each for each in notice_ids if about[each]]


def test_a_notification_says_what_happened(person: Person, larks: Document) -> None:
    now = clock.now()
    tell([person], now=now, family_id=larks["_id"])

    answer = Api(person).get(FAMILY.format(larks["_id"]))

    assert answer.status == 200
    assert (answer.json["next"], answer.json["previous"], answer.json["unread_count"]) == (None, None, 1)
    (shown,) = answer.json["results"]
    assert shown.pop("notification_id").startswith("ntf_")
    assert shown.pop("created_at").startswith(now.isoformat()[:23])
    assert shown == {
        "family_id": larks["_id"],
        "type": ADDED,
        "title": "New member",
        "message": "omar has joined Larks.",
        "data": DATA,
        "status": "unread",
        "is_read": False,
        "read_at": None,
    }
    assert answer.headers["Cache-Control"] == "no-store"


def test_both_lists_come_page_by_page_newest_first(person: Person, larks: Document, told: list[str]) -> None:
    api, path = Api(person), FAMILY.format(larks["_id"])

    assert pages(api, ALL) == [told]
    assert pages(api, f"{ALL}?limit=3") == [told[:3], told[3:6], told[6:]]
    assert pages(api, f"{path}?limit=2") == [of_family(told)[:2], of_family(told)[2:]]
    assert (api.get(ALL).json["unread_count"], api.get(path).json["unread_count"]) == (7, 3)


def test_a_cursor_opens_its_own_list_only(
    person: Person, stranger: Person, larks: Document, told: list[str]
) -> None:
    address = Api(person).get(f"{ALL}?limit=3").json["next"].removeprefix(settings.PUBLIC_URL)
    cursor = address.partition("cursor=")[2].partition("&")[0]

    assert ids(Api(person).get(address)) == told[3:6]
    for caller, other in (
        (stranger, f"{ALL}?cursor={cursor}"),
        (person, f"{ALL}?status=unread&cursor={cursor}"),
        (person, f"{FAMILY.format(larks['_id'])}?cursor={cursor}"),
    ):
        assert Api(caller).get(other).faults == {("query.cursor", "unavailable")}


def test_rows_that_come_meanwhile_neither_repeat_nor_hide_others(person: Person, told: list[str]) -> None:
    first = Api(person).get(f"{ALL}?limit=3").json
    tell([person])
    Api(person).post(f"{ALL}/mark-read", {"notification_ids": told[:4]})

    assert [each for page in pages(Api(person), first["next"]) for each in page] == told[3:]


def test_lists_are_filtered_by_status(person: Person, larks: Document, told: list[str]) -> None:
    api, read, archived = Api(person), told[1:3], told[5]
    api.post(f"{ALL}/mark-read", {"notification_ids": read})
    kept_off = {"status": "archived", "archived_at": clock.now()}
    collection("notifications").update({"_id": archived}, {"$set": kept_off})
    unread = [each for each in told if each not in {*read, archived}]
    lists = {"?status=unread": unread, "?status_filter=read": read, "?status=archived": [archived]}

    for query, expected in {**lists, "": [each for each in told if each != archived]}.items():
        assert ids(api.get(f"{ALL}{query}")) == expected
        assert ids(api.get(f"{FAMILY.format(larks['_id'])}{query}")) == of_family(expected)
    assert pages(api, f"{ALL}?status=unread&limit=3") == [unread[:3], unread[3:]]
    assert api.get(ALL).json["unread_count"] == len(unread)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("status=new", "query.status"),
        ("status_filter=UNREAD", "query.status_filter"),
        ("status=unread&status_filter=read", "query.status_filter"),
    ],
)
def test_a_status_that_there_is_not_is_refused(
    person: Person, larks: Document, query: str, field: str
) -> None:
    for path in (ALL, FAMILY.format(larks["_id"])):
        answer = Api(person).get(f"{path}?{query}")

        assert answer.problem == (400, "INVALID_STATUS_FILTER")
        assert [fault["field"] for fault in answer.json["details"]] == [field]


def test_everybody_sees_and_marks_their_own_only(larks: Document, told: list[str]) -> None:
    other = new_person()
    members.join(larks["_id"], other.id, actor=Actor.system("tests"), now=clock.now())
    before = documents()
    path = FAMILY.format(larks["_id"])

    for place in (ALL, path):
        assert (Api(other).get(place).json["results"], Api(other).get(place).json["unread_count"]) == ([], 0)
        marked = Api(other).post(f"{place}/mark-read", {"notification_ids": told[:2]})
        assert (marked.json["marked_count"], marked.json["updated_notifications"]) == (0, [])
        assert Api(other).post(f"{place}/mark-all-read").json["marked_count"] == 0
    assert documents() == before


@pytest.mark.parametrize("end", ["", "/mark-read", "/mark-all-read"])
def test_a_stranger_is_told_that_there_is_no_such_family(
    stranger: Person, larks: Document, told: list[str], end: str
) -> None:
    before = documents()
    body = {"notification_ids": told[:1]} if end == "/mark-read" else None

    for family_id in (larks["_id"], "fam_none"):
        answer = Api(stranger).send("POST" if end else "GET", FAMILY.format(family_id) + end, body)
        assert answer.problem == (404, "FAMILY_NOT_FOUND")
    assert documents() == before


def test_marking_tells_which_were_unread_in_the_order_they_were_sent(person: Person, told: list[str]) -> None:
    wanted = [told[4], told[0], told[4], "ntf_none", told[2]]
    entries = audit()

    answer = Api(person).post(f"{ALL}/mark-read", {"notification_ids": wanted})

    assert answer.status == 200
    assert answer.json == {
        "status": "success",
        "message": "The notifications are marked as read.",
        "transaction_safe": True,
        "marked_count": 3,
        "updated_notifications": [told[4], told[0], told[2]],
    }
    shown = {each["notification_id"]: each for each in Api(person).get(ALL).json["results"]}
    assert {name for name, each in shown.items() if each["is_read"]} == {told[0], told[2], told[4]}
    assert {each["read_at"] is None for each in shown.values() if each["status"] == "unread"} == {True}
    assert audit() == entries
    before = documents()
    assert Api(person).post(f"{ALL}/mark-read", {"notification_ids": wanted}).json["marked_count"] == 0
    assert documents() == before


def test_marking_in_a_family_leaves_out_what_is_not_of_it(
    person: Person, larks: Document, told: list[str]
) -> None:
    other = new_family(person, "Owls")["_id"]
    tell([person], family_id=other)

    answer = Api(person).post(f"{FAMILY.format(larks['_id'])}/mark-read", {"notification_ids": told})

    assert answer.json["updated_notifications"] == of_family(told)
    assert Api(person).post(f"{FAMILY.format(other)}/mark-all-read").json["marked_count"] == 1
    assert Api(person).get(ALL).json["unread_count"] == 4


@pytest.mark.parametrize(
    ("body", "problem", "faults"),
    [
        ({"notification_ids": []}, "EMPTY_NOTIFICATION_LIST", {("notification_ids", "too_short")}),
        ({"notification_ids": ["ntf"] * 51}, "TOO_MANY_NOTIFICATIONS", {("notification_ids", "too_long")}),
        ({}, "VALIDATION_ERROR", {("notification_ids", "required")}),
        (None, "VALIDATION_ERROR", {("notification_ids", "required")}),
        ({"notification_ids": None}, "VALIDATION_ERROR", {("notification_ids", "null")}),
        ({"notification_ids": "ntf_1"}, "VALIDATION_ERROR", {("notification_ids", "invalid_type")}),
        ({"notification_ids": {"0": "ntf_1"}}, "VALIDATION_ERROR", {("notification_ids", "invalid_type")}),
        (
            {"notification_ids": ["ntf_1", 2, "", None, "x" * 65, {"$ne": None}]},
            "VALIDATION_ERROR",
            {
                ("notification_ids.1", "invalid_type"),
                ("notification_ids.2", "too_short"),
                ("notification_ids.3", "null"),
                ("notification_ids.4", "too_long"),
                ("notification_ids.5", "invalid_type"),
            },
        ),
        ({"notification_ids": ["ntf_1"], "all": True}, "VALIDATION_ERROR", {("all", "unknown_field")}),
    ],
)
@pytest.mark.usefixtures("told")
def test_a_list_that_is_not_right_marks_nothing(
    person: Person, larks: Document, body: Any, problem: str, faults: set[tuple[str, str]]
) -> None:
    before = documents()

    for path in (ALL, FAMILY.format(larks["_id"])):
        answer = Api(person).post(f"{path}/mark-read", body)
        assert answer.problem == (400, problem)
        assert answer.faults == faults
    assert documents() == before


def test_fifty_are_marked_in_one_call(person: Person) -> None:
    for _ in range(51):
        tell([person])
    newest = ids(Api(person).get(f"{ALL}?limit=51"))

    answer = Api(person).post(f"{ALL}/mark-read", {"notification_ids": newest[:50]})

    assert answer.json["updated_notifications"] == newest[:50]
    assert ids(Api(person).get(f"{ALL}?status=unread")) == newest[50:]


def test_marking_all_leaves_what_is_newer_and_what_is_archived(person: Person, told: list[str]) -> None:
    collection("notifications").update({"_id": told[6]}, {"$set": {"status": "archived"}})
    tell([person], REMOVED, now=clock.now() + timedelta(minutes=1))
    entries = audit()

    answer = Api(person).post(f"{ALL}/mark-all-read")

    assert answer.json == {
        "status": "success",
        "message": "All notifications are marked as read.",
        "transaction_safe": True,
        "marked_count": 6,
    }
    (newer,) = Api(person).get(f"{ALL}?status=unread").json["results"]
    assert newer["type"] == REMOVED
    assert ids(Api(person).get(f"{ALL}?status=read")) == told[:6]
    assert ids(Api(person).get(f"{ALL}?status=archived")) == told[6:]
    assert Api(person).post(f"{ALL}/mark-all-read").json["marked_count"] == 0
    assert audit() == entries


@pytest.mark.parametrize("batch", [3, 7])
def test_more_than_a_batch_is_marked_batch_by_batch(
    person: Person, told: list[str], batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "BATCH", batch)

    assert Api(person).post(f"{ALL}/mark-all-read").json["marked_count"] == 7
    assert ids(Api(person).get(f"{ALL}?status=read")) == told


@pytest.mark.parametrize("change", [{"type": "of_a_later_release"}, {"data": {"who": "omar"}}])
def test_what_this_release_has_no_words_for_does_not_break_the_list(
    person: Person, told: list[str], change: dict[str, Any]
) -> None:
    collection("notifications").update({"_id": told[0]}, {"$set": change})

    answer = Api(person).get(ALL)

    assert ids(answer) == told
    shown = answer.json["results"][0]
    assert (shown["title"], shown["message"]) == ("Notification", "There is something new for you.")
