"""Recording what looks like an attack: counted by the hour, at no cost for who refuses it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pymongo.errors import AutoReconnect

from ops import clock
from ops.mongo.collections import BoundCollection
from ops.mongo.unit_of_work import unit_of_work
from ops.security import SecurityEventType, record, recording
from ops.security.recording import Recorder, recorder
from tests import commands
from tests.database import documents
from tests.ops.security.noted import HERE, events
from tests.races import at_once
from tests.waiting import until

LIMITED, BLOCKED = SecurityEventType.RATE_LIMITED, SecurityEventType.BLOCKED_CALL
TEN = datetime(2026, 11, 26, 10, tzinfo=UTC)
Turn = Callable[[datetime], None]


@pytest.fixture
def turn(monkeypatch: pytest.MonkeyPatch) -> Turn:
    """Set the clock."""

    def to(moment: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: moment)

    to(TEN)
    return to


def naive(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None)


def test_what_comes_in_an_hour_is_one_event_that_counts(turn: Turn) -> None:
    for minute in (5, 7, 59):
        turn(TEN + timedelta(minutes=minute))
        record(LIMITED, HERE, {"operation": f"at-{minute}"})
    turn(TEN + timedelta(hours=1))
    record(LIMITED, HERE, {"operation": "later"})

    first, second = sorted(events(), key=lambda each: each["first_at"])

    assert first["_id"].startswith("sev_")
    assert {name: value for name, value in first.items() if name != "_id"} == {
        "v": 1,
        "type": "rate_limited",
        "subject": HERE,
        "count": 3,
        "first_at": naive(TEN + timedelta(minutes=5)),
        "last_at": naive(TEN + timedelta(minutes=59)),
        "facts": {"operation": "at-59"},
        "resolved_at": None,
        "resolved_by": None,
        "note": None,
    }
    assert (second["count"], second["facts"]) == (1, {"operation": "later"})


def test_each_type_and_subject_has_events_of_its_own(turn: Turn) -> None:  # noqa: ARG001  # one hour
    for kind, subject in ((LIMITED, HERE), (LIMITED, "user_1"), (BLOCKED, HERE), (LIMITED, HERE)):
        record(kind, subject, {})
    record(BLOCKED, None, {})

    assert sorted((each["type"], each["subject"], each["count"]) for each in events()) == [
        ("blocked_call", HERE, 1),
        ("blocked_call", "unknown", 1),
        ("rate_limited", HERE, 2),
        ("rate_limited", "user_1", 1),
    ]


def test_processes_that_record_the_same_add_up(turn: Turn) -> None:  # noqa: ARG001  # as above
    processes = [Recorder() for _ in range(4)]
    for each in processes:
        for _ in range(25):
            each.add(LIMITED, HERE, {})

    at_once([each.flush for each in processes])

    (event,) = events(HERE)
    assert event["count"] == 100


def test_it_is_written_by_itself() -> None:
    record(LIMITED, HERE, {})

    assert until(lambda: len(documents("security_events")["security_events"]) == 1)


def test_recording_asks_the_database_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder, "flush", lambda: None)

    with commands.recorded() as sent:
        record(LIMITED, HERE, {})

    assert sent == []


def test_what_is_recorded_in_a_change_that_fails_stays() -> None:
    @unit_of_work()
    def change() -> None:
        record(LIMITED, HERE, {})
        raise KeyError

    with pytest.raises(KeyError):
        change()

    assert [each["count"] for each in events(HERE)] == [1]


def test_what_cannot_be_written_is_written_later_and_raises_nothing(
    turn: Turn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_args: Any, **_options: Any) -> int:
        raise AutoReconnect

    mine = Recorder()
    mine.add(LIMITED, HERE, {"operation": "first"})
    with monkeypatch.context() as patch:
        patch.setattr(BoundCollection, "update_each", away)
        mine.flush()
    turn(TEN + timedelta(minutes=1))
    mine.add(LIMITED, HERE, {"operation": "second"})
    assert events() == []

    mine.stop()

    (event,) = events()
    assert (event["count"], event["facts"]) == (2, {"operation": "second"})
    assert (event["first_at"], event["last_at"]) == (naive(TEN), naive(TEN + timedelta(minutes=1)))


def test_however_many_subjects_come_there_are_so_many_events_and_the_others_together(
    turn: Turn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "MOST", 3)
    mine = Recorder()

    for number in range(10):
        mine.add(LIMITED, f"user_{number}", {})
    mine.flush()
    mine.add(LIMITED, "user_0", {})
    turn(TEN + timedelta(hours=1))
    mine.add(LIMITED, "user_9", {})
    mine.stop()

    assert sorted((each["subject"], each["count"]) for each in events()) == [
        ("others", 7),
        ("user_0", 2),
        ("user_1", 1),
        ("user_2", 1),
        ("user_9", 1),
    ]
