"""DELETE /family/{id} with tokens left. Source: HTTP contract, sections 4 (dissolving) and 18 (1, 3, 5)."""

from typing import Any

import pytest

from family_site.identity.actions import disabling
from ops import clock
from ops.mongo.collections import collection
from tests.api import Answer, Api
from tests.database import audit, documents
from tests.factories import Person
from tests.families.household import new_entries
from tests.tokens import ledger_checker
from tests.tokens.calls import refusal, transfer
from tests.tokens.deeds import House, freeze
from tests.tokens.funds import account_of
from tests.tokens.told import forget, ids, told
from tests.world import TESTS


@pytest.fixture
def house() -> House:
    """A family with 100 tokens; nobody told of anything yet."""
    made = House(100)
    forget()
    return made


def dissolve(by: Person, house: House, body: Any = None, query: str = "") -> Answer:
    return Api(by).send("DELETE", f"/family/{house.id}{query}", body)


def refused(by: Person, house: House, body: Any = None, query: str = "") -> tuple[int, str, Any]:
    """Return how it is refused; the family is as it was."""
    before = documents("families", "family_people", "family_relationships")
    found = refusal(lambda: dissolve(by, house, body, query))
    assert documents("families", "family_people", "family_relationships") == before
    return found


def payout() -> dict[str, Any]:
    (found,) = [
        each for each in documents("sbd_transactions")["sbd_transactions"] if each["kind"] == "payout"
    ]
    return found


@pytest.mark.parametrize("in_body", [True, False])
def test_the_whole_balance_goes_to_an_admins_own_account(house: House, in_body: bool) -> None:  # noqa: FBT001  # a parameter
    to, before = house.admin.id, audit()
    body, query = ({"payout_to": to}, "") if in_body else (None, f"?payout_to={to}")

    answer = dissolve(house.founder, house, body, query)

    stored = payout()
    assert answer.status == 200
    assert answer.json["payout"] == {"transaction_id": stored["_id"], "amount": 100, "to_user_id": to}
    assert (answer.json["sbd_account_handled"], answer.json["members_notified"]) == (True, 4)
    assert (house.account["balance"], house.account["status"]) == (0, "closed")
    assert account_of(house.admin)["balance"] == 100
    assert ledger_checker.faults() == []
    (entry,) = new_entries(before)
    assert (entry["action"], entry["after"]["payout"]) == ("family.dissolved", stored["_id"])
    assert told() == {
        "sbd_spend": ids(house.people),
        "direct_token_transfer_admin": [house.admin.id],
        "direct_token_transfer_received": [house.admin.id],
        "family_dissolved": ids(house.people),
    }
    (mine,) = Api(house.admin).get("/sbd_tokens/transactions").json["results"]
    assert (mine["type"], mine["amount"], mine["from_user"]) == ("payout", 100, "family_larks")


def test_an_admin_may_take_it_themselves_also_right_after_the_same_transfer(house: House) -> None:
    transfer(house.founder, house, house.founder.id, 50)

    answer = dissolve(house.founder, house, {"payout_to": house.founder.id})

    assert answer.json["payout"]["amount"] == 50
    assert account_of(house.founder)["balance"] == 100


def test_without_tokens_nothing_is_paid_out() -> None:
    house = House()

    assert dissolve(house.founder, house, {"payout_to": house.founder.id}).json["payout"] is None


def test_with_tokens_somebody_must_get_them(house: House) -> None:
    assert refused(house.founder, house) == (400, "ACCOUNT_NOT_EMPTY", {"balance": 100})
    assert refused(house.founder, house, {}) == (400, "ACCOUNT_NOT_EMPTY", {"balance": 100})


@pytest.mark.parametrize("is_staff", [True, False])
def test_of_a_frozen_account_nothing_is_paid_out(house: House, is_staff: bool) -> None:  # noqa: FBT001  # a parameter
    by, shown = (TESTS, None) if is_staff else (house.founder.actor, house.founder.id)
    freeze(house.account_id, by=by, now=clock.now(), is_staff=is_staff)

    for body in ({"payout_to": house.founder.id}, None):
        status, code, details = refused(house.founder, house, body)
        assert (status, code, details["frozen_by"]) == (403, "ACCOUNT_FROZEN", shown)


def test_an_empty_frozen_account_keeps_no_family_together() -> None:
    house = House()
    freeze(house.account_id, by=house.founder.actor, now=clock.now())

    assert dissolve(house.founder, house).status == 200


def test_only_an_admin_who_works_gets_the_tokens(house: House, stranger: Person) -> None:
    def found(to: Any, query: str = "") -> set[tuple[str, str]]:
        _, code, details = refused(house.founder, house, {"payout_to": to}, query)
        assert code == "VALIDATION_ERROR"
        return {(each["field"], each["code"]) for each in details}

    assert found(house.viewer.id) == found(house.spender.id) == {("payout_to", "not_allowed")}
    assert found(stranger.id) == found(house.account_id) == {("payout_to", "not_member")}
    assert found(house.founder.username) == {("payout_to", "not_member")}
    disabling.disable(house.admin.id, actor=TESTS, now=clock.now(), reason="for a test")
    assert found(house.admin.id) == {("payout_to", "not_allowed")}


@pytest.mark.parametrize(
    ("body", "query", "found"),
    [
        ({"payout_to": None}, "", {("payout_to", "null")}),
        ({"payout_to": ""}, "", {("payout_to", "too_short")}),
        ({"payout_to": 5}, "", {("payout_to", "invalid_type")}),
        ({"pay_to": "user_1"}, "", {("pay_to", "unknown_field")}),
        ({"payout_to": "user_1"}, "?payout_to=user_2", {("query.payout_to", "not_allowed")}),
    ],
)
def test_a_call_of_another_shape_is_refused(
    house: House, body: Any, query: str, found: set[tuple[str, str]]
) -> None:
    _, code, details = refused(house.founder, house, body, query)

    assert code == "VALIDATION_ERROR"
    assert {(each["field"], each["code"]) for each in details} == found


def test_others_pay_nothing_out(house: House, stranger: Person) -> None:
    body = {"payout_to": house.founder.id}

    assert refused(house.spender, house, body)[:2] == (403, "INSUFFICIENT_PERMISSIONS")
    assert refused(stranger, house, body)[:2] == (404, "FAMILY_NOT_FOUND")


def test_what_no_transaction_moves_is_not_paid_out(house: House) -> None:
    collection("sbd_accounts").update({"_id": house.account_id}, {"$set": {"balance": 10**12 + 1}})

    told_ = refused(house.founder, house, {"payout_to": house.founder.id})

    assert told_ == (400, "ACCOUNT_NOT_EMPTY", {"balance": 10**12 + 1})


def test_everybody_keeps_their_own_statement(house: House) -> None:
    transfer(house.founder, house, house.viewer.id, 30)
    dissolve(house.founder, house, {"payout_to": house.founder.id})

    gone = Api(house.viewer).get(f"/family/{house.id}/sbd-account/transactions")
    kept = Api(house.viewer).get("/sbd_tokens/transactions").json["results"]

    assert gone.problem == (404, "FAMILY_NOT_FOUND")
    assert [(each["amount"], each["from_user"]) for each in kept] == [(30, "family_larks")]
