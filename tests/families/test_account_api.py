"""GET of a family's account, its holders, and what the caller could spend.

Source: HTTP contract, sections 1.3 (ETag) and 8.
"""

from typing import Any

import pytest

from families.actions import members
from family_site.identity.actions import disabling
from ops import clock
from tests.api import Answer, Api
from tests.factories import Person
from tests.tokens.calls import contribute, moment, nothing_moves, transfer
from tests.tokens.deeds import House, freeze
from tests.tokens.funds import account_of, issue
from tests.world import TESTS
from tokens.actions.rights import Rights

MEMBERS = ("founder", "admin", "spender", "viewer")


@pytest.fixture
def house() -> House:
    """A family with 100 tokens."""
    return House(100)


def account(person: Person, house: House, **headers: str) -> Answer:
    return Api(person).get(f"/family/{house.id}/sbd-account", **headers)


def available(person: Person, house: House, path: str = "sbd-account/available-balance") -> dict[str, Any]:
    answer = Api(person).get(f"/family/{house.id}/{path}")
    assert answer.status == 200, answer.text
    found: dict[str, Any] = answer.json
    return found


def shown_rights(house: House, person: Person) -> dict[str, Any]:
    holder = house.holder(person)
    shown = ("role", "can_spend", "spending_limit", "period_limit", "updated_by")
    return {name: holder[name] for name in shown} | {"updated_at": moment(holder["updated_at"])}


def test_the_account_is_told_whole(house: House) -> None:
    before = moment(clock.now())

    answer = account(house.viewer, house)

    held = {each.id: shown_rights(house, each) for each in house.people}
    (issued,) = answer.json["recent_transactions"]
    assert answer.status == 200
    assert answer.json == {
        "account_id": house.account_id,
        "account_username": "family_larks",
        "account_name": "family_larks",
        "currency": "SBD",
        "status": "active",
        "balance": 100,
        "is_frozen": False,
        "frozen_by": None,
        "frozen_at": None,
        "freeze_reason": None,
        "spending_permissions": held,
        "member_permissions": held,
        "notification_settings": {
            "notify_on_spend": True,
            "notify_on_deposit": True,
            "large_transaction_threshold": 1000,
            "notify_admins_only": False,
        },
        "recent_transactions": [issued],
        "as_of": answer.json["as_of"],
    }
    assert before <= answer.json["as_of"] <= moment(clock.now())


def test_what_staff_issued_is_the_supports(house: House) -> None:
    (issued,) = account(house.viewer, house).json["recent_transactions"]

    assert issued == {
        "transaction_id": issued["transaction_id"],
        "type": "issuance",
        "direction": "credit",
        "amount": 100,
        "balance_after": 100,
        "seq": 1,
        "from_user": "system_issuance",
        "to_user": "family_larks",
        "timestamp": moment(house.account["last_at"]),
        "note": None,
        "actor": {"user_id": None, "username": "the support"},
        "related": None,
    }


def test_ten_transactions_at_most_newest_first(house: House) -> None:
    for amount in range(1, 13):
        transfer(house.founder, house, house.viewer.id, amount)

    recent = account(house.viewer, house).json["recent_transactions"]

    assert [each["seq"] for each in recent] == list(range(13, 3, -1))
    assert recent[0]["actor"] == {"user_id": house.founder.id, "username": house.founder.username}
    assert (recent[0]["from_user"], recent[0]["to_user"]) == ("family_larks", house.viewer.username)
    assert (recent[0]["direction"], recent[0]["amount"], recent[0]["balance_after"]) == ("debit", 12, 22)


