"""Freezing all accounts while people spend, and opening exactly those again. Inventory, C17."""

import threading
from contextlib import suppress
from functools import partial

import pytest

from ops import clock
from ops.doctor.fixes import registry
from ops.doctor.fixes.fix import CannotMendError
from ops.errors import ConflictError, DomainError
from ops.mongo.collections import collection
from ops.mongo.unit_of_work import unit_of_work
from tests.database import audit, documents
from tests.factories import Person, new_family, new_person
from tests.tokens import deeds, ledger_checker
from tests.tokens.deeds import House
from tests.tokens.funds import account_by_id, account_of, issue
from tests.tokens.told import forget, ids, mailed, told
from tests.world import TESTS
from tokens import fixes
from tokens.actions import accounts, freezing, freezing_all
from tokens.errors import AccountFrozenError, AccountNotFoundError

WHY = "Somebody is in"
MANY = 300


@unit_of_work()
def open_many(number: int) -> None:
    for each in range(number):
        accounts.open_personal(f"user_{each}", f"many-{each}", now=clock.now())


def freeze_all(family: str | None = None) -> int:
    return freezing_all.freeze_all(family, actor=TESTS, now=clock.now(), reason=WHY)


def unfreeze_all(family: str | None = None) -> int:
    return freezing_all.unfreeze_all(family, actor=TESTS, now=clock.now(), reason=WHY)


def frozen() -> set[str]:
    return {each["_id"] for each in documents("sbd_accounts")["sbd_accounts"] if each["status"] == "frozen"}


def debits() -> int:
    return len([each for each in documents("sbd_entries")["sbd_entries"] if each["amount"] < 0])


class Spenders:
    """People who send each other tokens without a pause."""

    def __init__(self, people: list[Person]) -> None:
        """Let them begin; each has paid once when this returns."""
        self._over = threading.Event()
        self._began = threading.Barrier(len(people) + 1)
        pairs = zip(people, [*people[1:], people[0]], strict=True)
        self._threads = [threading.Thread(target=partial(self._spend, *pair)) for pair in pairs]
        for each in self._threads:
            each.start()
        self._began.wait()

    def _spend(self, payer: Person, to: Person) -> None:
        self._send(payer, to)
        self._began.wait()
        while not self._over.is_set():
            self._send(payer, to)

    def _send(self, payer: Person, to: Person) -> None:
        with suppress(DomainError):
            deeds.send(to.username, 1, by=payer, now=clock.now())

    def end(self) -> None:
        """Let them stop."""
        self._over.set()
        for each in self._threads:
            each.join()


def test_when_it_is_done_nobody_pays_and_the_opening_opens_exactly_those() -> None:
    open_many(MANY)
    people = [new_person() for _ in range(4)]
    for each in people:
        issue(account_of(each)["_id"], 1000)
    other = account_by_id(str(account_of(new_person())["_id"]))["_id"]
    freezing.freeze_by_staff(other, actor=TESTS, now=clock.now(), reason="for another reason")
    spenders = Spenders(people)

    done = freeze_all()
    while freezing_all.to_freeze(None):
        done += freeze_all()
    before = debits()
    for each in people:
        with pytest.raises(AccountFrozenError):
            deeds.send("many-1", 1, by=each, now=clock.now())
    spenders.end()

    assert done == MANY + len(people)
    assert debits() == before > 0
    assert len(frozen()) == done + 1
    assert unfreeze_all() == done
    assert frozen() == {other}
    assert freeze_all() == done
    assert ledger_checker.faults() == []


def test_what_was_killed_goes_on_where_it_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    open_many(120)
    whole, batches = freezing_all._freeze, []  # noqa: SLF001  # a batch, of which one is to be killed

    def killed(*args: object, **facts: object) -> int:
        batches.append(1)
        if len(batches) == 2:
            raise KeyboardInterrupt
        return whole(*args, **facts)  # type: ignore[arg-type]  # as it was called

    monkeypatch.setattr(freezing_all, "_freeze", killed)
    with pytest.raises(KeyboardInterrupt):
        freeze_all()
    assert len(frozen()) == freezing_all.BATCH

    assert freeze_all() == 120 - freezing_all.BATCH

    assert len(audit("account.frozen")) == 120
    assert (freeze_all(), unfreeze_all(), unfreeze_all()) == (0, 120, 0)


