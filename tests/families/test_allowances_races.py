"""The job many times at once, against admins, freezes and departures: each period is paid or missed once.

Source: HTTP contract, section 18 (rules 2 to 6).
"""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from random import Random

import pytest

from families.actions import allowances, departing
from families.actions.allowances import Draft
from tests.database import documents
from tests.families.allowed import DAY, HOUR, MADE, allowed, run
from tests.races import at_once, ended
from tests.tokens import allowance_checker, deeds, ledger_checker
from tests.tokens.deeds import House
from tokens.rules.allowances import Frequency

Call = Callable[[], object]
pytestmark = pytest.mark.race(20)
FIRST = MADE.replace(hour=0) + DAY
ZONES = ("Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/Lisbon", "UTC")


def test_periods_of_some_days_are_paid_or_missed_once_however_the_job_runs(trial: int) -> None:
    random = Random(trial)  # noqa: S311  # which runs meet is no secret
    made = allowed(12)
    frozen = False

    for hour in range(0, 5 * 24, 6):
        now = FIRST + hour * HOUR
        if random.random() < 0.7:
            at_once([partial(run, now)] * random.choice([1, 1, 2, 3]))
        if random.random() < 0.1:
            made.live_by(random.choice(ZONES), now=now)
        if random.random() < 0.2:
            switch = deeds.unfreeze if frozen else deeds.freeze
            switch(made.house.account_id, by=made.house.founder.actor, now=now)
            frozen = not frozen
    run(FIRST + 7 * DAY)

    periods = sorted(made.became())
    assert periods == [(FIRST + number * DAY).date().isoformat() for number in range(len(periods))]
    assert made.tokens == 5 * list(made.became().values()).count("paid")
    assert [*ledger_checker.faults(), *allowance_checker.faults()] == []


def test_of_jobs_at_once_one_pays(trial: int) -> None:  # noqa: ARG001  # again and again
    made = allowed(13)

    at_once([partial(run, FIRST + timedelta(milliseconds=number)) for number in range(4)])

    assert (made.tokens, made.became()) == (5, {"2026-11-27": "paid"})
    assert [*ledger_checker.faults(), *allowance_checker.faults()] == []


def test_paying_against_a_freeze_a_stop_and_a_change(trial: int) -> None:
    made = allowed()
    house, by = made.house, made.house.founder.actor
    others: list[Call] = [
        partial(deeds.freeze, house.account_id, by=by, now=FIRST),
        partial(allowances.stop, house.id, made.id, actor=by, now=FIRST),
        partial(made.change, now=FIRST, amount=6),
        partial(departing.leave, house.id, actor=made.recipient.actor, now=FIRST),
    ]

    _, outcome = at_once([partial(ended, partial(run, FIRST)), partial(ended, others[trial % 4])])

    assert outcome == "done"
    assert made.tokens in ({5, 6} if trial % 4 == 2 else {0, 5})
    assert made.became() == ({"2026-11-27": "paid"} if made.tokens else {})
    assert [*ledger_checker.faults(), *allowance_checker.faults()] == []


def test_who_leaves_as_an_allowance_is_made_keeps_none(trial: int) -> None:  # noqa: ARG001  # again and again
    house = House()
    draft = Draft(house.viewer.id, 5, Frequency.DAILY)

    outcomes = at_once(
        [
            partial(ended, partial(allowances.create, house.id, draft, actor=house.founder.actor, now=MADE)),
            partial(ended, partial(departing.leave, house.id, actor=house.viewer.actor, now=MADE)),
        ]
    )

    assert outcomes[1] == "done"
    assert outcomes[0] in {"done", "VALIDATION_ERROR"}
    assert {each["status"] for each in documents("allowances")["allowances"]} <= {"stopped"}
