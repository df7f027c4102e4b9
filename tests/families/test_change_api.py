"""PUT /family/{family_id}. Source: HTTP contract, sections 1.1 (strictness), 1.3 (ETag, races) and 4."""

from functools import partial
from typing import Any

import pytest

from ops.mongo.collections import Document
from tests.api import Api
from tests.database import audit, documents, public_part
from tests.factories import Person, new_family
from tests.families.test_create_api import FAMILY
from tests.races import at_once

OK = {"status", "message", "transaction_safe"}


@pytest.fixture
def family(person: Person) -> Document:
    return new_family(person)


@pytest.fixture
def path(family: Document) -> str:
    return f"/family/{family['_id']}"


def test_the_answer_is_the_family_and_that_it_was_changed(person: Person, path: str) -> None:
    answer = Api(person).put(path, {"name": " Crows "})

    assert answer.status == 200
    single = {"settings", "notification_settings", "succession_plan"}
    assert answer.json.keys() == FAMILY | single | OK | {"updated_fields"}
    # Both the family and the call have a `status`; the call's wins, `is_active` tells the family's.
    assert (answer.json["status"], answer.json["is_active"]) == ("success", True)
    assert answer.json["transaction_safe"] is True
    assert (answer.json["name"], answer.json["updated_fields"]) == ("Crows", ["name"])
    assert answer.json["version"] == 2
    assert answer.headers["ETag"] == '"2.1.0.0"'
    assert answer.headers["Cache-Control"] == "private, no-cache"
    read = Api(person).get(path)
    assert (read.json["name"], read.headers["ETag"]) == ("Crows", '"2.1.0.0"')
    assert read.json["updated_at"] == answer.json["updated_at"] >= read.json["created_at"]


def test_what_is_not_sent_stays(person: Person, path: str) -> None:
    changes = [
        {"settings": {"timezone": "Europe/London", "auto_approval_threshold": 50}},
        {"settings": {"allow_member_invites": True}, "notification_settings": {"notify_on_spend": False}},
        {"notification_settings": {"notify_admins_only": True}},
        {"name": "Crows"},
    ]

    answers = [Api(person).put(path, change) for change in changes]

    assert [answer.status for answer in answers] == [200] * 4
    assert answers[-1].json["settings"] == {
        "allow_member_invites": True,
        "visibility": "private",
        "timezone": "Europe/London",
        "auto_approval_threshold": 50,
        "auto_approval_daily_cap": 50,
        "request_expiry_hours": 168,
    }
    assert answers[-1].json["notification_settings"] == {
        "notify_on_spend": False,
        "notify_on_deposit": True,
        "large_transaction_threshold": 1000,
        "notify_admins_only": True,
    }
    assert answers[1].json["updated_fields"] == [
        "notification_settings.notify_on_spend",
        "settings.allow_member_invites",
    ]
    assert answers[-1].json["version"] == 5


@pytest.mark.parametrize(
    "settings",
    [
        {"allow_member_invites": True, "visibility": "private", "timezone": "Asia/Kathmandu"},
        {"auto_approval_threshold": 0, "auto_approval_daily_cap": 0, "request_expiry_hours": 1},
        {"auto_approval_threshold": 10**9, "auto_approval_daily_cap": 10**9, "request_expiry_hours": 720},
    ],
)
def test_settings_take_all_that_the_contract_allows(
    person: Person, path: str, settings: dict[str, Any]
) -> None:
    answer = Api(person).put(path, {"settings": settings})

    assert answer.status == 200
    assert {name: answer.json["settings"][name] for name in settings} == settings


@pytest.mark.parametrize("threshold", [1, 10**12])
def test_the_threshold_is_copied_to_the_account(
    person: Person, family: Document, path: str, threshold: int
) -> None:
    answer = Api(person).put(path, {"notification_settings": {"large_transaction_threshold": threshold}})

    assert answer.status == 200
    assert answer.json["notification_settings"]["large_transaction_threshold"] == threshold
    accounts = {each["_id"]: each for each in documents("sbd_accounts")["sbd_accounts"]}
    assert accounts[family["account_id"]]["large_transaction_threshold"] == threshold
    assert accounts[family["account_id"]]["balance"] == 0
    assert Api(person).get(path).headers["ETag"] == answer.headers["ETag"]


