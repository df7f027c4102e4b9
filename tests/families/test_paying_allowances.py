"""The job that pays allowances: each period once, or missed, and everybody concerned is told.

Source: HTTP contract, sections 12, 15 (allowances), 17 (allowance period) and 18 (rules 2, 3, 6 and 17).
"""

from datetime import timedelta

import pytest
from django.db import connection
from structlog.testing import capture_logs

from families import tasks
from families.actions import allowances, departing, dissolving, members, paying_allowances
from families.actions.allowances import Draft
from family_site.identity.actions import disabling
from ops.mongo.collections import collection
from tests.database import audit, documents
from tests.failpoints import failing
from tests.families.allowed import BEAT, DAY, HOUR, MADE, allowed, run
from tests.tokens import allowance_checker, deeds, ledger_checker
from tests.tokens.calls import set_clock
from tests.tokens.funds import issue
from tests.tokens.told import forget, ids, told
from tests.world import TESTS
from tokens.rules.allowances import Frequency

MIDNIGHT = MADE.replace(hour=0)
FIRST = MIDNIGHT + DAY


def sound() -> bool:
    return ledger_checker.faults() == allowance_checker.faults() == []


# Paid ----------------------------------------------------------------------------------------------


def test_nothing_is_paid_before_the_first_day_is_over() -> None:
    made = allowed()

    run(FIRST - timedelta(seconds=1))

    assert (made.tokens, made.became()) == (0, {})


def test_a_period_is_paid_once_from_its_first_moment_on() -> None:
    made = allowed()

    for now in (FIRST, FIRST, FIRST + HOUR, FIRST + DAY - HOUR):
        run(now)

    assert (made.tokens, made.became()) == (5, {"2026-11-27": "paid"})
    assert made.stored["next_at"] == FIRST + DAY
    assert made.stored["last_paid_at"] == FIRST
    assert sound()


def test_a_payment_tells_of_itself() -> None:
    made = allowed(1500, amount=1000)
    house = made.house
    forget()

    run(FIRST)

    (payment,) = documents("allowance_payments")["allowance_payments"]
    (moved,) = [
        each for each in documents("sbd_transactions")["sbd_transactions"] if each["kind"] == "allowance"
    ]
    assert moved["related"] == {"type": "allowance", "id": payment["_id"]}
    assert (moved["actor"], moved["actor_name"]) == ("system:beat", "the allowance")
    (entry,) = audit("allowance.paid")
    assert (entry["target"], entry["family_id"], entry["actor"]) == (made.id, house.id, "system:beat")
    assert entry["after"] == {
        "period": "2026-11-27",
        "amount": 1000,
        "status": "paid",
        "transaction": moved["_id"],
        "obstacle": None,
    }
    assert told() == {
        "large_transaction": ids(house.people),
        "allowance_paid": [made.recipient.id],
    }


def test_each_is_paid_by_the_calendar_of_its_family() -> None:
    east, west = allowed(zone="Pacific/Auckland"), allowed(zone="America/New_York")

    run(FIRST - 13 * HOUR)  # midnight in Auckland, whose 27th has begun as the schedule was made
    assert (east.tokens, west.tokens) == (0, 0)
    run(MIDNIGHT + 35 * HOUR)
    assert (east.became(), west.tokens) == ({"2026-11-28": "paid"}, 5)
    assert west.became() == {"2026-11-27": "paid"}


def test_what_a_holder_may_spend_and_who_made_it_does_not_matter() -> None:
    made = allowed()
    departing.leave(made.house.id, actor=made.house.founder.actor, now=MADE)

    run(FIRST)

    assert made.tokens == 5


# Tried again ----------------------------------------------------------------------------------------


def test_a_frozen_account_pays_once_it_is_opened_in_time() -> None:
    made = allowed()
    deeds.freeze(made.house.account_id, by=made.house.founder.actor, now=MADE)

    run(FIRST)
    run(FIRST + HOUR)
    assert (made.tokens, made.became(), made.stored["obstacle"]) == (0, {}, "frozen")
    deeds.unfreeze(made.house.account_id, by=made.house.founder.actor, now=FIRST + HOUR)
    run(FIRST + DAY - HOUR)

    assert (made.tokens, made.became(), made.stored["obstacle"]) == (5, {"2026-11-27": "paid"}, None)
    assert sound()


def test_a_balance_that_is_filled_in_time_pays() -> None:
    made = allowed(4)

    run(FIRST)
    assert (made.tokens, made.stored["obstacle"]) == (0, "short")
    issue(made.house.account_id, 1)
    run(FIRST + timedelta(minutes=1))

    assert (made.tokens, made.house.account["balance"]) == (5, 0)
    assert sound()


def test_what_cannot_be_paid_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paying_allowances, "BATCH", 1)
    poor = allowed(0)
    house = poor.house
    rich = allowed()
    more = Draft(house.viewer.id, 1, Frequency.DAILY)
    allowances.create(house.id, more, actor=house.founder.actor, now=MADE)

    assert run(FIRST) == 3

    assert (poor.tokens, rich.tokens) == (0, 5)


# Missed --------------------------------------------------------------------------------------------


