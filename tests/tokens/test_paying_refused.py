"""Paying: what is refused, and what is one intent. Source: HTTP contract, sections 1.3, 8 and 18."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from family_site.identity.actions import disabling
from ops import clock
from ops.errors import DomainError, IdempotencyKeyReusedError
from ops.mongo.collections import collection
from tests.database import documents
from tests.factories import Person, new_family, new_person
from tests.tokens import deeds, ledger_checker
from tests.tokens.deeds import House
from tests.tokens.funds import account_by_id, account_of, issue
from tests.tokens.told import MONEY, forget, refused
from tests.world import TESTS
from tokens.actions import accounts
from tokens.errors import (
    AccountNotFoundError,
    RecipientNotFoundError,
    RepeatedPaymentError,
    SelfTransferError,
)

NOW = datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)


@pytest.fixture
def house() -> House:
    """A family with 5000 tokens; nobody told of anything yet."""
    made = House(5000)
    forget()
    return made


@pytest.fixture
def rich(person: Person) -> Person:
    """Somebody with 100 tokens."""
    issue(account_of(person)["_id"], 100)
    forget()
    return person


def test_a_viewer_spends_nothing_and_a_stranger_knows_of_no_account(house: House, stranger: Person) -> None:
    name = house.account["username"]

    details = refused(
        partial(deeds.transfer, house.account_id, stranger, 1, by=house.viewer, now=NOW), DomainError
    )
    assert [each["question"] for each in details["reasons"] if not each["passed"]] == ["permission", "limit"]
    send = partial(deeds.send, house.viewer.username, 1, by=stranger, now=NOW)
    refused(partial(send, source=name), AccountNotFoundError)
    refused(partial(send, source="family_nowhere"), AccountNotFoundError)


def test_nobody_takes_tokens_by_paying_less_than_none(rich: Person, stranger: Person) -> None:
    before = documents(*MONEY)

    for amount in (0, -1, -100):
        with pytest.raises(ValueError, match="no payment"):
            deeds.send(rich.username, amount, by=stranger, now=NOW)

    assert documents(*MONEY) == before


def test_who_cannot_be_paid_is_unknown(rich: Person, stranger: Person, house: House) -> None:
    gone = new_person()
    disabling.disable(gone.id, actor=TESTS, now=clock.now(), reason="for a test")
    empty = new_family(stranger, "Swifts")
    collection("sbd_accounts").update({"_id": empty["account_id"]}, {"$set": {"status": "closed"}})
    closed = account_by_id(empty["account_id"])["username"]

    for name in ("nobody", gone.username, house.account["username"], closed, "system_issuance"):
        refused(partial(deeds.send, name, 1, by=rich, now=NOW), RecipientNotFoundError)
    refused(partial(deeds.send, closed, 1, by=stranger, now=NOW), RecipientNotFoundError)
    refused(partial(deeds.send, rich.username, 1, by=rich, now=NOW), SelfTransferError)


def test_who_is_disabled_pays_nothing_of_any_account(house: House, stranger: Person) -> None:
    issue(account_of(house.spender)["_id"], 10)
    disabling.disable(house.spender.id, actor=TESTS, now=clock.now(), reason="for a test")

    for source in (None, house.account["username"]):
        send = partial(deeds.send, stranger.username, 1, by=house.spender, now=NOW, source=source)
        refused(send, AccountNotFoundError)


def test_a_closed_account_is_gone_for_who_had_it(rich: Person, stranger: Person) -> None:
    collection("sbd_accounts").update({"_id": account_of(rich)["_id"]}, {"$set": {"status": "closed"}})

    refused(partial(deeds.send, stranger.username, 1, by=rich, now=NOW), AccountNotFoundError)


# Repeated calls ----------------------------------------------------------------------------------


def test_the_same_within_ten_seconds_is_taken_for_a_double_click(rich: Person, stranger: Person) -> None:
    first = deeds.send(stranger.username, 5, by=rich, now=NOW)

    def again(later: timedelta) -> None:
        deeds.send(stranger.username, 5, by=rich, now=NOW + later)

    details = refused(partial(again, timedelta(seconds=9.999)), RepeatedPaymentError)

    assert details == {
        "transaction_id": first.transaction["_id"],
        "hint": "send a key: the header Idempotency-Key",
    }
    again(timedelta(seconds=10))
    deeds.send(stranger.username, 6, by=rich, now=NOW)
    assert account_of(stranger)["balance"] == 16


def test_with_keys_the_same_is_meant_each_time_and_once_for_each_key(rich: Person, stranger: Person) -> None:
    pay = partial(deeds.send, stranger.username, 5, by=rich, now=NOW)

    answers = [deeds.keyed(key, pay, by=rich, now=NOW) for key in ("key-0001", "key-0002", "key-0001")]

    assert [each.replayed for each in answers] == [False, False, True]
    assert answers[0].body == answers[2].body != answers[1].body
    assert account_of(stranger)["balance"] == 10
    keys = {each["_id"] for each in documents("idempotency_keys")["idempotency_keys"]}
    transactions = documents("sbd_transactions")["sbd_transactions"]
    assert {each["key"] for each in transactions if each["kind"] == "send"} == keys
    refused(lambda: deeds.keyed("key-0001", pay, by=rich, now=NOW, body="another"), IdempotencyKeyReusedError)
    assert ledger_checker.faults() == []


def test_an_account_with_tokens_is_not_closed(rich: Person) -> None:
    account = account_of(rich)

    refused(partial(accounts.close, account["_id"], now=NOW), DomainError)
