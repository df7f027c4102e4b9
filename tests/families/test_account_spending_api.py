"""POST …/sbd-account/transfer and /contribute. Source: HTTP contract, sections 1.3, 8, 12 and 18 (1 to 6)."""

from typing import Any

import pytest
from django.test import override_settings

from family_site.identity.actions import disabling
from ops import clock
from ops.mongo.collections import collection
from tests.api import Api
from tests.database import documents
from tests.factories import Person, new_family, new_person
from tests.tokens.calls import KEY, NO_AMOUNTS, Refusal, contribute, faults, moment, refusal, transfer
from tests.tokens.deeds import House
from tests.tokens.funds import account_of, issue
from tests.tokens.told import forget, ids, told
from tests.world import TESTS
from tokens.actions.rights import Rights

UNKNOWN: Refusal = (404, "RECIPIENT_NOT_FOUND", {})


@pytest.fixture
def house() -> House:
    """A family with 100 tokens, whose viewer has 50; nobody told of anything yet."""
    made = House(100)
    issue(account_of(made.viewer)["_id"], 50)
    forget()
    return made


def posted(kind: str) -> dict[str, Any]:
    (found,) = [each for each in documents("sbd_transactions")["sbd_transactions"] if each["kind"] == kind]
    return found


def test_a_spender_transfers(house: House, stranger: Person) -> None:
    answer = transfer(house.spender, house, stranger.id, 30, reason=" for bread ")

    stored = posted("transfer")
    assert answer.status == 200
    assert answer.json == {
        "status": "success",
        "message": "The tokens were transferred.",
        "transaction_safe": True,
        "data": {
            "transaction_id": stored["_id"],
            "amount": 30,
            "recipient": {"user_id": stranger.id, "username": stranger.username},
            "reason": "for bread",
            "transferred_at": moment(stored["at"]),
            "balance_after": 70,
        },
    }
    assert (house.account["balance"], account_of(stranger)["balance"]) == (70, 30)
    assert told() == {
        "sbd_spend": ids(house.people),
        "direct_token_transfer_received": [stranger.id],
        "direct_token_transfer_admin": ids([house.founder, house.admin]),
    }


def test_the_recipient_is_told_by_id_or_by_name(house: House, stranger: Person) -> None:
    answers = [
        transfer(house.founder, house, stranger.username, 1),
        transfer(house.founder, house, stranger.username.upper(), 2, recipient_type="user"),
        transfer(house.founder, house, stranger.username, 3, recipient_type="username"),
        transfer(house.founder, house, stranger.id, 4, recipient_type="user"),
    ]

    assert [each.json["data"]["recipient"]["user_id"] for each in answers] == [stranger.id] * 4
    assert answers[0].json["data"]["reason"] is None
    by_name = refusal(lambda: transfer(house.founder, house, stranger.id, 5, recipient_type="username"))
    assert by_name == UNKNOWN


def test_an_id_comes_before_a_name_that_reads_the_same(house: House, stranger: Person) -> None:
    namesake = new_person(stranger.id)

    answer = transfer(house.founder, house, stranger.id, 1)

    assert answer.json["data"]["recipient"]["username"] == stranger.username
    assert transfer(house.founder, house, stranger.id, 1, recipient_type="username").json["data"][
        "recipient"
    ] == {"user_id": namesake.id, "username": namesake.username}


def test_one_who_spends_may_pay_themselves_within_their_right(house: House) -> None:
    assert transfer(house.spender, house, house.spender.id, 7).status == 200
    assert account_of(house.spender)["balance"] == 7


def test_who_cannot_be_paid_is_unknown(house: House, stranger: Person) -> None:
    new_family(stranger, "Crows")
    disabling.disable(house.admin.id, actor=TESTS, now=clock.now(), reason="for a test")

    for to in ("nobody", house.admin.id, "family_crows", "family_larks", "system_issuance", house.account_id):
        assert refusal(lambda it=to: transfer(house.founder, house, it)) == UNKNOWN, to  # type: ignore[misc]  # a default


def test_rights_limits_and_balance_hold(house: House, stranger: Person) -> None:
    house.allow(house.spender, Rights(can_spend=True, spending_limit=5))

    def spend(by: Person, amount: int) -> tuple[str, Any]:
        status, code, details = refusal(lambda: transfer(by, house, stranger.id, amount))
        return f"{status} {code}", details

    assert spend(house.viewer, 1)[0] == "403 NO_SPENDING_PERMISSION"
    told_, details = spend(house.spender, 6)
    assert told_ == "403 SPENDING_LIMIT_EXCEEDED"
    assert (details["limit"], details["period"], details["remaining"]) == (5, "transaction", 5)
    told_, details = spend(house.founder, 101)
    assert told_ == "400 INSUFFICIENT_BALANCE"
    assert (details["amount"], details["balance"]) == (101, 100)
    assert [each["question"] for each in details["reasons"]] == ["state", "permission", "limit", "balance"]
    assert spend(stranger, 1) == ("404 FAMILY_NOT_FOUND", {})


