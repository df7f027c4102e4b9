"""Sends that are refused, and move nothing. Source: HTTP contract, sections 1.1, 2.2, 8 and 18 (3 to 5)."""

from typing import Any

import pytest
from django.test import override_settings

from families.actions import admins
from family_site.identity.actions import disabling
from ops import clock
from ops.mongo.collections import collection
from tests.api import Api
from tests.factories import Person, new_family, new_person
from tests.tokens.calls import NO_AMOUNTS, Refusal, faults, moment, refusal, send
from tests.tokens.deeds import House, freeze
from tests.tokens.funds import account_of, issue
from tests.world import TESTS
from tokens.actions import accounts
from tokens.actions.rights import Rights

UNKNOWN: Refusal = (404, "RECIPIENT_NOT_FOUND", {})


@pytest.fixture
def rich(person: Person) -> Person:
    """Somebody with 100 tokens."""
    issue(account_of(person)["_id"], 100)
    return person


@pytest.mark.parametrize(("amount", "code"), NO_AMOUNTS)
def test_an_amount_is_a_number_of_whole_tokens(
    rich: Person, stranger: Person, amount: Any, code: str
) -> None:
    assert faults(lambda: send(rich, stranger.username, amount)) == {("amount", code)}


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b'{"to_user":"wren","amount":NaN}', {("body", "invalid_format")}),
        (b'{"to_user":"wren","amount":1e3}', {("amount", "invalid_type")}),
        (b'{"to_user":"wren","amount":5,"amount":6}', {("body", "invalid_format")}),
        ({}, {("to_user", "required"), ("amount", "required")}),
        ({"to_user": "", "amount": 5}, {("to_user", "too_short")}),
        ({"to_user": "x" * 65, "amount": 5}, {("to_user", "too_long")}),
        ({"to_user": 7, "amount": 5}, {("to_user", "invalid_type")}),
        ({"to_user": "wren", "amount": 5, "note": "x" * 501}, {("note", "too_long")}),
        ({"to_user": "wren", "amount": 5, "note": "a\x00b"}, {("note", "invalid_format")}),
        ({"to_user": "wren", "amount": 5, "note": None}, {("note", "null")}),
        ({"to_user": "wren", "amount": 5, "from_account": ""}, {("from_account", "too_short")}),
        ({"to_user": "wren", "amount": 5, "fee": 0}, {("fee", "unknown_field")}),
        ([], {("body", "invalid_type")}),
    ],
)
def test_a_body_of_another_shape_is_refused(rich: Person, body: Any, found: set[tuple[str, str]]) -> None:
    assert faults(lambda: Api(rich).post("/sbd_tokens/send", body)) == found


def test_to_oneself_nothing_is_sent(rich: Person) -> None:
    assert refusal(lambda: send(rich, rich.username)) == (400, "SELF_TRANSFER", {})


def test_who_cannot_be_paid_is_unknown(rich: Person, stranger: Person) -> None:
    new_family(stranger, "Crows")
    disabled, gone = new_person(), new_person()
    disabling.disable(disabled.id, actor=TESTS, now=clock.now(), reason="for a test")
    accounts.close(account_of(gone)["_id"], now=clock.now())

    for name in ("nobody", disabled.username, gone.username, "family_crows", "system_issuance", stranger.id):
        assert refusal(lambda to=name: send(rich, to)) == UNKNOWN, name  # type: ignore[misc]  # a default


def test_an_account_that_one_has_no_part_in_is_unknown(rich: Person, stranger: Person) -> None:
    house = House(50)

    for name in ("nobody", house.account["username"], stranger.username, "system_issuance"):
        told = refusal(lambda source=name: send(rich, stranger.username, from_account=source))  # type: ignore[misc]  # a default
        assert told == (404, "ACCOUNT_NOT_FOUND", {}), name


def test_more_than_there_is(rich: Person, stranger: Person) -> None:
    status, code, details = refusal(lambda: send(rich, stranger.username, 101))

    assert (status, code, details["amount"], details["balance"]) == (400, "INSUFFICIENT_BALANCE", 101, 100)
    assert details["reasons"] == [
        {"question": "state", "passed": True, "status": "active", "frozen_at": None, "frozen_by": None},
        {"question": "permission", "passed": True, "role": "manager"},
        {"question": "limit", "passed": True, "limit": -1, "amount": 101},
        {"question": "balance", "passed": False, "balance": 100, "amount": 101},
    ]


def test_the_first_of_all_reasons_decides_and_times_are_told_as_everywhere(stranger: Person) -> None:
    house = House(10)
    day = {"period": "day", "limit": 4}
    house.allow(house.spender, Rights(can_spend=True, spending_limit=5, period_limit=day))
    frozen = freeze(house.account_id, by=house.founder.actor, now=clock.now())
    since = moment(frozen["at"])

    status, code, details = refusal(
        lambda: send(house.spender, stranger.username, 11, from_account=house.account["username"])
    )

    assert (status, code) == (403, "ACCOUNT_FROZEN")
    assert (details["frozen_at"], details["frozen_by"]) == (since, house.founder.id)
    assert details["reasons"] == [
        {
            "question": "state",
            "passed": False,
            "status": "frozen",
            "frozen_at": since,
            "frozen_by": house.founder.id,
        },
        {"question": "permission", "passed": True, "role": "spender"},
        {"question": "limit", "passed": False, "limit": 5, "amount": 11},
        {
            "question": "period",
            "passed": False,
            "period": "day",
            "limit": 4,
            "remaining": 4,
            "amount": 11,
        },
        {"question": "balance", "passed": False, "balance": 10, "amount": 11},
    ]


def test_rights_and_limits_hold(stranger: Person) -> None:
    house = House(100)
    name = house.account["username"]
    month = {"period": "month", "limit": 7}
    house.allow(house.spender, Rights(can_spend=True, spending_limit=5, period_limit=month))

    def spend(person: Person, amount: int) -> tuple[int, str, Any]:
        return refusal(lambda: send(person, stranger.username, amount, from_account=name))

    assert spend(house.viewer, 1)[:2] == (403, "NO_SPENDING_PERMISSION")
    _, code, details = spend(house.spender, 6)
    assert code == "SPENDING_LIMIT_EXCEEDED"
    assert (details["limit"], details["period"], details["remaining"]) == (5, "transaction", 5)
    assert send(house.spender, stranger.username, 5, from_account=name).status == 200
    _, code, details = spend(house.spender, 3)
    assert code == "SPENDING_LIMIT_EXCEEDED"
    assert (details["limit"], details["period"], details["remaining"]) == (7, "month", 2)
    admins.demote(house.id, house.admin.id, actor=house.founder.actor, now=clock.now())
    assert spend(house.admin, 1)[:2] == (403, "NO_SPENDING_PERMISSION")


@override_settings(REQUIRE_CONFIRMED_EMAIL=True)
def test_an_address_is_to_be_confirmed_first(rich: Person, stranger: Person) -> None:
    collection("users").update({"_id": rich.id}, {"$set": {"email_confirmed_at": None}})

    assert refusal(lambda: send(rich, stranger.username)) == (403, "EMAIL_NOT_CONFIRMED", {})

    collection("users").update({"_id": rich.id}, {"$set": {"email_confirmed_at": clock.now()}})
    assert send(rich, stranger.username).status == 200
