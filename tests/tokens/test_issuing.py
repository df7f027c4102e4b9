"""Issuing tokens: who may, how many alone, what is written. Source: HTTP contract, sections 8 and 18."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.conf import settings

from ops import clock
from ops.actors import Actor
from ops.errors import InsufficientPermissionsError, ValidationFailedError
from ops.mongo.collections import Document
from tests.audited import WHY
from tests.database import audit, documents
from tests.factories import Person, new_family, new_member, new_person
from tests.tokens import ledger_checker
from tests.tokens.funds import account_by_id, account_of
from tests.tokens.told import refused, told
from tokens.actions import accounts, freezing, issuing, reversing
from tokens.errors import AccountNotFoundError, IssuanceNotFoundError, IssuanceRefusedError
from tokens.models.system import ISSUANCE_ID

ALONE = settings.ISSUE_ALONE_UP_TO


@pytest.fixture
def fin() -> Person:
    return new_person("fin")


@pytest.fixture
def second() -> Person:
    return new_person("second")


def by(actor: Person | Actor) -> dict[str, Any]:
    who = actor.actor if isinstance(actor, Person) else actor
    return {"actor": who, "now": clock.now(), "reason": WHY}


def asked(person: Person, fin: Person) -> Document:
    """Ask for more than one may issue alone."""
    return issuing.issue(account_of(person)["_id"], ALONE + 1, **by(fin))


def issuance() -> Document:
    (found,) = documents("issuances")["issuances"]
    return found


def unchanged(act: Callable[[], object], error: type[Any]) -> None:
    """Do what is refused, and see that no issuance was written or changed either."""
    before = documents("issuances")
    refused(act, error)
    assert documents("issuances") == before


def test_up_to_the_set_sum_one_person_is_enough(person: Person, fin: Person) -> None:
    made = issuing.issue(account_of(person)["_id"], ALONE, **by(fin))

    found = issuance()
    assert (found["status"], found["amount"], found["reason"]) == ("issued", ALONE, WHY)
    assert found["asked_by"] == found["decided_by"] == fin.id
    (transaction,) = documents("sbd_transactions")["sbd_transactions"]
    assert (transaction["kind"], transaction["actor"]) == ("issuance", fin.id)
    assert transaction["_id"] == found["transaction"] == made["transaction"]
    assert transaction["related"] == {"type": "issuance", "id": found["_id"]}
    assert {each["account"]: each["amount"] for each in transaction["postings"]} == {
        ISSUANCE_ID: -ALONE,
        account_of(person)["_id"]: ALONE,
    }
    assert account_of(person)["balance"] == ALONE
    assert ledger_checker.faults() == []


def test_an_issuance_is_on_record_with_its_reason_and_told_to_the_holders(fin: Person) -> None:
    founder = new_person()
    family = new_family(founder)
    member = new_member(family["_id"], founder)
    before = [each["_id"] for each in audit()]

    made = issuing.issue(family["account_id"], 40, **by(fin))

    (entry,) = [each for each in audit() if each["_id"] not in before]
    assert (entry["action"], entry["actor"], entry["target"]) == ("tokens.issued", fin.id, made["_id"])
    assert (entry["family_id"], entry["private"]["reason"]) == (family["_id"], WHY)
    assert entry["after"] == {
        "account": family["account_id"],
        "amount": 40,
        "asked_by": fin.id,
        "transaction": made["transaction"],
    }
    assert told()["sbd_deposit"] == sorted([founder.id, member.id])


def test_above_the_set_sum_nothing_moves_until_a_second_person_confirms(
    person: Person, fin: Person, second: Person
) -> None:
    before = documents("sbd_accounts", "sbd_transactions", "sbd_entries", "notifications")

    waiting = asked(person, fin)

    assert documents("sbd_accounts", "sbd_transactions", "sbd_entries", "notifications") == before
    assert (issuance()["status"], issuance()["transaction"]) == ("pending", None)
    (entry,) = audit("issuance.asked")
    assert (entry["target"], entry["actor"]) == (waiting["_id"], fin.id)

    issuing.confirm(waiting["_id"], **by(second))

    found = issuance()
    assert (found["status"], found["asked_by"], found["decided_by"]) == ("issued", fin.id, second.id)
    (transaction,) = documents("sbd_transactions")["sbd_transactions"]
    assert found["transaction"] == transaction["_id"]
    assert account_of(person)["balance"] == ALONE + 1
    (entry,) = audit("tokens.issued")
    assert (entry["actor"], entry["after"]["asked_by"]) == (second.id, fin.id)
    assert ledger_checker.faults() == []


def test_who_asked_does_not_confirm(person: Person, fin: Person) -> None:
    waiting = asked(person, fin)
    by_shell = issuing.issue(account_of(person)["_id"], ALONE + 2, **by(Actor.shell()))

    unchanged(partial(issuing.confirm, waiting["_id"], **by(fin)), InsufficientPermissionsError)
    unchanged(partial(issuing.confirm, by_shell["_id"], **by(Actor.shell())), InsufficientPermissionsError)


def test_nobody_issues_to_an_account_of_their_own(fin: Person, second: Person) -> None:
    own = account_of(fin)["_id"]
    shared = new_family(second)
    new_member(shared["_id"], second, fin)  # as a viewer, who may spend tomorrow
    waiting = issuing.issue(own, ALONE + 1, **by(second))

    for account_id in (own, shared["account_id"]):
        unchanged(partial(issuing.issue, account_id, 1, **by(fin)), InsufficientPermissionsError)
        unchanged(partial(issuing.issue, account_id, ALONE + 1, **by(fin)), InsufficientPermissionsError)
    unchanged(partial(issuing.confirm, waiting["_id"], **by(fin)), InsufficientPermissionsError)


def test_what_is_decided_stays_so(person: Person, fin: Person, second: Person) -> None:
    withdrawn, issued = asked(person, fin), asked(person, fin)
    issuing.withdraw(withdrawn["_id"], **by(second))
    issuing.confirm(issued["_id"], **by(second))

    for each in (withdrawn, issued):
        for decide in (issuing.confirm, issuing.withdraw):
            unchanged(partial(decide, each["_id"], **by(second)), IssuanceRefusedError)
    assert account_of(person)["balance"] == ALONE + 1
    (entry,) = audit("issuance.withdrawn")
    assert (entry["before"], entry["after"]) == ({"status": "pending"}, {"status": "withdrawn"})


def test_who_asked_may_withdraw(person: Person, fin: Person) -> None:
    waiting = asked(person, fin)

    issuing.withdraw(waiting["_id"], **by(fin))

    assert (issuance()["status"], issuance()["transaction"]) == ("withdrawn", None)
    assert documents("sbd_transactions")["sbd_transactions"] == []


@pytest.mark.parametrize("amount", [0, -5, 10**12 + 1, 10**13])
def test_what_is_no_amount_changes_nothing(person: Person, fin: Person, amount: int) -> None:
    act = partial(issuing.issue, account_of(person)["_id"], amount, **by(fin))

    unchanged(act, ValidationFailedError)


def test_there_is_an_account_that_takes_tokens_or_nothing_changes(person: Person, fin: Person) -> None:
    account_id = account_of(person)["_id"]
    unchanged(partial(issuing.issue, "acc_nowhere", 5, **by(fin)), AccountNotFoundError)
    unchanged(partial(issuing.issue, ISSUANCE_ID, 5, **by(fin)), IssuanceRefusedError)
    waiting = asked(person, fin)
    accounts.close(account_id, now=clock.now())

    unchanged(partial(issuing.issue, account_id, 5, **by(fin)), IssuanceRefusedError)
    unchanged(partial(issuing.confirm, waiting["_id"], **by(Actor.shell())), IssuanceRefusedError)
    unchanged(partial(issuing.confirm, "iss_nowhere", **by(fin)), IssuanceNotFoundError)


def test_a_frozen_account_takes_tokens(person: Person, fin: Person) -> None:
    account_id = account_of(person)["_id"]
    freezing.freeze_by_staff(account_id, **by(fin))

    issuing.issue(account_id, 7, **by(fin))

    found = account_by_id(account_id)
    assert (found["balance"], found["status"]) == (7, "frozen")


def test_an_issuance_of_one_id_is_made_once(person: Person, fin: Person) -> None:
    act = partial(issuing.issue, account_of(person)["_id"], 7, issuance_id="iss_once", **by(fin))
    act()

    unchanged(act, IssuanceRefusedError)
    assert account_of(person)["balance"] == 7


def test_what_staff_froze_staff_opens_but_not_their_own(person: Person, fin: Person) -> None:
    account_id, own = account_of(person)["_id"], account_of(fin)["_id"]
    for each in (account_id, own):
        freezing.freeze_by_staff(each, **by(Actor.shell()))

    freezing.unfreeze_by_staff(account_id, **by(fin))

    assert account_by_id(account_id)["status"] == "active"
    refused(partial(freezing.unfreeze_by_staff, own, **by(fin)), InsufficientPermissionsError)
    assert account_by_id(own)["freeze"]["by_staff"] is True


def test_nobody_reverses_what_they_paid_themselves(person: Person, fin: Person) -> None:
    issued = issuing.issue(account_of(fin)["_id"], 9, **by(Actor.shell()))["transaction"]
    undo = partial(reversing.reverse, issued)

    refused(partial(undo, **by(fin)), InsufficientPermissionsError)
    undo(**by(person))

    assert account_of(fin)["balance"] == 0
