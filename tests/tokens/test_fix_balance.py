"""Correcting a balance that is not what its postings say. Source: docs/decisions/0014."""

from collections.abc import Callable
from functools import partial

import pytest

from ops import clock
from ops.errors import DomainError
from ops.mongo.collections import collection
from tests.api import Api
from tests.database import audit, documents
from tests.factories import Person
from tests.races import at_once
from tests.tokens import deeds, ledger_checker
from tests.tokens.damage import ENTRIES, Books, change, checked, named, remove
from tests.tokens.deeds import House
from tests.tokens.funds import account_by_id, account_of, issue
from tests.tokens.told import recorded, refused
from tests.world import TESTS
from tokens.actions import correcting
from tokens.actions.correcting import Corrected, Drift
from tokens.errors import AccountNotFoundError, BalanceInDoubtError, InsufficientBalanceError
from tokens.ledger.posting import entry_id
from tokens.models.system import ISSUANCE_ID

pytestmark = pytest.mark.usefixtures("_forgotten")


@pytest.fixture
def rich(person: Person) -> Person:
    """Somebody with 100 tokens."""
    issue(account_of(person)["_id"], 100)
    return person


def correct(account_id: str) -> Corrected | None:
    return correcting.correct(account_id, actor=TESTS, now=clock.now(), reason="drifted")


@pytest.mark.parametrize("stored", [150, 70, 0, -20])
def test_the_account_ends_with_what_its_entries_come_to_and_the_ledger_verifies(
    rich: Person, stored: int
) -> None:
    account_id = str(account_of(rich)["_id"])
    change("sbd_accounts", account_id, balance=stored)
    assert named(checked())["BALANCE"] >= {account_id}
    total = ledger_checker.total() - stored

    done = correct(account_id)

    assert done is not None
    assert done.drift == Drift(rich.username, stored, 100)
    assert account_of(rich)["balance"] == 100
    assert ledger_checker.total() == total + 100
    assert named(checked()) == {}
    assert ledger_checker.faults() == []


def test_it_is_a_pair_that_comes_to_nothing_and_audited_once(rich: Person) -> None:
    account_id = str(account_of(rich)["_id"])
    change("sbd_accounts", account_id, balance=150)

    done = correct(account_id)

    assert done is not None
    given, taken = (
        each
        for name in done.transactions
        for each in documents("sbd_transactions")["sbd_transactions"]
        if each["_id"] == name
    )
    assert (given["kind"], given["postings"]) == (
        "issuance",
        [{"account": ISSUANCE_ID, "amount": -50}, {"account": account_id, "amount": 50}],
    )
    assert (taken["kind"], taken["reverses"]) == ("reversal", given["_id"])
    entry = recorded("balance.corrected")
    assert (entry["target"], entry["before"], entry["private"]["reason"]) == (
        account_id,
        {"balance": 150},
        "drifted",
    )
    assert entry["after"] == {"balance": 100, "transactions": list(done.transactions)}


def test_whoever_reads_the_statement_sees_it(api: Callable[..., Api], rich: Person) -> None:
    change("sbd_accounts", str(account_of(rich)["_id"]), balance=150)
    correct(str(account_of(rich)["_id"]))

    newest = api(rich).get("/sbd_tokens/transactions?limit=2").json["results"]

    note = "Correction: 150 stood on the account, its entries come to 100."
    assert [(each["type"], each["direction"], each["balance_after"], each["note"]) for each in newest] == [
        ("reversal", "debit", 100, note),
        ("issuance", "credit", 150, note),
    ]


def test_a_second_time_nothing_is_written(rich: Person) -> None:
    account_id = str(account_of(rich)["_id"])
    change("sbd_accounts", account_id, balance=150)
    correct(account_id)
    before = documents()

    assert (correcting.drift_of(account_id), correct(account_id)) == (None, None)

    assert documents() == before


