"""The ledger is verified while people pay: a sound one is never taken for a broken one."""

from contextlib import suppress
from functools import partial
from threading import Event

import pytest

from ops import clock
from ops.errors import DomainError
from tests.factories import Person, new_person
from tests.races import at_once
from tests.scale import trials
from tests.tokens import deeds
from tests.tokens.damage import checked, named
from tests.tokens.funds import account_of, issue
from tests.world import TESTS
from tokens.actions import upkeep
from tokens.ledger import reading, verifying

pytestmark = pytest.mark.usefixtures("_forgotten")
ROUNDS = trials(400)


def pay(payer: Person, recipient: Person) -> None:
    for number in ROUNDS:
        now = clock.now()
        send = partial(deeds.send, recipient.username, 1, by=payer, now=now)
        with suppress(DomainError):  # frozen, or others won for too long
            deeds.keyed(f"payment-{number}", send, by=payer, now=now)


def freeze_and_open(account_id: str) -> None:
    for _ in ROUNDS:
        with suppress(DomainError):
            deeds.freeze(account_id, by=TESTS, now=clock.now())
            deeds.unfreeze(account_id, by=TESTS, now=clock.now())


def come() -> None:
    for _ in ROUNDS:
        issue(account_of(new_person())["_id"], 5)
        upkeep.roll_up(now=clock.now())


@pytest.mark.long
@pytest.mark.scaled
def test_while_people_pay_freeze_and_come_nothing_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "PAGE", 7)
    monkeypatch.setattr(verifying, "ACCOUNTS_AT_ONCE", 2)
    people = [new_person() for _ in range(4)]
    for each in people:
        issue(account_of(each)["_id"], 10**6)
    frozen = str(account_of(people[0])["_id"])
    pairs = zip(people, [*people[1:], people[0]], strict=True)
    acts = [*(partial(pay, *pair) for pair in pairs), partial(freeze_and_open, frozen), partial(come)]
    is_over, found = Event(), []

    def verify() -> None:
        while not is_over.is_set():
            found.append(named(checked()))

    def until_over() -> None:
        try:
            at_once(acts)
        finally:
            is_over.set()

    at_once([verify, until_over])

    assert len(found) > 1
    assert [each for each in found if each] == []
    last = checked()
    assert named(last) == {}
    assert last.transactions > len(people) + 2 * len(ROUNDS)
