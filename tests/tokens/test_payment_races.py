"""Payments that are sent many times at once. Source: HTTP contract, sections 1.3 and 18 (1 to 4)."""

from collections import Counter
from functools import partial

import pytest

from tests.api import Answer
from tests.database import audit, documents
from tests.factories import Person, new_person
from tests.races import at_once, persistent
from tests.tokens import ledger_checker
from tests.tokens.calls import KEY, contribute, send, transfer
from tests.tokens.deeds import House
from tests.tokens.funds import account_of, issue


def paid(kind: str) -> list[str]:
    """Return the ids of the transactions of a kind."""
    found = documents("sbd_transactions")["sbd_transactions"]
    return [each["_id"] for each in found if each["kind"] == kind]


def show_one(answers: list[Answer], again: Answer, kind: str) -> None:
    """Show that one transaction was made, and that all got its answer, one of them for the first time."""
    assert {each.text for each in answers} == {again.text}
    assert len([each for each in answers if "Idempotency-Replayed" not in each.headers]) <= 1
    assert again.headers["Idempotency-Replayed"] == "true"
    (transaction,) = paid(kind)
    assert [each["target"] for each in audit("tokens.paid")] == [transaction]
    assert len(documents("idempotency_keys")["idempotency_keys"]) == 1
    assert ledger_checker.faults() == []


@pytest.mark.race
@pytest.mark.parametrize("times", [1, 2, 50])
def test_one_key_is_one_send(person: Person, stranger: Person, times: int) -> None:
    issue(account_of(person)["_id"], 100)
    call = partial(send, person, stranger.username, 5, key=KEY)

    show_one(at_once([persistent(call)] * times), call(), "send")

    assert (account_of(person)["balance"], account_of(stranger)["balance"]) == (95, 5)


@pytest.mark.race
@pytest.mark.parametrize("times", [1, 2, 50])
def test_one_key_is_one_transfer(stranger: Person, times: int) -> None:
    house = House(100)
    call = partial(transfer, house.spender, house, stranger.id, 5, key=KEY)

    show_one(at_once([persistent(call)] * times), call(), "transfer")

    assert (house.account["balance"], account_of(stranger)["balance"]) == (95, 5)


@pytest.mark.race
@pytest.mark.parametrize("times", [1, 2, 50])
def test_one_key_is_one_contribution(times: int) -> None:
    house = House(100)
    issue(account_of(house.viewer)["_id"], 100)
    call = partial(contribute, house.viewer, house, 5, key=KEY)

    show_one(at_once([persistent(call)] * times), call(), "contribution")

    assert (house.account["balance"], account_of(house.viewer)["balance"]) == (105, 95)


@pytest.mark.race
def test_of_many_clicks_without_a_key_one_pays(person: Person, stranger: Person) -> None:
    issue(account_of(person)["_id"], 100)

    answers = at_once([partial(send, person, stranger.username, 5)] * 8)

    assert Counter(each.status for each in answers) == {200: 1, 409: 7}
    assert (len(paid("send")), account_of(stranger)["balance"]) == (1, 5)


@pytest.mark.race
def test_what_there_is_is_spent_once() -> None:
    house = House(10)
    others = [new_person() for _ in range(6)]

    answers = at_once([partial(transfer, house.founder, house, each.id, 4) for each in others])

    told = Counter("200" if each.status == 200 else each.problem[1] for each in answers)
    assert told["200"] == 2
    assert set(told) <= {"200", "INSUFFICIENT_BALANCE", "CONFLICT"}
    assert house.account["balance"] == 2
    assert ledger_checker.faults() == []
