"""Paying: what it writes, and whom it tells. Source: HTTP contract, sections 8, 12 and 18."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from ops.errors import DomainError
from ops.mongo.collections import collection
from tests import commands
from tests.database import audit, documents
from tests.factories import Person, new_family
from tests.tokens import deeds, ledger_checker
from tests.tokens.deeds import House
from tests.tokens.funds import account_by_id, account_of, issue
from tests.tokens.told import forget, ids, mailed, recorded, refused, told
from tokens.actions import paying
from tokens.actions.paying import Payment
from tokens.actions.rights import Rights
from tokens.rules import Kind

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


def test_a_person_sends_to_a_person(rich: Person, stranger: Person) -> None:
    paid = paying.send(stranger.username, Payment(Kind.SEND, 30, note="for bread"), actor=rich.actor, now=NOW)

    assert (paid.amount, paid.payer_balance, paid.recipient_balance) == (30, 70, 30)
    payer, recipient = account_of(rich), account_of(stranger)
    assert (payer["balance"], recipient["balance"]) == (70, 30)
    assert (paid.transaction["kind"], paid.transaction["actor"]) == ("send", rich.id)
    assert (paid.transaction["key"], paid.transaction["at"]) == (None, NOW)
    assert paid.transaction["note"] == "for bread"
    (notice,) = documents("notifications")["notifications"]
    assert (notice["type"], notice["user_id"]) == ("direct_token_transfer_received", stranger.id)
    assert (notice["family_id"], notice["data"]) == (
        None,
        {
            "who": rich.username,
            "user_id": rich.id,
            "amount": "30",
            "account": stranger.username,
            "transaction_id": paid.transaction["_id"],
        },
    )
    entry = recorded("tokens.paid")
    assert (entry["action"], entry["actor"], entry["target"]) == (
        "tokens.paid",
        rich.id,
        notice["data"]["transaction_id"],
    )
    assert entry["family_id"] is None
    assert entry["after"] == {
        "kind": "send",
        "payer": payer["_id"],
        "recipient": recipient["_id"],
        "amount": 30,
    }
    assert "bread" not in repr({name: value for name, value in entry.items() if name != "private"})
    assert ledger_checker.faults() == []


def test_a_send_costs_nine_commands(rich: Person, stranger: Person) -> None:
    with commands.recorded() as sent:
        deeds.send(stranger.username, 1, by=rich, now=NOW)

    assert commands.steps(sent) == [
        "find sbd_accounts",
        "find sbd_transactions",
        "update sbd_accounts",
        "insert sbd_transactions",
        "insert sbd_entries",
        "aggregate users",
        "insert notifications",
        "insert audit_log",
        "commitTransaction",
    ]


def test_a_transfer_tells_all_members_other_admins_and_who_gets_it(house: House, stranger: Person) -> None:
    entries = len(audit())

    paid = deeds.transfer(house.account_id, stranger, 20, by=house.spender, now=NOW)

    assert told() == {
        "sbd_spend": ids(house.people),
        "direct_token_transfer_admin": ids([house.founder, house.admin]),
        "direct_token_transfer_received": [stranger.id],
    }
    assert mailed() == []
    assert len(audit()) == entries + 1
    entry = recorded("tokens.paid")
    assert (entry["action"], entry["target"], entry["family_id"]) == (
        "tokens.paid",
        paid.transaction["_id"],
        house.id,
    )
    assert (house.account["balance"], account_of(stranger)["balance"]) == (4980, 20)
    assert ledger_checker.faults() == []


def test_an_admin_who_transfers_is_not_told_as_the_other_admin(house: House, stranger: Person) -> None:
    deeds.transfer(house.account_id, stranger, 20, by=house.admin, now=NOW)

    assert told()["direct_token_transfer_admin"] == [house.founder.id]


@pytest.mark.parametrize(
    ("amount", "kind"), [(999, "sbd_spend"), (1000, "large_transaction"), (1001, "large_transaction")]
)
def test_from_the_threshold_on_it_is_a_large_transaction_which_admins_are_mailed(
    house: House, stranger: Person, amount: int, kind: str
) -> None:
    deeds.transfer(house.account_id, stranger, amount, by=house.spender, now=NOW)

    assert told() == {
        kind: ids(house.people),
        "direct_token_transfer_admin": ids([house.founder, house.admin]),
        "direct_token_transfer_received": [stranger.id],
    }
    large = [house.founder.email, house.admin.email] if kind == "large_transaction" else []
    assert mailed() == sorted(large)


def test_a_contribution_tells_all_members(house: House) -> None:
    issue(account_of(house.viewer)["_id"], 50)

    deeds.contribute(house.account_id, 50, by=house.viewer, now=NOW)

    assert told() == {"sbd_deposit": ids(house.people)}
    assert (recorded("tokens.paid")["family_id"], house.account["balance"]) == (house.id, 5050)


@pytest.mark.parametrize(
    ("settings", "spend", "deposit"),
    [
        ({"notify_admins_only": True}, "admins", "admins"),
        ({"notify_on_spend": False}, None, "all"),
        ({"notify_on_deposit": False}, "all", None),
    ],
)
def test_the_family_is_told_as_it_wishes(
    house: House, stranger: Person, settings: dict[str, bool], spend: str | None, deposit: str | None
) -> None:
    whom = {"all": ids(house.people), "admins": ids([house.founder, house.admin]), None: None}
    change = {"$set": {"notification_settings": settings}, "$inc": {"version": 1}}
    collection("sbd_accounts").update({"_id": house.account_id}, change)

    deeds.transfer(house.account_id, stranger, 10, by=house.founder, now=NOW)
    issue(account_of(house.viewer)["_id"], 5)
    deeds.contribute(house.account_id, 5, by=house.viewer, now=NOW)

    assert (told().get("sbd_spend"), told().get("sbd_deposit")) == (whom[spend], whom[deposit])


def test_from_family_to_family_both_are_told(house: House) -> None:
    other = new_family(house.spender, "Owls")
    forget()
    name = account_by_id(other["account_id"])["username"]

    deeds.send(name, 10, by=house.spender, now=NOW, source=house.account["username"])

    assert told() == {"sbd_spend": ids(house.people), "sbd_deposit": [house.spender.id]}
    assert ledger_checker.faults() == []


def test_who_uses_the_periods_limit_up_is_told(house: House, stranger: Person) -> None:
    house.allow(house.spender, Rights(True, -1, {"period": "day", "limit": 30}))  # noqa: FBT003  # as Rights has it
    forget()

    deeds.transfer(house.account_id, stranger, 29, by=house.spender, now=NOW)
    assert "spending_limit_reached" not in told()
    deeds.transfer(house.account_id, stranger, 1, by=house.spender, now=NOW)
    assert told()["spending_limit_reached"] == [house.spender.id]

    details = refused(
        partial(deeds.transfer, house.account_id, stranger, 2, by=house.spender, now=NOW), DomainError
    )
    assert (details["limit"], details["period"], details["remaining"]) == (30, "day", 0)
    deeds.transfer(house.account_id, stranger, 30, by=house.spender, now=NOW + timedelta(seconds=1))
    assert house.holder(house.spender)["period"] == {"key": "2027-01-01", "spent": 30}


def test_spends_that_come_late_over_midnight_begin_no_total_anew(house: House, stranger: Person) -> None:
    """Each of them is by a server, or a unit that ran again, that is a moment behind."""
    house.allow(house.spender, Rights(True, -1, {"period": "day", "limit": 10}))  # noqa: FBT003  # as Rights has it
    pay = partial(deeds.transfer, house.account_id, stranger, by=house.spender)
    pay(10, now=NOW)
    pay(9, now=NOW + timedelta(seconds=1))

    details = refused(partial(pay, 8, now=NOW), DomainError)

    assert (details["period"], details["remaining"]) == ("day", 1)
    assert house.holder(house.spender)["period"] == {"key": "2027-01-01", "spent": 9}
