"""Being disabled against joining: rights on the account are suspended either way.

Source: design, section 5 (holders); HTTP contract, section 18 (rules 9 and 15).
"""

import pytest

from families.actions import joining, members
from family_site.identity.actions import disabling
from ops import clock
from ops.errors import ConflictError, DomainError
from ops.mongo.collections import Document
from tests.consistency import faults
from tests.database import documents
from tests.factories import Person
from tests.races import at_once
from tests.world import TESTS


def disable(person: Person) -> str:
    disabling.disable(person.id, actor=TESTS, now=clock.now(), reason="for a test")
    return "disabled"


def accept(sent: Document, guest: Person) -> str:
    while True:
        try:
            joining.accept(sent["_id"], actor=guest.actor, now=clock.now())
        except ConflictError:
            continue
        except DomainError as error:
            return error.code
        return "joined"


@pytest.mark.race
def test_joining_against_being_disabled(larks: Document, sent: Document, guest: Person) -> None:
    _, joined = at_once([lambda: disable(guest), lambda: accept(sent, guest)])

    assert joined in {"joined", "ACCOUNT_DISABLED"}
    (account,) = [
        each for each in documents("sbd_accounts")["sbd_accounts"] if each["_id"] == larks["account_id"]
    ]
    held = {each["user_id"]: each["active"] for each in account["holders"]}
    assert held.get(guest.id, False) is False
    assert faults(clock.now()) == []


def test_who_is_disabled_joins_nothing(larks: Document, guest: Person) -> None:
    disable(guest)
    before = documents("families", "family_people", "sbd_accounts")

    with pytest.raises(DomainError, match="disabled"):
        members.join(larks["_id"], guest.id, actor=TESTS, now=clock.now())

    assert documents("families", "family_people", "sbd_accounts") == before


def test_rights_come_back_with_the_user(larks: Document, guest: Person) -> None:
    members.join(larks["_id"], guest.id, actor=TESTS, now=clock.now())
    disable(guest)
    assert _activity(guest) == {False}

    disabling.enable(guest.id, actor=TESTS, now=clock.now(), reason="for a test")

    assert _activity(guest) == {True}
    assert faults(clock.now()) == []


def _activity(person: Person) -> set[bool]:
    """Return whether somebody's rights are in force, over all accounts, and whether their own account is."""
    accounts = documents("sbd_accounts")["sbd_accounts"]
    rights = {
        holder["active"] for each in accounts for holder in each["holders"] if holder["user_id"] == person.id
    }
    return rights | {each["owner"]["active"] for each in accounts if each["owner"]["id"] == person.id}