def test_who_froze_or_opened_one_since_has_the_last_word(person: Person, stranger: Person) -> None:
    mine, theirs = account_of(person)["_id"], account_of(stranger)["_id"]
    freeze_all()
    for each in (mine, theirs):
        freezing.unfreeze_by_staff(each, actor=TESTS, now=clock.now(), reason="it is all right")
    freezing.freeze_by_staff(mine, actor=TESTS, now=clock.now(), reason="for another reason")

    assert (unfreeze_all(), frozen()) == (0, {mine})


def test_what_holders_froze_is_frozen_so_that_only_staff_opens_it_and_then_theirs_again(
    person: Person,
) -> None:
    account = account_of(person)["_id"]
    deeds.freeze(account, by=person.actor, now=clock.now())
    theirs = account_by_id(account)["freeze"]

    freeze_all()

    assert account_by_id(account)["freeze"]["by_staff"]
    assert freezing_all.to_freeze(None) == 0
    unfreeze_all()
    assert (account_by_id(account)["status"], account_by_id(account)["freeze"]) == ("frozen", theirs)


@pytest.mark.parametrize("first_all", [True, False], ids=["all first", "family first"])
@pytest.mark.parametrize("undo_all", [True, False], ids=["all undone first", "family undone first"])
def test_what_was_frozen_twice_is_open_when_both_are_undone(
    person: Person, *, first_all: bool, undo_all: bool
) -> None:
    family = new_family(person)["_id"]
    for each in (None, family) if first_all else (family, None):
        assert freeze_all(each) > 0
        assert freeze_all(each) == 0
    before = frozen()

    unfreeze_all(None if undo_all else family)
    between = frozen()
    unfreeze_all(family if undo_all else None)

    assert between == before
    assert frozen() == set()


def test_each_family_is_told_once_and_nobody_by_mail() -> None:
    house = House(100)
    forget()

    freeze_all()
    unfreeze_all()

    everybody = ids(house.people)
    assert told() == {"account_frozen": everybody, "account_unfrozen": everybody}
    assert mailed() == []


def test_holders_read_no_reason_of_staff_and_the_audit_log_has_it(person: Person) -> None:
    freeze_all()

    freeze = account_of(person)["freeze"]
    assert (freeze["by_name"], freeze["by_staff"], freeze["reason"]) == (
        "the support",
        True,
        freezing_all.SAID,
    )
    (entry,) = audit("account.frozen")
    assert (entry["target"], entry["private"]["reason"]) == (account_of(person)["_id"], WHY)


def test_a_familys_are_its_own_and_those_of_its_people(stranger: Person) -> None:
    house = House(100)
    new_family(stranger, "Owls")

    freeze_all(house.id)

    assert frozen() == {house.account_id, *(account_of(each)["_id"] for each in house.people)}
    assert unfreeze_all() == 0
    assert unfreeze_all(house.id) == len(house.people) + 1
    with pytest.raises(AccountNotFoundError):
        freeze_all("fam_unknown")


def test_the_systems_own_stay_open() -> None:
    freeze_all()

    system = collection("sbd_accounts").find({"owner.kind": "system"}, limit=10)
    assert {each["status"] for each in system} == {"active"}


def test_the_fix_plans_does_and_undoes_it(person: Person) -> None:
    fix, now = registry.find("freeze_all"), clock.now()
    assert fix is not None
    before = documents()

    assert fix.plan({}, now) == ("freeze accounts: 1",)
    assert documents() == before
    with pytest.raises(CannotMendError):
        fix.apply({}, TESTS, None, now)
    assert fix.apply({}, TESTS, WHY, now) == ("frozen: 1",)
    assert (fix.plan({}, now), fix.apply({}, TESTS, WHY, now)) == ((), ())
    assert fix.plan({"undo": "yes"}, now) == ("open accounts that this froze: 1",)
    assert fix.apply({"undo": "yes"}, TESTS, WHY, now) == ("opened: 1",)
    assert account_of(person)["status"] == "active"
    noted = [each["after"] for each in audit("doctor.mended")]
    assert sorted(noted, key=str) == [{"frozen": 1}, {"opened": 1}]


def test_what_is_left_is_told(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    issue(account_of(person)["_id"], 5)
    monkeypatch.setattr(freezing_all, "_freeze", refuse)

    told_ = fixes.FREEZE_ALL.apply({}, TESTS, WHY, clock.now())

    assert told_ == ("left: 1; do it again, it goes on from here",)


def refuse(*_args: object, **_facts: object) -> int:
    raise ConflictError