def test_what_was_paid_on_top_of_the_wrong_balance_is_settled_by_it(rich: Person, stranger: Person) -> None:
    account_id = str(account_of(rich)["_id"])
    change("sbd_accounts", account_id, balance=150)
    deeds.send(stranger.username, 10, by=rich, now=clock.now())
    deeds.send(stranger.username, 5, by=rich, now=clock.now())
    assert named(checked())["BALANCE_AFTER"] == {entry_id(account_id, 2)}

    correct(account_id)

    assert account_of(rich)["balance"] == 85
    assert named(checked()) == {}


def test_a_wrong_entry_behind_a_correction_is_told_of(rich: Person, stranger: Person) -> None:
    account_id = str(account_of(rich)["_id"])
    change("sbd_accounts", account_id, balance=150)
    correct(account_id)
    deeds.send(stranger.username, 10, by=rich, now=clock.now())

    change(ENTRIES, entry_id(account_id, 4), balance_after=91)

    assert named(checked())["BALANCE_AFTER"] == {entry_id(account_id, 4)}


def test_the_sum_of_broken_entries_is_no_truth(books: Books) -> None:
    change("sbd_accounts", books.ann, balance=500)
    remove(ENTRIES, entry_id(books.ann, 3))

    refused(partial(correct, books.ann), BalanceInDoubtError)


def test_entries_that_do_not_agree_with_their_transaction_are_no_truth(books: Books) -> None:
    change(ENTRIES, entry_id(books.bob, 2), amount=6)

    refused(partial(correct, books.bob), BalanceInDoubtError)


def test_neither_a_freeze_nor_closing_stops_it_and_both_stay(books: Books) -> None:
    deeds.freeze(books.ann, by=TESTS, now=books.at(90), is_staff=True)
    balance = account_by_id(books.ann)["balance"]
    change("sbd_accounts", books.ann, balance=500)
    change("sbd_accounts", books.closed, balance=7)

    correct(books.ann)
    correct(books.closed)

    frozen, closed = account_by_id(books.ann), account_by_id(books.closed)
    assert (frozen["status"], frozen["balance"]) == ("frozen", balance)
    assert (closed["status"], closed["balance"]) == ("closed", 0)
    assert named(checked()) == {}


@pytest.mark.parametrize(
    ("account_id", "error"), [("acc_none", AccountNotFoundError), (ISSUANCE_ID, BalanceInDoubtError)]
)
def test_nobodys_account_and_the_systems_are_refused(account_id: str, error: type[DomainError]) -> None:
    refused(partial(correct, account_id), error)


def test_more_than_a_transaction_moves_is_refused(rich: Person) -> None:
    account_id = str(account_of(rich)["_id"])
    change("sbd_accounts", account_id, balance=10**12 + 101)

    refused(partial(correct, account_id), BalanceInDoubtError)


def test_entries_that_come_to_less_than_nothing_are_refused(rich: Person, stranger: Person) -> None:
    account_id = str(account_of(rich)["_id"])
    change("sbd_accounts", account_id, balance=150)
    deeds.send(stranger.username, 120, by=rich, now=clock.now())

    refused(partial(correct, account_id), InsufficientBalanceError)


@pytest.mark.race
def test_payments_meanwhile_are_kept_and_of_two_corrections_one_writes() -> None:
    house = House(100)
    change("sbd_accounts", house.account_id, balance=170)

    def pay(amount: int) -> str:
        deeds.transfer(house.account_id, house.viewer, amount, by=house.founder, now=clock.now())
        return "paid"

    def mend() -> str:
        return "corrected" if correct(house.account_id) else "nothing"

    calls: list[Callable[[], str]] = [mend, mend, *(partial(pay, amount) for amount in (1, 2, 3, 4))]
    ended = at_once(calls)

    assert sorted(ended) == ["corrected", "nothing", "paid", "paid", "paid", "paid"]
    assert account_by_id(house.account_id)["balance"] == 90
    assert account_of(house.viewer)["balance"] == 10
    assert named(checked()) == {}
    assert len(audit("balance.corrected")) == 1
    assert sum(each["amount"] for each in collection("sbd_entries").find({}, limit=100)) == 0
