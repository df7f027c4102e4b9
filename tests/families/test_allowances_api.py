"""Allowances through the API: made, seen, changed, stopped. Source: HTTP contract, section 15."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import override_settings

from families.actions import allowances
from families.actions.allowances import Draft
from ops import clock
from ops.mongo.collections import collection
from tests.api import Api
from tests.database import audit, documents
from tests.factories import Person
from tests.families.allowed import DAY, HOUR, MADE, allowed, listed, live_by, post, put, run
from tests.tokens.calls import NO_AMOUNTS, moment, set_clock
from tests.tokens.deeds import House
from tests.tokens.funds import account_of
from tokens.rules.allowances import Frequency

TOUCHED = ("allowances", "allowance_payments", "families", "audit_log", "notifications", "sbd_transactions")
FIRST = MADE.replace(hour=0) + DAY


@pytest.fixture
def house() -> House:
    """A family with 100 tokens."""
    return House(100)


# Made ----------------------------------------------------------------------------------------------


def test_an_allowance_is_made_and_told_as_it_is(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    now = clock.now()
    set_clock(monkeypatch, now)

    answer = post(house.founder, house, house.viewer.id, frequency="daily")

    assert answer.status == 201
    made = answer.json
    assert made["schedule_id"].startswith("allow_")
    assert made == {
        "schedule_id": made["schedule_id"],
        "family_id": house.id,
        "recipient_id": house.viewer.id,
        "recipient_name": house.viewer.username,
        "amount": 5,
        "frequency": "daily",
        "active": True,
        "last_distributed": None,
        "next_distribution": moment(now.replace(hour=0, minute=0, second=0, microsecond=0) + DAY),
        "created_by": house.founder.id,
        "created_by_name": house.founder.username,
        "created_at": moment(now),
        "updated_at": moment(now),
    }
    assert listed(house.admin, house) == [made]
    (entry,) = audit("allowance.created")
    assert (entry["target"], entry["family_id"]) == (made["schedule_id"], house.id)
    shown = {"recipient_id": house.viewer.id, "amount": 5, "frequency": "daily", "status": "active"}
    assert (entry["before"], entry["after"]) == ({}, shown)


@pytest.mark.parametrize(("frequency", "days"), [("daily", 1), ("weekly", 7)])
def test_it_begins_a_whole_period_on_with_a_day_of_the_family(
    house: House, monkeypatch: pytest.MonkeyPatch, frequency: str, days: int
) -> None:
    now = clock.now()
    set_clock(monkeypatch, now)
    live_by(house, "Asia/Kathmandu", now=now)

    begins = post(house.founder, house, house.viewer.id, frequency=frequency).json["next_distribution"]

    today = (now + timedelta(hours=5, minutes=45)).replace(hour=0, minute=0, second=0, microsecond=0)
    assert begins == moment(today + timedelta(days=days, hours=-5, minutes=-45))


def test_one_that_is_not_active_is_not_paid(house: House) -> None:
    made = post(house.founder, house, house.viewer.id, active=False).json

    run(clock.now() + 8 * DAY)

    assert (made["active"], made["next_distribution"]) == (False, None)
    assert account_of(house.viewer)["balance"] == 0


def test_a_key_makes_one(house: House) -> None:
    body = {"recipient_id": house.viewer.id, "amount": 5, "frequency": "weekly"}
    path, caller = f"/family/{house.id}/allowances", Api(house.founder)

    answers = [caller.post(path, body, idempotency_key="key-of-one-intent") for _ in range(2)]

    assert answers[0].json == answers[1].json
    assert len(documents("allowances")["allowances"]) == 1


@pytest.mark.parametrize(
    ("more", "faults"),
    [
        *(({"amount": amount}, {("amount", code)}) for amount, code in NO_AMOUNTS),
        ({"frequency": "yearly"}, {("frequency", "invalid_choice")}),
        ({"frequency": None}, {("frequency", "null")}),
        ({"recipient_id": 5}, {("recipient_id", "invalid_type")}),
        ({"recipient_id": ""}, {("recipient_id", "too_short")}),
        ({"recipient_id": "user_nobody"}, {("recipient_id", "not_member")}),
        ({"active": "true"}, {("active", "invalid_type")}),
        ({"owner": "me"}, {("owner", "unknown_field")}),
    ],
)
def test_what_is_none_is_refused(house: House, more: dict[str, Any], faults: set[tuple[str, str]]) -> None:
    made = allowed()
    before = documents(*TOUCHED)

    assert post(house.founder, house, **{"recipient_id": house.viewer.id, **more}).faults == faults
    assert put(made.house.founder, made, more).faults == faults

    assert documents(*TOUCHED) == before


def test_only_members_get_one(house: House, stranger: Person) -> None:
    before = documents(*TOUCHED)

    assert post(house.founder, house, stranger.id).faults == {("recipient_id", "not_member")}

    assert documents(*TOUCHED) == before


def test_a_family_has_a_hundred_at_most(house: House) -> None:
    draft = Draft(house.viewer.id, 5, Frequency.DAILY)
    made = allowances.create(house.id, draft, actor=house.founder.actor, now=MADE)
    more = [made | {"_id": f"allow_{number}"} for number in range(99)]
    collection("allowances").insert(*more)

    assert post(house.founder, house, house.viewer.id).faults == {("body", "not_allowed")}
    Api(house.founder).send("DELETE", f"/family/{house.id}/allowances/allow_7")
    assert post(house.founder, house, house.viewer.id).status == 201
    assert len(listed(house.admin, house)) == 100


def test_whose_address_is_not_confirmed_orders_no_payment() -> None:
    made = allowed()
    before = documents(*TOUCHED)

    refused = (403, "EMAIL_NOT_CONFIRMED")
    with override_settings(REQUIRE_CONFIRMED_EMAIL=True):
        assert post(made.house.founder, made.house, made.recipient.id).problem == refused
        assert put(made.house.founder, made, {"amount": 6}).problem == refused

    assert documents(*TOUCHED) == before


# Seen ----------------------------------------------------------------------------------------------


def test_admins_see_all_and_others_their_own_in_order(house: House) -> None:
    to = [house.viewer, house.spender, house.viewer]
    made = [post(house.founder, house, each.id).json["schedule_id"] for each in to]

    seen = {
        each: [found["schedule_id"] for found in listed(person, house)]
        for each, person in {"admin": house.admin, "viewer": house.viewer, "spender": house.spender}.items()
    }

    assert seen == {"admin": made, "viewer": [made[0], made[2]], "spender": [made[1]]}


def test_the_last_and_the_next_payment_are_told() -> None:
    made = allowed()

    run(FIRST + HOUR)

    (shown,) = listed(made.recipient, made.house)
    assert (shown["last_distributed"], shown["next_distribution"]) == (
        moment(FIRST + HOUR),
        moment(FIRST + DAY),
    )


# Changed -------------------------------------------------------------------------------------------


def test_what_is_sent_is_changed_and_the_rest_stays() -> None:
    made = allowed()
    house = made.house

    answer = put(house.admin, made, {"amount": 9, "recipient_id": house.spender.id})

    assert answer.status == 200
    assert (answer.json["amount"], answer.json["recipient_id"]) == (9, house.spender.id)
    assert answer.json["recipient_name"] == house.spender.username
    assert (answer.json["frequency"], answer.json["active"]) == ("daily", True)
    assert answer.json["next_distribution"] == moment(FIRST)
    assert listed(house.admin, house) == [answer.json]
    (entry,) = audit("allowance.changed")
    assert entry["before"] == {"amount": 5, "recipient_id": house.viewer.id}
    assert entry["after"] == {"amount": 9, "recipient_id": house.spender.id}
    run(FIRST)
    assert account_of(house.spender)["balance"] == 9


@pytest.mark.parametrize("body", [{}, {"amount": 5}, {"frequency": "daily", "active": True}])
def test_what_is_so_already_changes_nothing(body: dict[str, Any]) -> None:
    made = allowed()
    before = documents(*TOUCHED)

    answer = put(made.house.founder, made, body)

    assert (answer.status, answer.json["updated_at"]) == (200, moment(MADE))
    assert documents(*TOUCHED) == before


def test_another_frequency_begins_with_the_day_of_the_change() -> None:
    made = allowed()
    run(FIRST)

    changed = made.change(now=FIRST + HOUR, frequency="weekly")

    assert (changed["anchor"], changed["next_at"]) == ("2026-11-27", FIRST + 7 * DAY)
    run(FIRST + 2 * DAY)
    run(FIRST + 7 * DAY)
    assert made.became() == {"2026-11-27": "paid", "2026-W49": "paid"}


def test_a_pause_is_neither_paid_nor_missed() -> None:
    made = allowed()
    run(FIRST)
    made.change(now=FIRST + DAY - HOUR, active=False)
    run(FIRST + 2 * DAY)

    resumed = made.change(now=FIRST + 3 * DAY + HOUR, active=True)
    run(FIRST + 3 * DAY + 2 * HOUR)
    run(FIRST + 4 * DAY)

    assert resumed["next_period"] == "2026-12-01"
    assert made.became() == {"2026-11-27": "paid", "2026-12-01": "paid"}


def test_one_that_pauses_between_two_periods_goes_on_with_the_next() -> None:
    made = allowed()

    made.change(now=MADE, active=False)
    resumed = made.change(now=MADE + HOUR, active=True)

    assert resumed["next_at"] == FIRST


# Stopped -------------------------------------------------------------------------------------------


def test_a_stopped_one_is_gone_and_pays_no_more() -> None:
    made = allowed()
    path, caller = f"/family/{made.house.id}/allowances/{made.id}", Api(made.house.admin)

    answer = caller.send("DELETE", path)

    assert (answer.status, answer.json["status"]) == (200, "success")
    assert listed(made.house.founder, made.house) == []
    assert caller.send("DELETE", path).problem == (404, "NOT_FOUND")
    assert caller.put(path, {"active": True}).problem == (404, "NOT_FOUND")
    run(FIRST)
    assert made.tokens == 0
    (entry,) = audit("allowance.stopped")
    assert (entry["before"], entry["after"]) == ({"status": "active"}, {"status": "stopped"})


def test_what_admins_did_stands_among_their_actions() -> None:
    made = allowed()
    made.change(now=MADE + HOUR, amount=6)

    found = Api(made.house.founder).get(f"/family/{made.house.id}/admin-actions").json["results"]

    mine = [each["action_type"] for each in found if each["action_type"].startswith("allowance.")]
    assert mine == ["allowance.changed", "allowance.created"]


# Whose ---------------------------------------------------------------------------------------------


def test_who_is_no_admin_changes_nothing(stranger: Person) -> None:
    made, other = allowed(), House()
    house = made.house
    path = f"/family/{house.id}/allowances/{made.id}"
    before = documents(*TOUCHED)

    for person, refused in (
        (made.recipient, (403, "INSUFFICIENT_PERMISSIONS")),
        (stranger, (404, "FAMILY_NOT_FOUND")),
    ):
        assert post(person, house, house.viewer.id).problem == refused
        assert put(person, made, {"amount": 1000}).problem == refused
        assert Api(person).send("DELETE", path).problem == refused
    # One of another family is unknown, also to that family's admin.
    for identifier in (made.id, "allow_nothing", "x" * 64):
        elsewhere = f"/family/{other.id}/allowances/{identifier}"
        assert Api(other.founder).put(elsewhere, {"amount": 6}).problem == (404, "NOT_FOUND")
        assert Api(other.founder).send("DELETE", elsewhere).problem == (404, "NOT_FOUND")

    assert documents(*TOUCHED) == before
