"""Setting what a holder may spend. Source: HTTP contract, sections 8 (permissions, roles) and 18 (4, 13)."""

from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from families.actions import admins, departing, members
from ops.errors import ConflictError
from tests.database import audit
from tests.factories import Person
from tests.tokens import deeds
from tests.tokens.deeds import House
from tests.tokens.told import forget, ids, mailed, recorded, refused, told
from tests.world import TESTS
from tokens.actions import rights
from tokens.actions.rights import Rights
from tokens.errors import (
    AccountNotFoundError,
    NoSpendingPermissionError,
    PermissionsUpdateFailedError,
    SpendingLimitExceededError,
)

NOW = datetime(2026, 12, 31, 12, tzinfo=UTC)
NOTHING = Rights(can_spend=False, spending_limit=0)


def limited(at_once: int = -1, **period: Any) -> Rights:
    return Rights(can_spend=True, spending_limit=at_once, period_limit=period or None)


@pytest.fixture
def house() -> House:
    """A family with 1000 tokens; nobody told of anything yet."""
    made = House(1000)
    forget()
    return made


def test_rights_are_written_told_and_recorded(house: House) -> None:
    version, before = house.account["version"], house.holder(house.viewer)
    entries = len(audit())

    holder = deeds.set_rights(
        house.account_id, house.viewer, limited(50, period="week", limit=200), by=house.admin, now=NOW
    )

    wanted = {
        "role": "spender",
        "can_spend": True,
        "spending_limit": 50,
        "period_limit": {"period": "week", "limit": 200},
    }
    stamp = {"updated_by": house.admin.id, "updated_at": NOW}
    assert holder == house.holder(house.viewer) == before | wanted | stamp
    assert house.account["version"] == version + 1
    assert told() == {"permissions_updated": ids([house.viewer, house.founder, house.admin])}
    assert mailed() == []
    assert len(audit()) == entries + 1
    entry = recorded("rights.changed")
    assert (entry["action"], entry["actor"], entry["target"], entry["family_id"]) == (
        "rights.changed",
        house.admin.id,
        house.viewer.id,
        house.id,
    )
    nothing = {"role": "viewer", "can_spend": False, "spending_limit": 0, "period_limit": None}
    assert (entry["before"], entry["after"]) == (nothing, wanted)


def test_an_admin_may_spend_all_of_it_and_that_stays(house: House) -> None:
    for whom in (house.admin, house.founder):
        act = partial(deeds.set_rights, house.account_id, whom, NOTHING, by=house.founder, now=NOW)
        assert refused(act, PermissionsUpdateFailedError) == {"reason": "target_is_admin"}


@pytest.mark.parametrize(("limit", "passes", "fails"), [(-1, 1000, None), (0, None, 1), (5, 5, 6)])
def test_a_limit_holds_from_the_next_spend_on(
    house: House, stranger: Person, limit: int, passes: int | None, fails: int | None
) -> None:
    house.allow(house.spender, limited(limit))

    if fails is not None:
        pay = partial(deeds.transfer, house.account_id, stranger, fails, by=house.spender, now=NOW)
        details = refused(pay, SpendingLimitExceededError)
        assert (details["limit"], details["period"], details["remaining"]) == (limit, "transaction", limit)
    if passes is not None:
        paid = deeds.transfer(house.account_id, stranger, passes, by=house.spender, now=NOW)
        assert paid.payer_balance == 1000 - passes


def test_a_right_that_was_taken_away_is_gone(house: House, stranger: Person) -> None:
    pay = partial(deeds.transfer, house.account_id, stranger, by=house.spender, now=NOW)
    pay(1)

    house.allow(house.spender, NOTHING)

    refused(partial(pay, 2), NoSpendingPermissionError)


def test_who_left_spends_nothing_and_comes_back_as_a_viewer(house: House, stranger: Person) -> None:
    send = partial(deeds.send, stranger.username, by=house.spender, source=house.account["username"])
    departing.leave(house.id, actor=house.spender.actor, now=NOW)

    refused(partial(send, 1, now=NOW), AccountNotFoundError)

    members.join(house.id, house.spender.id, actor=TESTS, now=NOW)
    refused(partial(send, 1, now=NOW), NoSpendingPermissionError)


def test_an_admin_who_is_demoted_spends_nothing(house: House, stranger: Person) -> None:
    admins.demote(house.id, house.admin.id, actor=house.founder.actor, now=NOW)

    pay = partial(deeds.transfer, house.account_id, stranger, 1, by=house.admin, now=NOW)
    refused(pay, NoSpendingPermissionError)


def test_a_running_total_goes_on_under_another_limit_of_the_same_period(
    house: House, stranger: Person
) -> None:
    pay = partial(deeds.transfer, house.account_id, stranger, by=house.spender, now=NOW)
    house.allow(house.spender, limited(period="day", limit=10))
    pay(8)

    house.allow(house.spender, limited(period="day", limit=11))
    assert house.holder(house.spender)["period"] == {"key": "2026-12-31", "spent": 8}
    assert refused(partial(pay, 4), SpendingLimitExceededError)["remaining"] == 3

    house.allow(house.spender, limited(period="day", limit=7))
    assert refused(partial(pay, 1), SpendingLimitExceededError)["remaining"] == 0

    house.allow(house.spender, limited(period="week", limit=7))
    assert house.holder(house.spender)["period"] is None
    pay(7)
    assert house.holder(house.spender)["period"] == {"key": "2026-W53", "spent": 7}


def test_without_a_limit_of_a_period_nothing_is_counted_and_with_an_unlimited_one_it_is(
    house: House, stranger: Person
) -> None:
    pay = partial(deeds.transfer, house.account_id, stranger, by=house.spender, now=NOW)
    pay(1)
    assert house.holder(house.spender)["period"] is None

    house.allow(house.spender, limited(period="month", limit=-1))
    pay(2)
    assert house.holder(house.spender)["period"] == {"key": "2026-12", "spent": 2}


def test_rights_on_an_account_that_was_read_before_are_not_set_unseen(house: House) -> None:
    old = house.account
    deeds.freeze(house.account_id, by=house.admin.actor, now=NOW)
    spender = house.spender

    act = partial(rights.set_rights, old, spender.id, spender.username, NOTHING, actor=TESTS, now=NOW)
    refused(act, ConflictError)
