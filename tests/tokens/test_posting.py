"""Posting: what is written, and what never is. Source: HTTP contract, section 18 (rules 1 to 5)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pymongo.errors import DuplicateKeyError

from ops import clock
from ops.errors import ConflictError
from ops.mongo.collections import Document, collection
from ops.mongo.unit_of_work import unit_of_work
from tests import commands
from tests.database import documents
from tests.factories import Person
from tests.tokens import ledger_checker
from tests.tokens.funds import ISSUER, account_by_id, account_of, issue
from tokens.actions import accounts
from tokens.errors import AccountClosedError, AccountFrozenError, InsufficientBalanceError
from tokens.ledger.posting import NO_TERMS, Posted, Posting, Terms, post
from tokens.models.system import ISSUANCE
from tokens.rules import Kind

NOON = datetime(2030, 5, 1, 12, tzinfo=UTC)
MONEY = ("sbd_accounts", "sbd_transactions", "sbd_entries")


@unit_of_work()
def posted(
    *amounts: tuple[str, Any], kind: Kind = Kind.PAYOUT, now: datetime = NOON, terms: Terms = NO_TERMS
) -> Posted:
    """Post to accounts by their ids, which are read in the same unit."""
    postings = [Posting(account_by_id(account_id), amount) for account_id, amount in amounts]
    return post(kind, postings, actor=ISSUER, now=now, terms=terms)


def refused(error: type[Exception], *amounts: tuple[str, Any]) -> None:
    """Post to accounts, which is refused and changes nothing."""
    before = documents(*MONEY)
    with pytest.raises(error):
        posted(*amounts)
    assert documents(*MONEY) == before


def set_state(account_id: str, **state: Any) -> None:
    collection("sbd_accounts").update({"_id": account_id}, {"$set": state, "$inc": {"version": 1}})


@pytest.fixture
def rich(person: Person) -> str:
    """The id of an account with 100 tokens."""
    account_id = str(account_of(person)["_id"])
    issue(account_id, 100)
    return account_id


@pytest.fixture
def poor(stranger: Person) -> str:
    """The id of an account with none."""
    return str(account_of(stranger)["_id"])


TERMS = Terms(note="for bread", key="allowance:1", related={"type": "allowance", "id": "allow_1"})


def test_a_transaction_is_written_with_all_that_was_said_of_it(rich: str, poor: str) -> None:
    made = posted((rich, -30), (poor, 30), terms=TERMS)

    assert collection("sbd_transactions").find_one({"_id": made.transaction["_id"]}) == {
        "_id": made.transaction["_id"],
        "v": 1,
        "kind": "payout",
        "postings": [{"account": rich, "amount": -30}, {"account": poor, "amount": 30}],
        "actor": "system:tests",
        "actor_name": "tests",
        "note": "for bread",
        "key": "allowance:1",
        "related": {"type": "allowance", "id": "allow_1"},
        "reverses": None,
        "request_id": None,
        "at": NOON,
    }
    assert made.balances == {rich: 70, poor: 30}
    found = [(each["balance"], each["seq"], each["last_at"]) for each in map(account_by_id, (rich, poor))]
    assert found == [(70, 2, NOON), (30, 1, NOON)]
    assert ledger_checker.faults() == []


def test_each_account_gets_an_entry(rich: str, poor: str, person: Person, stranger: Person) -> None:
    made = posted((rich, -30), (poor, 30), terms=TERMS)

    entries = {each["_id"]: each for each in documents("sbd_entries")["sbd_entries"]}
    assert entries[f"{poor}:000000000001"] == {
        "_id": f"{poor}:000000000001",
        "v": 1,
        "account": poor,
        "seq": 1,
        "kind": "payout",
        "amount": 30,
        "balance_after": 30,
        "transaction": made.transaction["_id"],
        "username": stranger.username,
        "other": {"account": rich, "username": person.username},
        "actor": {"user_id": "system:tests", "username": "tests"},
        "people": sorted([person.id, stranger.id]),
        "note": "for bread",
        "related": {"type": "allowance", "id": "allow_1"},
        "at": NOON.replace(tzinfo=None),
    }
    debit = entries[f"{rich}:000000000002"]
    assert (debit["amount"], debit["balance_after"], debit["other"]["account"]) == (-30, 70, poor)


def test_the_systems_account_is_posted_to_and_not_written(poor: str) -> None:
    (before,) = [each for each in [collection("sbd_accounts").find_one({"username": ISSUANCE})] if each]

    made = issue(poor, 40)

    assert collection("sbd_accounts").find_one({"username": ISSUANCE}) == before
    entry_id = f"{before['_id']}:{made.transaction['_id']}"
    (entry,) = [each for each in documents("sbd_entries")["sbd_entries"] if each["_id"] == entry_id]
    assert (entry["seq"], entry["balance_after"], entry["amount"]) == (None, None, -40)
    assert made.balances == {poor: 40}
    assert ledger_checker.faults() == []


@pytest.mark.parametrize(
    "amounts",
    [
        (-1, 2),
        (0, 0),
        (1, 1),
        (-1.0, 1.0),
        (True, -1),
        (-(10**12) - 1, 10**12 + 1),
        (-1,),
        (),
    ],
)
def test_what_is_no_transaction_is_a_defect(rich: str, poor: str, amounts: tuple[Any, ...]) -> None:
    refused(ValueError, *zip((rich, poor), amounts, strict=False))


def test_an_account_is_posted_to_once_a_transaction(rich: str, poor: str) -> None:
    refused(ValueError, (rich, -2), (rich, 1), (poor, 1))


def test_nobody_goes_below_nought(rich: str, poor: str) -> None:
    refused(InsufficientBalanceError, (rich, -101), (poor, 101))
    posted((rich, -100), (poor, 100))
    refused(InsufficientBalanceError, (rich, -1), (poor, 1))


def test_nothing_is_debited_from_a_frozen_account_and_what_comes_is_taken(rich: str, poor: str) -> None:
    freeze = {"by": "user_1", "by_name": "wren", "by_staff": False, "at": NOON, "reason": "lost"}
    set_state(rich, status="frozen", freeze=freeze)

    refused(AccountFrozenError, (rich, -1), (poor, 1))

    issue(rich, 5)
    assert account_by_id(rich)["balance"] == 105


def test_a_closed_account_takes_and_gives_nothing(rich: str, poor: str) -> None:
    @unit_of_work()
    def close() -> None:
        accounts.close(poor, now=NOON)

    close()

    refused(AccountClosedError, (rich, -1), (poor, 1))
    refused(AccountClosedError, (poor, -1), (rich, 1))


def test_times_of_an_account_never_run_backwards(rich: str, poor: str) -> None:
    posted((rich, -1), (poor, 1))

    made = posted((rich, -1), (poor, 1), now=NOON - timedelta(days=1))

    assert made.transaction["at"] == NOON
    assert ledger_checker.faults() == []


@pytest.mark.parametrize("stale", ["seq", "version"])
def test_an_account_that_was_read_before_somebody_elses_change_is_not_written(
    rich: str, poor: str, stale: str
) -> None:
    """Both accounts stay as they are, also the one that was read in time."""
    old = [account_by_id(rich), account_by_id(poor)]
    collection("sbd_accounts").update({"_id": poor}, {"$inc": {stale: 1}})
    before = documents(*MONEY)

    with pytest.raises(ConflictError):
        post(Kind.PAYOUT, [Posting(old[0], -1), Posting(old[1], 1)], actor=ISSUER, now=NOON)

    assert documents(*MONEY) == before


def test_a_jobs_key_moves_once(rich: str, poor: str) -> None:
    posted((rich, -1), (poor, 1), terms=Terms(key="allowance:7:2026-W48"))
    before = documents(*MONEY)

    with pytest.raises(DuplicateKeyError):
        posted((rich, -1), (poor, 1), terms=Terms(key="allowance:7:2026-W48"))

    assert documents(*MONEY) == before


def test_posting_costs_three_commands_besides_the_reads_and_the_commit(rich: str, poor: str) -> None:
    with commands.recorded() as sent:
        posted((rich, -1), (poor, 1))

    assert commands.steps(sent) == [
        "find sbd_accounts",
        "find sbd_accounts",
        "update sbd_accounts",
        "insert sbd_transactions",
        "insert sbd_entries",
        "commitTransaction",
    ]


def test_the_checker_sees_what_is_wrong(rich: str, poor: str) -> None:
    """Else it could find nothing because it looks at nothing."""
    posted((rich, -30), (poor, 30))
    assert ledger_checker.faults() == []
    names: dict[str, Document] = {"sbd_accounts": account_by_id(rich)}
    for name in ("sbd_transactions", "sbd_entries"):
        (names[name],) = collection(name).find({}, sort=[("_id", 1)], limit=1)
    changes: list[tuple[str, dict[str, Any]]] = [
        ("sbd_accounts", {"balance": 71}),
        ("sbd_accounts", {"seq": 7}),
        ("sbd_accounts", {"last_at": clock.now()}),
        ("sbd_transactions", {"postings.0.amount": -31}),
        ("sbd_transactions", {"kind": "send"}),
        ("sbd_transactions", {"reverses": "txn_nothing"}),
        ("sbd_entries", {"amount": 29}),
        ("sbd_entries", {"transaction": "txn_nothing"}),
        ("sbd_entries", {"kind": "reversal"}),
    ]
    for name, change in changes:
        collection(name).update({"_id": names[name]["_id"]}, {"$set": change})

        assert ledger_checker.faults() != [], change

        collection(name).delete({"_id": names[name]["_id"]})
        collection(name).insert(names[name])
    assert ledger_checker.faults() == []