def test_what_is_not_paid_until_the_end_is_missed_and_all_concerned_are_told() -> None:
    made = allowed()
    house = made.house
    deeds.freeze(house.account_id, by=house.founder.actor, now=MADE)
    forget()

    run(FIRST + DAY - timedelta(seconds=1))
    assert made.became() == {}
    run(FIRST + DAY)
    run(FIRST + DAY)

    assert made.became() == {"2026-11-27": "frozen"}
    assert told() == {"allowance_missed": ids([made.recipient, house.founder, house.admin])}
    (entry,) = audit("allowance.missed")
    assert (entry["target"], entry["after"]["period"]) == (made.id, "2026-11-27")
    assert (entry["after"]["status"], entry["after"]["transaction"]) == ("missed", None)
    # The next has begun and is tried.
    assert (made.stored["next_period"], made.stored["obstacle"]) == ("2026-11-28", "frozen")
    assert sound()


def test_of_the_weeks_in_which_no_job_ran_only_what_lasts_is_paid() -> None:
    made = allowed()

    run(FIRST + 3 * DAY + HOUR)

    late = dict.fromkeys(("2026-11-27", "2026-11-28", "2026-11-29"), "late")
    assert made.became() == {**late, "2026-11-30": "paid"}
    assert made.tokens == 5
    assert len(audit("allowance.missed")) == 3
    assert sound()


def test_a_recipient_who_cannot_sign_in_misses_it() -> None:
    made = allowed()
    disabling.disable(made.recipient.id, actor=TESTS, now=MADE, reason="for a test")

    run(FIRST)
    disabling.enable(made.recipient.id, actor=TESTS, now=FIRST + HOUR, reason="for a test")
    run(FIRST + HOUR)
    run(FIRST + DAY)

    assert made.became() == {"2026-11-27": "disabled", "2026-11-28": "paid"}
    assert made.tokens == 5


# Stopped -------------------------------------------------------------------------------------------


def test_who_leaves_gets_nothing_more_also_not_when_they_come_back() -> None:
    made = allowed()
    other = Draft(made.house.admin.id, 7, Frequency.DAILY)
    kept = allowances.create(made.house.id, other, actor=made.house.founder.actor, now=MADE)
    departing.remove(made.house.id, made.recipient.id, actor=made.house.founder.actor, now=MADE)
    members.join(made.house.id, made.recipient.id, actor=TESTS, now=MADE)

    run(FIRST)

    assert (made.tokens, made.stored["status"], made.stored["stopped_at"]) == (0, "stopped", MADE)
    assert audit("member.removed")[0]["after"]["allowances_stopped"] == [made.id]
    (paid,) = documents("allowance_payments")["allowance_payments"]
    assert paid["allowance_id"] == kept["_id"]


def test_a_family_that_is_dissolved_pays_nothing_more() -> None:
    made = allowed(0)

    dissolving.dissolve(made.house.id, actor=made.house.founder.actor, now=MADE)

    assert run(FIRST) == 0
    assert made.stored["status"] == "stopped"
    assert audit("family.dissolved")[0]["after"]["allowances_stopped"] == [made.id]


def test_one_that_was_left_behind_stops_as_it_is_due() -> None:
    made = allowed()
    collection("families").update(
        {"_id": made.house.id}, {"$pull": {"members": {"user_id": made.recipient.id}}}
    )

    run(FIRST)

    assert (made.stored["status"], made.became()) == ("stopped", {})
    (entry,) = audit("allowance.stopped")
    assert (entry["target"], entry["actor"]) == (made.id, BEAT.id)


# Zones and months ----------------------------------------------------------------------------------


def test_another_zone_holds_from_the_period_after_the_next() -> None:
    made = allowed()
    made.live_by("Asia/Tokyo", now=MADE)

    run(FIRST)
    run(FIRST + 15 * HOUR)  # midnight in Tokyo

    assert made.became() == {"2026-11-27": "paid", "2026-11-28": "paid"}
    assert made.stored["next_at"] == FIRST + 39 * HOUR


def test_the_31st_is_the_last_day_of_february() -> None:
    made = allowed(frequency=Frequency.MONTHLY, now=MADE.replace(year=2027, month=1, day=31))

    last = MIDNIGHT.replace(year=2027, month=2, day=28)
    for now in (last - HOUR, last, last.replace(month=3, day=30), last.replace(month=3, day=31)):
        run(now)

    assert made.became() == {"2027-02": "paid", "2027-03": "paid"}
    assert made.stored["next_on"] == "2027-04-30"


# The job -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["allowances", "sbd_accounts", "audit_log"])
def test_what_fails_in_the_middle_leaves_nothing_and_is_paid_by_the_next_run(name: str) -> None:
    made = allowed()
    before = documents("sbd_accounts", "sbd_transactions", "sbd_entries", "notifications", "audit_log")
    database = connection.connection[connection.settings_dict["NAME"]]
    where = f"{database.name}.{name}"
    once = failing("update", "insert", mode={"times": 1}, errorCode=2, namespace=where)
    with capture_logs() as lines, once:
        run(FIRST)

    (line,) = [each for each in lines if each["log_level"] == "error"]
    assert (line["event"], line["allowance"]) == ("allowance cannot be paid", made.id)
    assert documents(*before) == before
    assert made.became() == {}
    run(FIRST + timedelta(minutes=1))
    assert (made.tokens, made.became()) == (5, {"2026-11-27": "paid"})
    assert sound()


def test_the_task_pays_what_is_due(monkeypatch: pytest.MonkeyPatch) -> None:
    made = allowed()
    set_clock(monkeypatch, FIRST)

    assert (tasks.pay_allowances(), tasks.pay_allowances()) == (1, 0)
    assert made.tokens == 5