@pytest.mark.parametrize(("amount", "code"), NO_AMOUNTS)
def test_an_amount_is_a_number_of_whole_tokens(house: House, amount: Any, code: str) -> None:
    assert faults(lambda: transfer(house.founder, house, house.viewer.id, amount)) == {("amount", code)}
    assert faults(lambda: contribute(house.viewer, house, amount)) == {("amount", code)}


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({"recipient_type": "external"}, {("recipient_type", "invalid_choice")}),
        ({"recipient_type": None}, {("recipient_type", "null")}),
        ({"recipient_identifier": ""}, {("recipient_identifier", "too_short")}),
        ({"recipient_identifier": "x" * 65}, {("recipient_identifier", "too_long")}),
        ({"recipient_identifier": ["wren"]}, {("recipient_identifier", "invalid_type")}),
        ({"reason": "x" * 501}, {("reason", "too_long")}),
        ({"reason": "a\u202eb"}, {("reason", "invalid_format")}),
        ({"from_account": "family_larks"}, {("from_account", "unknown_field")}),
    ],
)
def test_a_transfer_of_another_shape_is_refused(
    house: House, more: dict[str, Any], found: set[tuple[str, str]]
) -> None:
    body = {"recipient_identifier": house.viewer.id, "amount": 5, **more}
    path = f"/family/{house.id}/sbd-account/transfer"

    assert faults(lambda: Api(house.founder).post(path, body)) == found


def test_a_member_contributes(house: House) -> None:
    answer = contribute(house.viewer, house, 20, note="for all")

    stored = posted("contribution")
    assert answer.status == 201
    assert answer.json == {
        "transaction_id": stored["_id"],
        "amount": 20,
        "balance_after": 120,
        "personal_balance_after": 30,
        "created_at": moment(stored["at"]),
    }
    assert stored["note"] == "for all"
    assert (house.account["balance"], account_of(house.viewer)["balance"]) == (120, 30)
    assert told() == {"sbd_deposit": ids(house.people)}


def test_more_than_one_has_is_not_contributed(house: House) -> None:
    status, code, details = refusal(lambda: contribute(house.viewer, house, 51))

    assert (status, code, details["balance"]) == (400, "INSUFFICIENT_BALANCE", 50)


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({"note": "x" * 501}, {("note", "too_long")}),
        ({"note": None}, {("note", "null")}),
        ({"reason": "gift"}, {("reason", "unknown_field")}),
    ],
)
def test_a_contribution_of_another_shape_is_refused(
    house: House, more: dict[str, Any], found: set[tuple[str, str]]
) -> None:
    assert faults(lambda: contribute(house.viewer, house, 5, **more)) == found


def test_of_a_family_one_is_not_in_nothing_is_known(house: House, stranger: Person) -> None:
    issue(account_of(stranger)["_id"], 5)

    assert refusal(lambda: contribute(stranger, house)) == (404, "FAMILY_NOT_FOUND", {})
    elsewhere = Api(house.founder).post(f"/family/{'x' * 65}/sbd-account/contribute", {"amount": 5})
    assert elsewhere.problem == (404, "FAMILY_NOT_FOUND")


@override_settings(REQUIRE_CONFIRMED_EMAIL=True)
def test_an_address_is_to_be_confirmed_first(house: House) -> None:
    for person in (house.founder, house.viewer):
        collection("users").update({"_id": person.id}, {"$set": {"email_confirmed_at": None}})

    sent = refusal(lambda: transfer(house.founder, house, house.viewer.id))
    paid_in = refusal(lambda: contribute(house.viewer, house))

    assert sent == paid_in == (403, "EMAIL_NOT_CONFIRMED", {})


def test_with_a_key_it_happens_once_and_is_kept_for_ever(house: House, stranger: Person) -> None:
    first = transfer(house.founder, house, stranger.id, 5, key=KEY)
    again = transfer(house.founder, house, stranger.id, 5, key=KEY)
    paid_in = [contribute(house.viewer, house, 5, key=KEY) for _ in range(2)]

    assert (first.text, paid_in[0].text) == (again.text, paid_in[1].text)
    assert [each.status for each in (first, again, *paid_in)] == [200, 200, 201, 201]
    assert account_of(stranger)["balance"] == 5
    assert house.account["balance"] == 100
    assert {each["expires_at"] for each in documents("idempotency_keys")["idempotency_keys"]} == {None}
    other = refusal(lambda: transfer(house.founder, house, stranger.id, 6, key=KEY))
    assert other == (409, "IDEMPOTENCY_KEY_REUSED", {})


def test_without_a_key_a_second_click_is_refused(house: House, stranger: Person) -> None:
    first = transfer(house.founder, house, stranger.id).json["data"]["transaction_id"]
    paid_in = contribute(house.viewer, house).json["transaction_id"]

    clicked = refusal(lambda: transfer(house.founder, house, stranger.id))
    again = refusal(lambda: contribute(house.viewer, house))

    assert (clicked[:2], clicked[2]["transaction_id"]) == ((409, "CONFLICT"), first)
    assert (again[:2], again[2]["transaction_id"]) == ((409, "CONFLICT"), paid_in)
