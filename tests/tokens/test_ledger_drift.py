"""A balance that was changed past the product is found at once, and a sound ledger is found sound."""

from contextlib import suppress
from threading import Event

import pytest

from ops import clock
from ops.doctor import whereabouts
from ops.doctor.check import Finding, Result
from ops.doctor.whereabouts import Whereabouts
from ops.errors import DomainError
from tests.factories import new_person
from tests.races import at_once
from tests.tokens import deeds
from tests.tokens.damage import ACCOUNTS, ENTRIES, SYSTEM_ID, Books, change, remove, stored
from tests.tokens.funds import account_of, issue
from tokens import checks
from tokens.actions import checking, upkeep
from tokens.ledger import drifting
from tokens.ledger.chains import SETTLED
from tokens.ledger.posting import entry_id

pytestmark = pytest.mark.usefixtures("_forgotten")


@pytest.fixture
def where() -> Whereabouts:
    return whereabouts.from_settings()


def spoil(books: Books, more: int = 1000) -> None:
    change(ACCOUNTS, books.ann, balance=stored(ACCOUNTS, books.ann)["balance"] + more)


def test_a_sound_ledger_is_found_sound(books: Books) -> None:
    found = drifting.compared()

    assert (found.accounts, found.is_all, list(found.drifts)) == (7, True, [])
    assert found.balance == found.said
    assert books.ann != books.bob


def test_a_balance_that_was_edited_is_named_with_what_to_do(books: Books, where: Whereabouts) -> None:
    balance = stored(ACCOUNTS, books.ann)["balance"]
    total = drifting.compared().said
    spoil(books)

    found = checks.look(where)

    assert found.result == Result.FAILED
    assert found.evidence == (
        f"balances of 7 accounts sum to {total + 1000}, the ledger says {total}",
        f"{books.ann} has {balance + 1000}, its entries say {balance}",
    )
    assert found.remedy == (
        f".venv/bin/python manage.py verify_ledger --account {books.ann}; "
        f".venv/bin/python manage.py doctor --fix correct_balance --account {books.ann}"
    )


def test_an_edit_is_found_also_when_something_was_paid_since(books: Books) -> None:
    balance = stored(ACCOUNTS, books.ann)["balance"]
    spoil(books)
    deeds.send(books.people[1].username, 1, by=books.people[0], now=clock.now())

    assert list(drifting.compared().drifts) == [drifting.Drift(books.ann, balance + 999, balance - 1)]


@pytest.mark.parametrize("more", [1, -3])
def test_a_system_accounts_balance_is_compared_too(books: Books, more: int) -> None:
    balance = stored(ACCOUNTS, SYSTEM_ID)["balance"]
    change(ACCOUNTS, SYSTEM_ID, balance=balance + more)

    assert list(drifting.compared().drifts) == [drifting.Drift(SYSTEM_ID, balance + more, balance)]
    assert books.ann != SYSTEM_ID


def test_an_account_without_its_last_entry_and_one_of_another_shape(books: Books) -> None:
    seq = stored(ACCOUNTS, books.ann)["seq"]
    balance = stored(ACCOUNTS, books.ann)["balance"]
    remove(ENTRIES, entry_id(books.ann, seq))
    change(ACCOUNTS, books.bob, balance="much")

    found = drifting.compared()

    assert (found.accounts, found.drifts[0].account, found.drifts[0].balance) == (6, books.ann, balance)
    assert len(found.drifts) == 1


def test_while_people_pay_nothing_is_found() -> None:
    people, is_over = [new_person(), new_person()], Event()
    for each in people:
        issue(account_of(each)["_id"], 1000)
    found: list[drifting.Drift] = []

    def pay() -> None:
        one, other = people
        for payer, recipient in [(one, other), (other, one)] * 15:
            with suppress(DomainError):
                deeds.send(recipient.username, 1, by=payer, now=clock.now())
            upkeep.roll_up(now=clock.now() + SETTLED)
        is_over.set()

    def compare() -> None:
        while not is_over.is_set():
            found.extend(drifting.compared().drifts)

    at_once([pay, compare])

    assert found == []
    assert drifting.compared().accounts == len(people) + 2


@pytest.mark.usefixtures("books")
def test_without_time_it_sees_a_part_and_with_time_all_of_many_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = drifting.compared(seconds=-1.0)
    monkeypatch.setattr(drifting, "PAGE", 2)
    part, paged = drifting.compared(seconds=-1.0), drifting.compared()

    assert (whole.accounts, whole.is_all, list(whole.drifts)) == (6, True, [])  # without what takes long
    assert (part.accounts <= 2, part.is_all, list(part.drifts)) == (True, False, [])
    assert (paged.accounts, paged.is_all, list(paged.drifts)) == (7, True, [])


def test_the_deep_check_reads_every_entry(books: Books, where: Whereabouts) -> None:
    well = checks.look_at_all(where)
    change(ENTRIES, entry_id(books.ann, 1), kind="gift")

    found = checks.look_at_all(where)

    assert well == Finding(
        Result.OK, ("all invariants held 0 h 0 min ago: 7 accounts, 20 entries, 10 transactions",)
    )
    assert (found.result, found.remedy) == (Result.FAILED, ".venv/bin/python manage.py verify_ledger")
    assert found.evidence[0] == "broken 0 h 0 min ago: postings_and_entries_agree (1)"
    assert found.due_to == ("ledger",)
    assert checking.standing().last is not None
