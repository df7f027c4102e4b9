"""What calls about tokens cost in commands to MongoDB. Source: design, section 9 (database commands)."""

from collections.abc import Callable

import pytest

from ops import switches
from tests import test_round_trips
from tests.api import Answer, Api
from tests.factories import Person, new_issuance
from tests.families.asking import review
from tests.test_round_trips import COMMIT
from tests.tokens.calls import KEY, contribute, send, transfer
from tests.tokens.deeds import House
from tests.waiting import until

MOVING = ["update sbd_accounts", "insert sbd_transactions", "insert sbd_entries"]
TELLING = ["aggregate users", "insert notifications", "insert audit_log"]
FIRST = "find sbd_transactions"  # was the same paid a moment ago?
FAMILY = "aggregate families"  # with its account, and whoever else is concerned


@pytest.fixture
def house() -> House:
    """A family with 100 tokens, whose people have called before."""
    made = House(100)
    assert until(lambda: switches.current() is not None)
    for each in made.people:
        new_issuance(each)
        assert Api(each).get("/sbd_tokens").status == 200
    return made


def cost_of(call: Callable[[], Answer], status: int = 200) -> list[str]:
    """Return the commands to MongoDB, in order, of a call answered with this status."""
    return test_round_trips.cost_of(call, status)[0]


def test_sending_costs_nine(house: House, stranger: Person) -> None:
    sent = cost_of(lambda: send(house.viewer, stranger.username))

    assert sent == ["find sbd_accounts", FIRST, *MOVING, *TELLING, COMMIT]


def test_transferring_and_contributing_cost_as_much(house: House, stranger: Person) -> None:
    nine = [FAMILY, FIRST, *MOVING, *TELLING, COMMIT]

    assert cost_of(lambda: transfer(house.spender, house, stranger.id)) == nine
    assert cost_of(lambda: transfer(house.spender, house, stranger.username, 6)) == nine
    assert cost_of(lambda: contribute(house.viewer, house), 201) == nine


def test_a_key_is_looked_up_and_kept_in_place_of_the_look_for_a_double_click(
    house: House, stranger: Person
) -> None:
    kept = ["find idempotency_keys", FAMILY, *MOVING, *TELLING, "insert idempotency_keys", COMMIT]

    assert cost_of(lambda: transfer(house.spender, house, stranger.id, key=KEY)) == kept
    again = cost_of(lambda: transfer(house.spender, house, stranger.id, key=KEY))
    assert again == ["find idempotency_keys", COMMIT]


def test_a_refused_spend_costs_one_look(house: House, stranger: Person) -> None:
    assert cost_of(lambda: transfer(house.viewer, house, stranger.id), 403) == [FAMILY]


def test_validating_costs_one_look(house: House) -> None:
    path = f"/family/{house.id}/sbd-account/validate-spending"
    body = {"account_username": "family_larks", "user_id": house.spender.id, "amount": 5}

    assert cost_of(lambda: Api(house.spender).post(path, {"amount": 5})) == [FAMILY]
    by_name = cost_of(lambda: Api(house.founder).post("/family/validate-spending", body))
    assert by_name == ["find sbd_accounts"]


def test_the_account_costs_one_look_however_much_happened(house: House, stranger: Person) -> None:
    path = f"/family/{house.id}/sbd-account"
    for amount in range(1, 13):
        transfer(house.founder, house, stranger.id, amount)

    assert cost_of(lambda: Api(house.viewer).get(path)) == [FAMILY]
    assert cost_of(lambda: Api(house.viewer).get(f"{path}/available-balance")) == [FAMILY]
    assert cost_of(lambda: Api(house.viewer).get(f"{path}/holders")) == [FAMILY, "find users"]
    assert cost_of(lambda: Api(house.viewer).get("/sbd_tokens")) == ["find sbd_accounts"]


def test_a_statement_costs_two(house: House, stranger: Person) -> None:
    transfer(house.founder, house, stranger.id)
    path = f"/family/{house.id}/sbd-account/transactions"

    page = cost_of(lambda: Api(house.viewer).get(f"{path}?limit=1"))
    own = cost_of(lambda: Api(house.viewer).get("/sbd_tokens/transactions"))
    file = cost_of(lambda: Api(house.viewer).get(path, accept="text/csv"))

    assert page == file == [FAMILY, "aggregate sbd_entries"]
    assert own == ["find sbd_accounts", "aggregate sbd_entries"]


def test_rights_and_freezing(house: House) -> None:
    path = f"/family/{house.id}/sbd-account"
    rights = {"user_id": house.viewer.id, "can_spend": True, "spending_limit": 5}
    why = {"action": "freeze", "reason": "to look at it"}

    changed = cost_of(lambda: Api(house.founder).put(f"{path}/permissions", rights))
    frozen = cost_of(lambda: Api(house.founder).post(f"{path}/freeze", why))

    # What nobody can switch off is told without asking what people prefer, unless it is mailed.
    assert changed == [FAMILY, "find users", "update sbd_accounts", *TELLING[1:], FAMILY, COMMIT]
    telling = ["aggregate users", "insert notifications", "insert email_outbox", "insert audit_log"]
    assert frozen == [FAMILY, "update sbd_accounts", *telling, COMMIT]


def test_requests(house: House) -> None:
    path = f"/family/{house.id}/token-requests"
    body = {"amount": 5, "reason": "for bread"}
    request_id = Api(house.viewer).post(path, body).json["request_id"]

    listed = cost_of(lambda: Api(house.viewer).get(f"{path}?limit=1"))
    asked = cost_of(lambda: Api(house.viewer).post(path, body), 201)
    approved = cost_of(lambda: review(house.founder, house, request_id))

    assert listed == [FAMILY, "aggregate token_requests"]
    look, mailed = [FAMILY, "find token_requests"], [*TELLING[:2], "insert email_outbox", TELLING[2], COMMIT]
    assert asked == [*look, "update sbd_accounts", "insert token_requests", *mailed]
    paid = [*MOVING, *TELLING[:2]]
    assert approved == [*look, "find sbd_accounts", *paid, "findAndModify token_requests", *mailed]
