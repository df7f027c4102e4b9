"""POST of both validate-spending. Source: HTTP contract, sections 8, 18 (10) and 19 (dry run)."""

from typing import Any

import pytest

from family_site.identity.roles import Role
from ops import clock
from tests.api import Answer, Api
from tests.factories import Person, new_staff
from tests.tokens.calls import NO_AMOUNTS, Refusal, faults, moment, nothing_moves, refusal, send, transfer
from tests.tokens.deeds import House, freeze
from tests.tokens.funds import account_of, issue
from tokens.actions.rights import Rights

LARKS = "family_larks"
NOT_FOUND: Refusal = (404, "ACCOUNT_NOT_FOUND", {})


@pytest.fixture
def house() -> House:
    """A family with 100 tokens."""
    return House(100)


def validate(person: Person, house: House, amount: Any = 5, query: str = "") -> Answer:
    body = None if amount is None else {"amount": amount}
    return Api(person).post(f"/family/{house.id}/sbd-account/validate-spending{query}", body)


def validate_any(caller: Person, of: Person | str, amount: Any = 5, account: str = LARKS) -> Answer:
    user_id = of if isinstance(of, str) else of.id
    body = {"account_username": account, "user_id": user_id, "amount": amount}
    return Api(caller).post("/family/validate-spending", body)


def test_what_would_be_allowed(house: House) -> None:
    with nothing_moves():
        answer = validate(house.founder, house, 100)

    assert answer.status == 200
    assert answer.json == {
        "status": "success",
        "valid": True,
        "data": {
            "can_spend": True,
            "amount": 100,
            "family_id": house.id,
            "account_username": LARKS,
            "user_permissions": {
                "role": "manager",
                "can_spend": True,
                "spending_limit": -1,
                "period_limit": None,
            },
            "account_status": {"is_frozen": False, "current_balance": 100},
            "reasons": [
                {
                    "question": "state",
                    "passed": True,
                    "status": "active",
                    "frozen_at": None,
                    "frozen_by": None,
                },
                {"question": "permission", "passed": True, "role": "manager"},
                {"question": "limit", "passed": True, "limit": -1, "amount": 100},
                {"question": "balance", "passed": True, "balance": 100, "amount": 100},
            ],
        },
    }
    assert transfer(house.founder, house, house.viewer.id, 100).status == 200


def test_the_answer_is_what_the_spend_meets(house: House, stranger: Person) -> None:
    """Frozen, permission, limit of one spend and of a period, balance: in this order."""
    day = {"period": "day", "limit": 60}
    house.allow(house.spender, Rights(can_spend=True, spending_limit=50, period_limit=day))
    transfer(house.spender, house, stranger.id, 45)
    met = []

    def compare(person: Person, amount: int) -> None:
        told = validate(person, house, amount)
        with nothing_moves():
            spent = transfer(person, house, stranger.id, amount)
        data = told.json["data"]
        assert (told.status, told.json["valid"], data["can_spend"]) == (200, False, False)
        assert (data["denial_reason"], data["denial_message"]) == (spent.problem[1], spent.json["message"])
        assert data["reasons"] == spent.json["details"]["reasons"]
        met.append(f"{data['denial_reason']} {spent.json['details'].get('period', '')}".strip())

    compare(house.viewer, 1)
    compare(house.spender, 51)
    compare(house.spender, 16)
    compare(house.founder, 56)
    frozen = freeze(house.account_id, by=house.admin.actor, now=clock.now())
    compare(house.viewer, 1000)

    assert met == [
        "NO_SPENDING_PERMISSION",
        "SPENDING_LIMIT_EXCEEDED transaction",
        "SPENDING_LIMIT_EXCEEDED day",
        "INSUFFICIENT_BALANCE",
        "ACCOUNT_FROZEN",
    ]
    data = validate(house.founder, house).json["data"]
    assert data["account_status"] == {"is_frozen": True, "current_balance": 55}
    assert data["reasons"][0]["frozen_at"] == moment(frozen["at"])


