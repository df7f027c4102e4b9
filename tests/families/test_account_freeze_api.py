"""POST …/sbd-account/freeze and …/account/freeze. Source: HTTP contract, sections 8 and 18 (3)."""

from typing import Any

import pytest

from ops import clock
from tests.api import Answer, Api
from tests.database import audit
from tests.factories import Person
from tests.families.household import new_entries
from tests.tokens.calls import KEY, contribute, faults, moment, nothing_moves, refusal, transfer
from tests.tokens.deeds import House
from tests.tokens.deeds import freeze as freeze_as
from tests.tokens.funds import account_of, issue
from tests.tokens.told import forget, ids, mailed, told
from tests.world import TESTS

PATHS = ("sbd-account/freeze", "account/freeze")
FREEZE = {"action": "freeze", "reason": " who bought that? "}
UNFREEZE = {"action": "unfreeze"}


@pytest.fixture
def house() -> House:
    """A family with 100 tokens; nobody told of anything yet."""
    made = House(100)
    forget()
    return made


def freeze(by: Person, house: House, body: Any, path: str = PATHS[0], **headers: str) -> Answer:
    return Api(by).post(f"/family/{house.id}/{path}", body, **headers)


@pytest.mark.parametrize("path", PATHS)
def test_an_admin_freezes(house: House, path: str) -> None:
    before = audit()

    answer = freeze(house.admin, house, FREEZE, path)

    stored = house.account["freeze"]
    done = {
        "action": "frozen",
        "frozen_by": house.admin.id,
        "frozen_by_username": house.admin.username,
        "frozen_at": moment(stored["at"]),
        "reason": "who bought that?",
        "account_status": {
            "status": "frozen",
            "is_frozen": True,
            "frozen_by": house.admin.id,
            "frozen_at": moment(stored["at"]),
            "freeze_reason": "who bought that?",
        },
    }
    assert answer.status == 200
    assert answer.json == {
        "status": "success",
        "message": "The account was frozen.",
        "transaction_safe": True,
        **done,
        "data": done,
    }
    assert told() == {"account_frozen": ids(house.people)}
    assert mailed() == sorted(each.email for each in house.people)
    (entry,) = new_entries(before)
    assert (entry["action"], entry["target"], entry["private"]["reason"]) == (
        "account.frozen",
        house.account_id,
        "who bought that?",
    )


@pytest.mark.parametrize("path", PATHS)
def test_and_opens_again(house: House, path: str) -> None:
    freeze(house.admin, house, FREEZE, path)
    forget()

    answer = freeze(house.founder, house, UNFREEZE | {"reason": "it was bread"}, path)

    done = {
        "action": "unfrozen",
        "frozen_by": None,
        "frozen_by_username": None,
        "frozen_at": None,
        "reason": "it was bread",
        "account_status": {
            "status": "active",
            "is_frozen": False,
            "frozen_by": None,
            "frozen_at": None,
            "freeze_reason": None,
        },
    }
    assert answer.json["message"] == "The account was unfrozen."
    assert answer.json["data"] == done
    assert {name: answer.json[name] for name in done} == done
    assert told() == {"account_unfrozen": ids(house.people)}
    assert transfer(house.founder, house, house.viewer.id).status == 200


def test_what_is_frozen_pays_nothing_and_takes_what_comes(house: House) -> None:
    issue(account_of(house.viewer)["_id"], 9)
    freeze(house.admin, house, FREEZE)

    frozen = refusal(lambda: transfer(house.founder, house, house.viewer.id))

    assert frozen[:2] == (403, "ACCOUNT_FROZEN")
    assert frozen[2]["frozen_by"] == house.admin.id
    assert frozen[2]["frozen_at"] == moment(house.account["freeze"]["at"])
    assert contribute(house.viewer, house, 9).json["balance_after"] == 109


def test_the_older_form_is_a_boolean(house: House) -> None:
    frozen = freeze(house.admin, house, {"freeze": True, "reason": "look"})
    opened = freeze(house.admin, house, {"freeze": False})
    both = freeze(house.admin, house, {"freeze": True, **FREEZE})

    assert [each.json["action"] for each in (frozen, opened, both)] == ["frozen", "unfrozen", "frozen"]
    assert opened.json["reason"] is None


def test_freezing_needs_a_reason_and_opening_none(house: House) -> None:
    for body in ({"action": "freeze"}, {"freeze": True}):
        with nothing_moves():
            answer = freeze(house.founder, house, body)
        assert answer.problem == (400, "REASON_REQUIRED")
        assert answer.faults == {("reason", "required")}


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({}, {("action", "required")}),
        (None, {("action", "required")}),
        ({"reason": "look"}, {("action", "required")}),
        ({"action": "thaw", "reason": "look"}, {("action", "invalid_choice")}),
        ({"action": True, "reason": "look"}, {("action", "invalid_type")}),
        ({"freeze": "true", "reason": "look"}, {("freeze", "invalid_type")}),
        ({"action": "freeze", "freeze": False, "reason": "look"}, {("freeze", "not_allowed")}),
        ({"action": "unfreeze", "freeze": True}, {("freeze", "not_allowed")}),
        ({"action": "freeze", "reason": ""}, {("reason", "too_short")}),
        ({"action": "freeze", "reason": None}, {("reason", "null")}),
        ({"action": "freeze", "reason": "x" * 501}, {("reason", "too_long")}),
        ({"action": "unfreeze", "until": "tomorrow"}, {("until", "unknown_field")}),
    ],
)
def test_a_body_of_another_shape_is_refused(house: House, body: Any, found: set[tuple[str, str]]) -> None:
    assert faults(lambda: freeze(house.founder, house, body)) == found


def test_what_is_so_already_is_refused(house: House) -> None:
    opened = refusal(lambda: freeze(house.founder, house, UNFREEZE))
    assert opened == (400, "ACCOUNT_FREEZE_FAILED", {"status": "active"})
    freeze(house.founder, house, FREEZE)
    frozen = refusal(lambda: freeze(house.admin, house, FREEZE))
    assert frozen == (400, "ACCOUNT_FREEZE_FAILED", {"status": "frozen"})


def test_nobody_but_an_admin_freezes(house: House, stranger: Person) -> None:
    for each in (house.spender, house.viewer):
        told_ = refusal(lambda by=each: freeze(by, house, FREEZE))  # type: ignore[misc]  # a default
        assert told_ == (403, "INSUFFICIENT_PERMISSIONS", {"required": "family admin"})
    assert refusal(lambda: freeze(stranger, house, FREEZE)) == (404, "FAMILY_NOT_FOUND", {})


def test_what_staff_froze_only_staff_opens(house: House) -> None:
    freeze_as(house.account_id, by=TESTS, now=clock.now(), is_staff=True)

    told_ = refusal(lambda: freeze(house.founder, house, UNFREEZE))

    assert told_ == (403, "INSUFFICIENT_PERMISSIONS", {"required": "staff"})


def test_the_same_intent_by_either_path_is_done_once(house: House) -> None:
    first = freeze(house.founder, house, FREEZE, PATHS[0], **{"Idempotency-Key": KEY})

    with nothing_moves():
        again = freeze(house.founder, house, FREEZE, PATHS[1], **{"Idempotency-Key": KEY})

    assert (again.status, again.text) == (200, first.text)
    assert again.headers["Idempotency-Replayed"] == "true"
