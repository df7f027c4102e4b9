"""The same at the same time: one wins, and nothing is lost or doubled. Source: HTTP contract, section 18."""

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from pymongo.errors import DuplicateKeyError

from ops import clock
from ops.errors import ConflictError, DomainError
from ops.mongo.unit_of_work import unit_of_work
from tests.database import audit, documents
from tests.factories import Person, new_person
from tests.races import at_once
from tests.tokens import deeds, ledger_checker
from tests.tokens.deeds import House
from tests.tokens.funds import ISSUER, account_by_id, account_of, issue
from tests.world import TESTS
from tokens.actions import accounts, reversing
from tokens.actions.rights import Rights
from tokens.ledger.posting import Posting, Terms, post
from tokens.rules import Kind

NOTHING = Rights(can_spend=False, spending_limit=0)


@pytest.fixture
def rich(person: Person) -> Person:
    """Somebody with 100 tokens."""
    issue(account_of(person)["_id"], 100)
    return person


@pytest.fixture
def house() -> House:
    """A family with 1000 tokens."""
    return House(1000)


def ended(act: Callable[[], object]) -> str:
    """Do it; returns ``done``, or the code of the refusal. Who is told to repeat, does so."""
    while True:
        try:
            act()
        except ConflictError as error:
            if error.details:  # it was decided so
                return error.code
        except DomainError as error:
            return error.code
        else:
            return "done"


def payments() -> list[dict[str, Any]]:
    """Return the transactions but for those by which tokens came into being."""
    return [each for each in documents("sbd_transactions")["sbd_transactions"] if each["kind"] != "issuance"]


@pytest.mark.race
@pytest.mark.parametrize("threads", [2, 50])
def test_of_calls_with_one_key_one_moves_and_all_get_its_answer(
    rich: Person, stranger: Person, threads: int
) -> None:
    def pay() -> bytes | None:
        send = partial(deeds.send, stranger.username, 7, by=rich)
        return deeds.insist("one-intent", send, by=rich, outcomes=Counter())

    answers = at_once([pay] * threads)

    (transaction,) = payments()
    assert answers == [transaction["_id"].encode()] * threads
    assert account_of(stranger)["balance"] == 7
    assert len(audit("tokens.paid")) == 1
    assert ledger_checker.faults() == []


@pytest.mark.race
def test_of_clicks_without_a_key_one_moves(rich: Person, stranger: Person) -> None:
    now = clock.now()
    send = partial(ended, partial(deeds.send, stranger.username, 7, by=rich, now=now))

    assert Counter(at_once([send] * 8)) == {"done": 1, "CONFLICT": 7}
    assert account_of(stranger)["balance"] == 7


@pytest.mark.race
def test_the_last_tokens_are_spent_once(rich: Person) -> None:
    people = [new_person() for _ in range(8)]
    sends = [partial(deeds.send, each.username, 60, by=rich, now=clock.now()) for each in people]

    outcomes = at_once([partial(ended, each) for each in sends])

    assert Counter(outcomes) == {"done": 1, "INSUFFICIENT_BALANCE": 7}
    assert account_of(rich)["balance"] == 40
    assert ledger_checker.faults() == []


@pytest.mark.race
def test_a_periods_limit_is_not_passed_from_many_sides(house: House) -> None:
    house.allow(house.spender, Rights(True, -1, {"period": "month", "limit": 20}))  # noqa: FBT003  # as Rights has it
    people = [new_person() for _ in range(8)]
    pays = [partial(deeds.transfer, house.account_id, each, 6, by=house.spender) for each in people]

    outcomes = at_once([partial(ended, partial(each, now=clock.now())) for each in pays])

    assert Counter(outcomes) == {"done": 3, "SPENDING_LIMIT_EXCEEDED": 5}
    assert house.account["balance"] == 982


