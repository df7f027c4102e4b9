"""Undoing a transaction. Source: HTTP contract, sections 8 (issued and reversed) and 18 (rules 1 to 4)."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from ops.mongo.collections import collection
from tests.database import audit
from tests.factories import Person
from tests.tokens import deeds, ledger_checker
from tests.tokens.deeds import House
from tests.tokens.funds import account_by_id, account_of, issue
from tests.tokens.told import forget, recorded, refused, told
from tests.world import TESTS
from tokens.actions import reversing
from tokens.actions.paying import Paid
from tokens.actions.rights import Rights
from tokens.errors import (
    AccountClosedError,
    AccountFrozenError,
    AlreadyReversedError,
    InsufficientBalanceError,
    TransactionNotFoundError,
)

NOW = datetime(2026, 12, 31, 12, tzinfo=UTC)


def undo(transaction_id: str) -> Callable[[], Any]:
    return partial(reversing.reverse, transaction_id, actor=TESTS, now=NOW, reason="by mistake")


@pytest.fixture
def house() -> House:
    """A family with 100 tokens, whose spender may spend 40 a day."""
    made = House(100)
    made.allow(made.spender, Rights(True, -1, {"period": "day", "limit": 40}))  # noqa: FBT003  # as Rights has it
    return made


@pytest.fixture
def paid(house: House, stranger: Person) -> Paid:
    """A transfer of 30 by the spender to the stranger; nobody is told of it any more."""
    made = deeds.transfer(house.account_id, stranger, 30, by=house.spender, now=NOW)
    forget()
    return made


def test_the_tokens_go_back_and_the_transaction_stays(house: House, stranger: Person, paid: Paid) -> None:
    transaction = collection("sbd_transactions").find_one({"_id": paid.transaction["_id"]})
    entries = len(audit())

    posted = undo(paid.transaction["_id"])()

    assert (house.account["balance"], account_of(stranger)["balance"]) == (100, 0)
    assert collection("sbd_transactions").find_one({"_id": paid.transaction["_id"]}) == transaction
    made = posted.transaction
    assert (made["kind"], made["reverses"]) == ("reversal", paid.transaction["_id"])
    assert made["related"] == {"type": "transaction", "id": paid.transaction["_id"]}
    stranger_account = account_of(stranger)["_id"]
    assert made["postings"] == [
        {"account": house.account_id, "amount": 30},
        {"account": stranger_account, "amount": -30},
    ]
    assert len(audit()) == entries + 1
    entry = recorded("transaction.reversed")
    assert (entry["action"], entry["target"], entry["family_id"]) == (
        "transaction.reversed",
        paid.transaction["_id"],
        house.id,
    )
    assert entry["after"] == {"reversal": made["_id"], "postings": made["postings"]}
    assert entry["private"]["reason"] == "by mistake"
    assert told() == {}
    assert ledger_checker.faults() == []


@pytest.mark.usefixtures("paid")
def test_a_running_total_is_not_given_back(house: House, paid: Paid) -> None:
    undo(paid.transaction["_id"])()

    assert house.holder(house.spender)["period"] == {"key": "2026-12-31", "spent": 30}


def test_it_is_undone_once_and_a_reversal_never(paid: Paid) -> None:
    made = undo(paid.transaction["_id"])().transaction

    details = refused(undo(paid.transaction["_id"]), AlreadyReversedError)
    assert details == {"transaction_id": made["_id"]}
    refused(undo(made["_id"]), AlreadyReversedError)


def test_what_never_was_is_not_undone(person: Person) -> None:
    refused(undo("txn_nothing"), TransactionNotFoundError)
    refused(undo(person.id), TransactionNotFoundError)


def test_who_has_the_tokens_no_more_gives_none_back(stranger: Person, person: Person, paid: Paid) -> None:
    deeds.send(person.username, 1, by=stranger, now=NOW)

    refused(undo(paid.transaction["_id"]), InsufficientBalanceError)


def test_a_frozen_account_gives_nothing_back_and_takes_it(house: House, stranger: Person, paid: Paid) -> None:
    account_id = str(account_of(stranger)["_id"])
    deeds.freeze(account_id, by=TESTS, now=NOW, is_staff=True)
    refused(undo(paid.transaction["_id"]), AccountFrozenError)

    deeds.unfreeze(account_id, by=TESTS, now=NOW, is_staff=True)
    deeds.freeze(house.account_id, by=TESTS, now=NOW, is_staff=True)
    undo(paid.transaction["_id"])()

    assert house.account["balance"] == 100


def test_nothing_goes_back_to_a_closed_account(house: House, paid: Paid) -> None:
    collection("sbd_accounts").update({"_id": house.account_id}, {"$set": {"status": "closed"}})

    refused(undo(paid.transaction["_id"]), AccountClosedError)


def test_an_issuance_is_undone_by_taking_the_tokens_out_again(person: Person) -> None:
    account_id = str(account_of(person)["_id"])
    made = issue(account_id, 25).transaction

    undo(made["_id"])()

    assert account_by_id(account_id)["balance"] == 0
    assert ledger_checker.total() == 0
    assert ledger_checker.faults() == []
