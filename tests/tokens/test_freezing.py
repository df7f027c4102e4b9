"""Freezing and opening an account. Source: HTTP contract, sections 8 (freeze), 12 and 18 (rule 3)."""

from datetime import UTC, datetime
from functools import partial

import pytest

from ops.errors import ConflictError, InsufficientPermissionsError
from ops.mongo.collections import collection
from tests.database import audit
from tests.factories import Person
from tests.tokens import deeds, ledger_checker
from tests.tokens.deeds import House
from tests.tokens.funds import account_by_id, account_of, issue
from tests.tokens.told import forget, ids, mailed, recorded, refused, told
from tests.world import TESTS
from tokens.actions import freezing
from tokens.actions.freezing import Told
from tokens.errors import AccountFreezeFailedError, AccountFrozenError

NOW = datetime(2026, 12, 31, 12, tzinfo=UTC)


@pytest.fixture
def house() -> House:
    """A family with 100 tokens; nobody told of anything yet."""
    made = House(100)
    forget()
    return made


def test_an_admin_freezes_and_all_are_told_by_mail_as_well(house: House) -> None:
    before, entries = house.account, len(audit())

    freeze = deeds.freeze(house.account_id, by=house.admin.actor, now=NOW)

    assert freeze == {
        "by": house.admin.id,
        "by_name": house.admin.username,
        "by_staff": False,
        "at": NOW,
        "reason": "to look at it",
    }
    changed = {"status": "frozen", "freeze": freeze, "version": before["version"] + 1, "updated_at": NOW}
    assert house.account == before | changed
    assert told() == {"account_frozen": ids(house.people)}
    assert mailed() == sorted(each.email for each in house.people)
    assert len(audit()) == entries + 1
    entry = recorded("account.frozen")
    assert (entry["action"], entry["actor"], entry["target"]) == (
        "account.frozen",
        house.admin.id,
        house.account_id,
    )
    assert (entry["family_id"], entry["before"], entry["after"]) == (
        house.id,
        {"status": "active"},
        {"status": "frozen"},
    )
    assert entry["private"]["reason"] == "to look at it"


def test_it_is_opened_again(house: House) -> None:
    before = house.account
    deeds.freeze(house.account_id, by=house.admin.actor, now=NOW)
    forget()

    deeds.unfreeze(house.account_id, by=house.founder.actor, now=NOW)

    assert house.account == before | {"version": before["version"] + 2, "updated_at": NOW}
    assert told() == {"account_unfrozen": ids(house.people)}
    assert recorded("account.unfrozen")["after"] == {"status": "active"}


def test_what_is_frozen_pays_nothing_and_takes_what_comes(house: House, stranger: Person) -> None:
    issue(account_of(house.viewer)["_id"], 7)
    deeds.freeze(house.account_id, by=house.admin.actor, now=NOW)

    for person in (house.founder, house.admin, house.spender, house.viewer):
        pay = partial(deeds.transfer, house.account_id, stranger, 1, by=person, now=NOW)
        details = refused(pay, AccountFrozenError)
        assert (details["frozen_at"], details["frozen_by"]) == (NOW, house.admin.id)

    deeds.contribute(house.account_id, 7, by=house.viewer, now=NOW)
    assert house.account["balance"] == 107
    assert ledger_checker.faults() == []


def test_what_is_so_already_is_refused(house: House) -> None:
    details = refused(
        partial(deeds.unfreeze, house.account_id, by=house.admin.actor, now=NOW), AccountFreezeFailedError
    )
    assert details == {"status": "active"}
    deeds.freeze(house.account_id, by=house.admin.actor, now=NOW)
    details = refused(
        partial(deeds.freeze, house.account_id, by=house.admin.actor, now=NOW), AccountFreezeFailedError
    )
    assert details == {"status": "frozen"}


def test_a_closed_account_is_neither_frozen_nor_opened(house: House) -> None:
    collection("sbd_accounts").update({"_id": house.account_id}, {"$set": {"status": "closed"}})

    for act in (deeds.freeze, deeds.unfreeze):
        refused(partial(act, house.account_id, by=TESTS, now=NOW, is_staff=True), AccountFreezeFailedError)


def test_what_staff_froze_only_staff_opens(house: House) -> None:
    deeds.freeze(house.account_id, by=TESTS, now=NOW, is_staff=True)

    details = refused(
        partial(deeds.unfreeze, house.account_id, by=house.admin.actor, now=NOW), InsufficientPermissionsError
    )
    assert details == {"required": "staff"}

    deeds.unfreeze(house.account_id, by=TESTS, now=NOW, is_staff=True)
    assert (house.account["status"], house.account["freeze"]) == ("active", None)


def test_a_persons_own_account_is_frozen_by_staff_and_they_are_told(person: Person, stranger: Person) -> None:
    account_id = str(account_of(person)["_id"])
    issue(account_id, 5)
    forget()

    deeds.freeze(account_id, by=TESTS, now=NOW, is_staff=True)

    assert told() == {"account_frozen": [person.id]}
    entry = recorded("account.frozen")
    assert (entry["target"], entry["family_id"]) == (account_id, None)
    refused(partial(deeds.send, stranger.username, 1, by=person, now=NOW), AccountFrozenError)


def test_an_account_that_was_read_before_is_not_frozen_unseen(house: House) -> None:
    """Else somebody would be told that it is frozen while it is not."""
    old = account_by_id(house.account_id)
    deeds.set_rights(house.account_id, house.viewer, deeds.SPENDER, by=house.founder, now=NOW)
    told_by = Told("wren")

    freeze = partial(freezing.freeze, old, reason="lost", actor=house.admin.actor, told=told_by, now=NOW)
    refused(freeze, ConflictError)