def test_the_tag_counts_rights_and_payments(house: House) -> None:
    version, seq = house.account["version"], house.account["seq"]

    first = account(house.viewer, house)

    assert first.headers["ETag"] == f'"{version}.{seq}"'
    assert first.headers["Cache-Control"] == "private, no-cache"
    again = account(house.viewer, house, **{"If-None-Match": first.headers["ETag"]})
    assert (again.status, again.text, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    transfer(house.founder, house, house.viewer.id)
    paid = account(house.viewer, house, **{"If-None-Match": first.headers["ETag"]})
    assert (paid.status, paid.headers["ETag"]) == (200, f'"{version}.{seq + 1}"')
    freeze(house.account_id, by=house.founder.actor, now=clock.now())
    assert account(house.viewer, house).headers["ETag"] == f'"{version + 1}.{seq + 1}"'


@pytest.mark.parametrize(
    "wanted",
    [{"notify_on_spend": False}, {"notify_admins_only": True}, {"large_transaction_threshold": 7}],
)
def test_what_the_family_wishes_to_be_told_of_stands_on_its_account(
    house: House, wanted: dict[str, Any]
) -> None:
    before, tag = account(house.founder, house).json["notification_settings"], house.account["version"]

    Api(house.founder).put(f"/family/{house.id}", {"notification_settings": wanted})

    assert account(house.founder, house).json["notification_settings"] == before | wanted
    assert house.account["version"] == tag + 1


def test_all_wishes_are_kept_when_one_changes(house: House) -> None:
    path = f"/family/{house.id}"
    Api(house.founder).put(path, {"notification_settings": {"notify_on_deposit": False}})
    Api(house.founder).put(path, {"notification_settings": {"large_transaction_threshold": 9}})
    Api(house.founder).put(path, {"name": "Owls", "settings": {"timezone": "Europe/Lisbon"}})

    assert account(house.founder, house).json["notification_settings"] == {
        "notify_on_spend": True,
        "notify_on_deposit": False,
        "large_transaction_threshold": 9,
        "notify_admins_only": False,
    }
    assert account(house.founder, house).json["account_name"] == "family_larks"


def test_a_frozen_account_says_who_why_and_since_when(house: House) -> None:
    frozen = freeze(house.account_id, by=house.admin.actor, now=clock.now())

    found = account(house.viewer, house).json

    assert (found["status"], found["is_frozen"]) == ("frozen", True)
    assert (found["frozen_by"], found["freeze_reason"]) == (house.admin.id, "to look at it")
    assert found["frozen_at"] == moment(frozen["at"])


def test_who_is_disabled_is_not_among_those_who_may_spend(house: House) -> None:
    disabling.disable(house.spender.id, actor=TESTS, now=clock.now(), reason="for a test")

    found = account(house.founder, house).json

    assert set(found["spending_permissions"]) == {
        each.id for each in (house.founder, house.admin, house.viewer)
    }


def test_holders_with_their_rights_and_what_they_have_spent(house: House) -> None:
    week = {"period": "week", "limit": 30}
    house.allow(house.spender, Rights(can_spend=True, spending_limit=20, period_limit=week))
    transfer(house.spender, house, house.viewer.id, 12)

    answer = Api(house.viewer).get(f"/family/{house.id}/sbd-account/holders")

    def row(person: Person, role: str, limit: int) -> dict[str, Any]:
        return {
            "user_id": person.id,
            "username": person.username,
            "role": role,
            "can_spend": role != "viewer",
            "spending_limit": limit,
            "period_limit": None,
            "period_spent": 0,
        }

    assert answer.status == 200
    assert answer.json == [
        row(house.founder, "manager", -1),
        row(house.admin, "manager", -1),
        row(house.spender, "spender", 20) | {"period_limit": week, "period_spent": 12},
        row(house.viewer, "viewer", 0),
    ]


@pytest.mark.parametrize("path", ["sbd-account/available-balance", "sbd/balance"])
def test_what_the_caller_could_spend(house: House, path: str) -> None:
    with nothing_moves():
        found = available(house.founder, house, path)

    assert found == {
        "status": "success",
        "balance": 100,
        "data": {
            "family_id": house.id,
            "account_username": "family_larks",
            "account_name": "family_larks",
            "total_balance": 100,
            "available_balance": 100,
            "is_frozen": False,
            "can_spend": True,
            "spending_limit": -1,
            "pending_requests_count": 0,
            "reason": None,
            "last_updated": moment(house.account["last_at"]),
        },
    }


def test_limits_and_states_take_from_what_is_available(house: House) -> None:
    def told(person: Person) -> tuple[int, str | None]:
        data = available(person, house)["data"]
        return data["available_balance"], data["reason"]

    assert told(house.viewer) == (0, "NO_SPENDING_PERMISSION")
    assert told(house.spender) == (100, None)
    house.allow(house.spender, Rights(can_spend=True, spending_limit=20))
    assert told(house.spender) == (20, None)
    day = {"period": "day", "limit": 15}
    house.allow(house.spender, Rights(can_spend=True, spending_limit=20, period_limit=day))
    transfer(house.spender, house, house.viewer.id, 15)
    assert told(house.spender) == (0, "SPENDING_LIMIT_EXCEEDED")
    assert told(house.founder) == (85, None)
    freeze(house.account_id, by=house.founder.actor, now=clock.now())
    assert told(house.founder) == (0, "ACCOUNT_FROZEN")


def test_of_an_empty_account_nothing_is_available() -> None:
    house = House()

    data = available(house.founder, house)["data"]

    assert (data["available_balance"], data["reason"]) == (0, "INSUFFICIENT_BALANCE")
    assert data["last_updated"] == moment(house.account["updated_at"])


def test_who_joins_sees_what_was_before(house: House, stranger: Person) -> None:
    issue(account_of(house.viewer)["_id"], 9)
    contribute(house.viewer, house, 9)
    members.join(house.id, stranger.id, actor=TESTS, now=clock.now())

    assert account(stranger, house).json["balance"] == 109