def test_a_change_leaves_one_audit_entry_that_tells_before_and_after(
    person: Person, family: Document, path: str
) -> None:
    entries = len(audit())
    body = {"name": "Crows", "settings": {"timezone": "Asia/Tokyo", "visibility": "private"}}

    answer = Api(person).put(path, body)

    assert answer.json["updated_fields"] == ["name", "settings.timezone"]
    assert len(audit()) == entries + 1
    (entry,) = audit("family.updated")
    assert (entry["actor"], entry["target"]) == (person.id, family["_id"])
    assert (entry["before"], entry["after"]) == (
        {"settings.timezone": "UTC"},
        {"settings.timezone": "Asia/Tokyo"},
    )
    assert entry["private"]["before"] == {"name": "Larks"}
    assert entry["private"]["after"] == {"name": "Crows"}
    assert "Larks" not in public_part(entry)
    assert "Crows" not in public_part(entry)


@pytest.mark.parametrize(
    "body",
    [
        {"name": "Larks"},
        {"settings": {}},
        {"settings": {"timezone": "UTC", "visibility": "private"}},
        {"notification_settings": {"large_transaction_threshold": 1000}},
    ],
)
def test_what_is_so_already_is_no_change(person: Person, path: str, body: dict[str, Any]) -> None:
    before = documents()

    answer = Api(person).put(path, body)

    assert (answer.status, answer.json["updated_fields"], answer.json["version"]) == (200, [], 1)
    assert documents() == before


@pytest.mark.parametrize(
    "form",
    [
        '"1.1.0.0"',
        'W/"1.1.0.0"',
        '"1.9.9.9"',  # a payment or an invitation in between does not refuse a change
        '"1"',
        '"0.1.0.0", "1.1.0.0"',
        '"0.1.0.0",W/"1.1.0.0"',
        "*",
        " * ",
    ],
)
def test_a_change_of_the_version_that_was_read_passes(person: Person, path: str, form: str) -> None:
    answer = Api(person).put(path, {"name": "Crows"}, if_match=form)

    assert (answer.status, answer.json["version"]) == (200, 2)


@pytest.mark.parametrize(
    "form",
    [
        '"0.1.0.0"',
        '"2.1.0.0"',
        '"11.1.0.0"',
        '"01.1.0.0"',
        'W/"0.1.0.0"',
        '"0", "2"',
        '""',
        "",
        "1.1.0.0",
        "x",
        "\xff",
        '"1',
        '"*"',
    ],
)
def test_a_change_of_another_version_is_refused(person: Person, path: str, form: str) -> None:
    before = documents()

    answer = Api(person).put(path, {"name": "Crows"}, if_match=form)

    assert answer.problem == (412, "PRECONDITION_FAILED")
    assert answer.json["details"] == {"current_etag": '"1.1.0.0"'}
    assert documents() == before


def test_of_two_changes_of_one_version_the_second_is_refused(person: Person, path: str) -> None:
    etag = Api(person).get(path).headers["ETag"]

    first = Api(person).put(path, {"name": "Crows"}, if_match=etag)
    second = Api(person).put(path, {"name": "Finches"}, if_match=etag)

    assert first.status == 200
    assert second.problem == (412, "PRECONDITION_FAILED")
    assert second.json["details"] == {"current_etag": first.headers["ETag"]}
    assert Api(person).get(path).json["name"] == "Crows"


@pytest.mark.race
def test_of_eight_parallel_changes_of_one_version_one_wins(person: Person, path: str) -> None:
    etag = Api(person).get(path).headers["ETag"]

    answers = at_once(
        [partial(Api(person).put, path, {"name": f"Larks {number}"}, if_match=etag) for number in range(8)]
    )

    assert sorted(answer.status for answer in answers) == [200] + [412] * 7
    (won,) = [answer for answer in answers if answer.status == 200]
    read = Api(person).get(path).json
    assert (read["name"], read["version"]) == (won.json["name"], 2)
    assert len(audit("family.updated")) == 1


@pytest.mark.race
def test_parallel_changes_of_different_fields_all_survive(person: Person, path: str) -> None:
    bodies: list[dict[str, Any]] = [
        {"name": "Crows"},
        {"settings": {"timezone": "Asia/Tokyo"}},
        {"settings": {"request_expiry_hours": 24}},
        {"notification_settings": {"notify_on_spend": False}},
        {"notification_settings": {"large_transaction_threshold": 7}},
    ]

    answers = at_once([partial(Api(person).put, path, body) for body in bodies])

    assert [answer.status for answer in answers] == [200] * 5
    read = Api(person).get(path).json
    assert (read["name"], read["version"]) == ("Crows", 6)
    assert (read["settings"]["timezone"], read["settings"]["request_expiry_hours"]) == ("Asia/Tokyo", 24)
    assert read["notification_settings"]["notify_on_spend"] is False
    assert read["notification_settings"]["large_transaction_threshold"] == 7
    assert len(audit("family.updated")) == 5
