"""The account that purchases are paid to: posting-only, never below 0, and there before anything is served.

Source: design, section 5; HTTP contract, sections 9 (merchant) and 18 (rule 1).
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError

from ops import clock
from ops.doctor import whereabouts
from ops.doctor.check import Result
from ops.mongo.collections import Document, collection
from ops.mongo.unit_of_work import unit_of_work
from tests.factories import Person
from tests.families.asking import asked_to_buy, decide
from tests.races import at_once, ended
from tests.tokens import ledger_checker
from tests.tokens.deeds import House
from tests.tokens.funds import ISSUER, account_by_id, account_of, issue
from tests.world import TESTS
from tokens import checks
from tokens.actions import checking, reversing, upkeep
from tokens.errors import InsufficientBalanceError
from tokens.ledger.posting import Posted, Posting, post
from tokens.models.system import MERCHANT
from tokens.rules import Kind

MERCHANT_ID = f"acc_{MERCHANT}"
SETTLED = timedelta(seconds=60)


@unit_of_work()
def moved(payer_id: str, recipient_id: str, amount: int) -> Posted:
    """Move tokens between any two accounts."""
    postings = [Posting(account_by_id(payer_id), -amount), Posting(account_by_id(recipient_id), amount)]
    return post(Kind.PAYOUT, postings, actor=ISSUER, now=clock.now())


def merchant() -> Document:
    return account_by_id(MERCHANT_ID)


@contextmanager
def without_merchant() -> Iterator[None]:
    """Let there be no such account in the block."""
    kept = merchant()
    collection("sbd_accounts").delete({"_id": MERCHANT_ID})
    try:
        yield
    finally:
        collection("sbd_accounts").insert(kept)


@pytest.fixture
def rich(person: Person) -> str:
    """The id of an account with 100 tokens."""
    account_id = str(account_of(person)["_id"])
    issue(account_id, 100)
    return account_id


# Never below 0 -------------------------------------------------------------------------------------


def test_what_is_paid_to_it_is_posted_and_its_document_is_left_alone(rich: str) -> None:
    before = merchant()

    made = moved(rich, MERCHANT_ID, 30)

    assert merchant() == before
    entry = collection("sbd_entries").find_one({"_id": f"{MERCHANT_ID}:{made.transaction['_id']}"})
    assert entry is not None
    assert (entry["amount"], entry["seq"], entry["balance_after"]) == (30, None, None)
    assert upkeep.roll_up(now=clock.now() + SETTLED) == 2
    assert merchant()["balance"] == 30
    assert ledger_checker.faults() == []


def test_it_gives_back_what_it_has_and_no_more(rich: str) -> None:
    moved(rich, MERCHANT_ID, 30)

    with pytest.raises(InsufficientBalanceError):
        moved(MERCHANT_ID, rich, 31)
    moved(MERCHANT_ID, rich, 30)
    with pytest.raises(InsufficientBalanceError):
        moved(MERCHANT_ID, rich, 1)

    assert account_by_id(rich)["balance"] == 100
    assert ledger_checker.faults() == []


def test_what_was_rolled_up_and_what_was_not_count_together(rich: str) -> None:
    moved(rich, MERCHANT_ID, 30)
    upkeep.roll_up(now=clock.now() + SETTLED)
    moved(rich, MERCHANT_ID, 20)
    moved(MERCHANT_ID, rich, 45)

    with pytest.raises(InsufficientBalanceError) as refused:
        moved(MERCHANT_ID, rich, 6)

    assert dict(refused.value.details) == {"amount": 6, "balance": 5}  # type: ignore[arg-type]  # no list
    assert ledger_checker.faults() == []


@pytest.mark.race(50)
def test_debits_at_once_take_no_more_than_there_is(rich: str) -> None:
    moved(rich, MERCHANT_ID, 30)

    outcomes = at_once([partial(ended, partial(moved, MERCHANT_ID, rich, 10))] * 6)

    assert Counter(outcomes) == {"done": 3, "INSUFFICIENT_BALANCE": 3}
    assert account_by_id(rich)["balance"] == 100
    assert ledger_checker.faults() == []


def test_a_purchase_is_undone_at_once() -> None:
    house = House(50)
    bought = decide(house.admin, house, asked_to_buy(house.viewer, house)).json["transaction_id"]

    reversing.reverse(bought, actor=TESTS, now=clock.now(), reason="the kite was torn")

    assert house.account["balance"] == 50
    assert ledger_checker.faults() == []


@pytest.mark.usefixtures("_forgotten")
def test_the_check_of_the_ledger_sees_it_below_0(rich: str) -> None:
    moved(rich, MERCHANT_ID, 30)
    made = moved(MERCHANT_ID, rich, 30).transaction["_id"]
    entry_id = f"{MERCHANT_ID}:{made}"
    collection("sbd_entries").update({"_id": entry_id}, {"$set": {"amount": -31}})
    upkeep.roll_up(now=clock.now() + SETTLED)

    found = checking.check(checking.WHOLE, tell=lambda _: None).findings

    assert found.broken["no_balance_below_zero"] == 1


# There at the start --------------------------------------------------------------------------------


def test_the_system_starts_with_it() -> None:
    checks.require_merchant()
    call_command("check", "--database", "default")

    assert checks.look_at_merchant(whereabouts.from_settings()).result == Result.OK


def test_without_it_nothing_is_served() -> None:
    with without_merchant():
        with pytest.raises(RuntimeError, match="MERCHANT_ACCOUNT: there is no account system_merchant"):
            checks.require_merchant()
        with pytest.raises(SystemCheckError, match=r"tokens\.E001"):
            call_command("check", "--database", "default")
        found = checks.look_at_merchant(whereabouts.from_settings())

    assert found.result == Result.FAILED


@pytest.mark.parametrize(
    ("name", "fault"),
    [("system_issuance", "where tokens come from"), ("system_shop", "no account system_shop")],
)
def test_the_setting_names_an_account_that_can_be_paid(settings: Any, name: str, fault: str) -> None:
    settings.MERCHANT_ACCOUNT = name

    with pytest.raises(RuntimeError, match=fault):
        checks.require_merchant()


def test_a_purchase_waits_while_there_is_no_such_account(settings: Any) -> None:
    house = House(50)
    request_id = asked_to_buy(house.viewer, house)
    settings.MERCHANT_ACCOUNT = "system_shop"

    answer = decide(house.admin, house, request_id)
    settings.MERCHANT_ACCOUNT = MERCHANT
    then = decide(house.admin, house, request_id)

    assert answer.problem == (503, "SERVICE_UNAVAILABLE")
    assert then.json["status"] == "APPROVED"
