"""Minutes are counted once, whoever saw them and whenever they are written; others are in no figure."""

from datetime import timedelta
from threading import Thread

import pytest

from ops.errors import DatabaseUnavailableError
from ops.status import days, tally
from ops.status.states import PARTS, State
from ops.status.tally import Tally
from tests.ops.status.conftest import NOON, mongodb_away

DAY = NOON.date().isoformat()
MINUTE = timedelta(minutes=1)
FINE = {part.id: State.OPERATIONAL for part in PARTS}
BROKEN = {**FINE, "api": State.DOWN}


def api_minutes() -> dict[str, int]:
    return days.since(NOON.date()).get(DAY, {}).get("api", {})


def test_a_minute_is_counted_once_whoever_has_seen_it() -> None:
    assert [days.count(NOON, BROKEN), days.count(NOON, FINE)] == [True, False]
    assert days.count(NOON + MINUTE, FINE)
    assert api_minutes() == {"seen": 2, "down": 1}


def test_minutes_may_come_in_any_order_from_two_machines() -> None:
    minutes = [NOON + number * MINUTE for number in range(-70, 70)]
    machines = [
        Thread(target=lambda mine=mine: [days.count(each, BROKEN) for each in mine])
        for mine in (minutes, minutes[::-1])
    ]
    for each in machines:
        each.start()
    for each in machines:
        each.join()

    assert api_minutes() == {"seen": 140, "down": 140}


def test_of_a_part_that_could_not_be_seen_nothing_is_counted() -> None:
    days.count(NOON, {**FINE, "email": State.UNKNOWN})
    assert not days.count(NOON + MINUTE, dict.fromkeys(FINE, State.UNKNOWN))

    assert set(days.since(NOON.date())[DAY]) == FINE.keys() - {"email"}


def test_of_several_looks_in_a_minute_the_worst_counts() -> None:
    seen = Tally()
    for second, states in enumerate((FINE, BROKEN, FINE, {**FINE, "tokens": State.DEGRADED})):
        seen.add(NOON + timedelta(seconds=15 * second), states)
    seen.add(NOON + MINUTE, FINE)

    assert seen.write() == 1  # the minute that goes on is not over
    found = days.since(NOON.date())[DAY]
    assert found["api"] == {"seen": 1, "down": 1}
    assert found["tokens"] == {"seen": 1, "degraded": 1}
    assert found["email"] == {"seen": 1}


def test_minutes_that_nobody_saw_stay_out() -> None:
    seen = Tally()
    for minutes in (0, 1, 30, 31):
        seen.add(NOON + minutes * MINUTE, FINE)

    assert seen.write() == 3
    assert api_minutes() == {"seen": 3}


def test_what_was_seen_while_mongodb_was_away_is_written_when_it_is_back() -> None:
    seen = Tally()
    for minutes in range(5):
        seen.add(NOON + minutes * MINUTE, BROKEN)
    with mongodb_away(), pytest.raises(DatabaseUnavailableError):
        seen.write()
    assert seen.added_to({})[DAY]["api"] == {"seen": 4, "down": 4}

    assert [seen.write(), seen.write()] == [4, 0]
    assert api_minutes() == {"seen": 4, "down": 4}
    assert seen.added_to({}) == {}


def test_what_waits_has_an_end() -> None:
    seen = Tally()
    for minutes in range(tally.MOST_HELD + 60):
        seen.add(NOON + minutes * MINUTE, FINE)

    held = seen.added_to({})
    assert sum(each["api"]["seen"] for each in held.values()) == tally.MOST_HELD


def test_days_of_long_ago_are_not_read() -> None:
    days.count(NOON - timedelta(days=90), BROKEN)
    days.count(NOON - timedelta(days=89), BROKEN)

    assert list(days.since((NOON - timedelta(days=89)).date())) == ["2029-12-06"]