@pytest.mark.race
@pytest.mark.parametrize("what", ["freeze", "take away", "expel"])
def test_nothing_is_spent_once_it_was_said_so(house: House, what: str) -> None:
    """The one who says so gets their turn, however many are spending."""
    people = [new_person() for _ in range(12)]
    balances: list[int] = []
    stops: dict[str, Callable[[], object]] = {
        "freeze": partial(deeds.freeze, house.account_id, by=house.admin.actor, now=clock.now()),
        "take away": partial(house.allow, house.spender, NOTHING),
        "expel": partial(deeds.leave, house.id, house.spender),
    }

    def spend(each: Person) -> str:
        return ended(partial(deeds.transfer, house.account_id, each, 1, by=house.spender, now=clock.now()))

    def stop() -> str:
        outcome = ended(stops[what])
        balances.append(house.account["balance"])
        return outcome

    calls: list[Callable[[], str]] = [*(partial(spend, each) for each in people), stop]
    *outcomes, stopped = at_once(calls)

    assert stopped == "done"
    assert balances == [house.account["balance"]]
    assert Counter(outcomes)["done"] == 1000 - balances[0]
    assert set(outcomes) <= {"done", "ACCOUNT_FROZEN", "NO_SPENDING_PERMISSION"}
    assert ledger_checker.faults() == []


@pytest.mark.race
def test_who_pay_each_other_both_get_done(rich: Person, stranger: Person) -> None:
    issue(account_of(stranger)["_id"], 100)
    pairs = [(rich, stranger), (stranger, rich)] * 4
    sends = [
        partial(deeds.send, to.username, amount, by=by, now=clock.now())
        for amount, (by, to) in enumerate(pairs, start=1)
    ]

    assert at_once([partial(ended, each) for each in sends]) == ["done"] * 8
    assert (account_of(rich)["balance"], account_of(stranger)["balance"]) == (104, 96)
    assert ledger_checker.faults() == []


@pytest.mark.race
def test_a_transaction_is_undone_once(rich: Person, stranger: Person) -> None:
    paid = deeds.send(stranger.username, 7, by=rich, now=clock.now())
    issue(account_of(stranger)["_id"], 100)
    undo = partial(
        reversing.reverse, paid.transaction["_id"], actor=TESTS, now=clock.now(), reason="by mistake"
    )

    assert Counter(at_once([partial(ended, undo)] * 4)) == {"done": 1, "CONFLICT": 3}
    assert account_of(stranger)["balance"] == 100
    assert ledger_checker.faults() == []


@pytest.mark.race
def test_a_jobs_key_moves_once_also_at_the_same_time(rich: Person, stranger: Person) -> None:
    ids = [str(account_of(each)["_id"]) for each in (rich, stranger)]

    @unit_of_work()
    def pay() -> None:
        postings = [Posting(account_by_id(ids[0]), -3), Posting(account_by_id(ids[1]), 3)]
        terms = Terms(key="allowance:1:2026-W48")
        post(Kind.PAYOUT, postings, actor=ISSUER, now=clock.now(), terms=terms)

    def paid() -> str:
        try:
            return ended(pay)
        except DuplicateKeyError:
            return "known"

    assert Counter(at_once([paid] * 4)) == {"done": 1, "known": 3}
    assert account_of(stranger)["balance"] == 3
    assert ledger_checker.faults() == []


@pytest.mark.race
def test_what_is_closed_has_no_tokens_whoever_pays_in(house: House) -> None:
    empty = House()
    issue(account_of(empty.viewer)["_id"], 5)

    @unit_of_work()
    def close() -> None:
        accounts.close(empty.account_id, now=clock.now())

    pay = partial(deeds.contribute, empty.account_id, 5, by=empty.viewer, now=clock.now())
    outcomes = at_once([partial(ended, pay), partial(ended, close)])

    assert outcomes in (["done", "ACCOUNT_NOT_EMPTY"], ["RECIPIENT_NOT_FOUND", "done"])
    assert ledger_checker.faults() == []
    assert ledger_checker.total() == 1005
    assert house.account["balance"] == 1000