def test_the_amount_stands_in_the_body_or_in_the_query(house: House) -> None:
    for answer in (
        validate(house.founder, house, None, "?amount=7"),
        validate(house.founder, house, 7),
        validate(house.founder, house, 7, "?amount=7"),
        Api(house.founder).post(f"/family/{house.id}/sbd-account/validate-spending?amount=7", {}),
    ):
        assert (answer.status, answer.json["data"]["amount"]) == (200, 7)
    assert faults(lambda: validate(house.founder, house, None)) == {("amount", "required")}
    assert faults(lambda: validate(house.founder, house, 7, "?amount=8")) == {("query.amount", "not_allowed")}


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        ("0", "too_small"),
        ("-5", "too_small"),
        ("1000000000001", "too_large"),
        ("9" * 30, "invalid_type"),
        ("5.0", "invalid_type"),
        ("1e3", "invalid_type"),
        ("true", "invalid_type"),
        ("", "invalid_type"),
        ("%D9%A5", "invalid_type"),  # a digit, of another script
    ],
)
def test_an_amount_of_the_query_has_a_code_of_its_own(house: House, amount: str, code: str) -> None:
    with nothing_moves():
        answer = validate(house.founder, house, None, f"?amount={amount}")

    assert answer.problem == (400, "INVALID_AMOUNT")
    assert answer.faults == {("query.amount", code)}


@pytest.mark.parametrize(("amount", "code"), [each for each in NO_AMOUNTS if each[0] is not None])
def test_an_amount_is_a_number_of_whole_tokens(house: House, amount: Any, code: str) -> None:
    assert faults(lambda: validate(house.founder, house, amount)) == {("amount", code)}
    assert faults(lambda: validate_any(house.founder, house.founder, amount)) == {("amount", code)}


def test_strangers_learn_nothing(house: House, stranger: Person) -> None:
    assert refusal(lambda: validate(stranger, house)) == (404, "FAMILY_NOT_FOUND", {})
    for of in (stranger, house.founder, "user_nobody"):
        assert refusal(lambda who=of: validate_any(stranger, who)) == NOT_FOUND  # type: ignore[misc]  # a default
    assert refusal(lambda: validate_any(stranger, stranger, account="nothing")) == NOT_FOUND


def test_a_holder_asks_about_themselves_and_a_manager_about_anybody(house: House, stranger: Person) -> None:
    assert validate_any(house.spender, house.spender).json["valid"] is True
    assert validate_any(house.viewer, house.viewer).json["data"]["denial_reason"] == "NO_SPENDING_PERMISSION"
    assert refusal(lambda: validate_any(house.spender, house.founder)) == NOT_FOUND

    asked = [validate_any(house.admin, each) for each in (house.spender, house.viewer, stranger)]

    assert [each.json["valid"] for each in asked] == [True, False, False]
    assert asked[0].json["data"]["user_permissions"]["role"] == "spender"
    assert asked[2].json["data"]["user_permissions"] == {
        "role": None,
        "can_spend": False,
        "spending_limit": 0,
        "period_limit": None,
    }
    assert {each.json["data"]["account_status"]["current_balance"] for each in asked} == {100}


def test_ones_own_account_belongs_to_no_family(person: Person, stranger: Person) -> None:
    issue(account_of(person)["_id"], 9)

    found = validate_any(person, person, 9, person.username.upper())

    assert (found.json["valid"], found.json["data"]["family_id"]) == (True, None)
    assert send(person, stranger.username, 9).status == 200
    assert refusal(lambda: validate_any(stranger, person, account=person.username)) == NOT_FOUND


def test_staff_asks_about_anybody_and_sees_balances_if_they_may(house: House) -> None:
    finance = new_staff(Role.FINANCE)

    data = validate_any(finance, house.founder, 101).json["data"]

    assert (data["denial_reason"], data["account_status"]["current_balance"]) == ("INSUFFICIENT_BALANCE", 100)
    for role in (Role.SUPPORT, Role.OPERATOR, Role.AUDITOR):
        clerk = new_staff(role)
        assert refusal(lambda by=clerk: validate_any(by, house.founder)) == NOT_FOUND  # type: ignore[misc]  # a default
    assert refusal(lambda: validate_any(finance, house.founder, account="nothing")) == NOT_FOUND


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (
            {},
            {("account_username", "required"), ("user_id", "required"), ("amount", "required")},
        ),
        ({"account_username": 5, "user_id": "u", "amount": 5}, {("account_username", "invalid_type")}),
        ({"account_username": "a", "user_id": "x" * 65, "amount": 5}, {("user_id", "too_long")}),
        ({"account_username": "a", "user_id": "u", "amount": 5, "now": 1}, {("now", "unknown_field")}),
    ],
)
def test_a_body_of_another_shape_is_refused(
    person: Person, body: dict[str, Any], found: set[tuple[str, str]]
) -> None:
    assert faults(lambda: Api(person).post("/family/validate-spending", body)) == found
