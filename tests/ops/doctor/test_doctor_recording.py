"""What doctor saw is kept: a document a minute, for a day and an hour, with what explains what."""

import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ops import process, tasks
from ops.doctor import recording, registry, runner
from ops.doctor.check import Check, Finding, Result, explained
from ops.doctor.whereabouts import Whereabouts
from ops.jobs import heartbeats
from ops.jobs.heartbeats import NAME as HEARTBEATS
from ops.mongo.collections import control_collection
from tests.ops.loglines import events, written

LIMIT_SECONDS = 60.0  # a busy machine may take long
NOW = datetime(2026, 11, 26, 12, 30, 40, 500_000, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _none() -> Iterator[None]:
    for name in (recording.NAME, HEARTBEATS):
        control_collection(name).delete({})
    yield
    for name in (recording.NAME, HEARTBEATS):
        control_collection(name).delete({})


def check(name: str, *rests_on: str) -> Check:
    return Check(name, 2, f"{name} is well", lambda _where: finding(Result.OK), 1.0, rests_on)


def finding(result: Result, *due_to: str) -> Finding:
    return Finding(result, (f"it is {result}",), "a cause", "a remedy", due_to)


def keep(moment: datetime, **results: Result) -> None:
    """Keep that checks of these names ended so."""
    recording.record(explained((check(name), finding(result)) for name, result in results.items()), moment)


def test_what_was_found_is_kept_with_all_that_is_needed_to_show_it() -> None:
    found = explained(
        [
            (check("settings"), finding(Result.OK)),
            (check("redis"), finding(Result.FAILED)),
            (check("limits", "redis"), finding(Result.COULD_NOT_LOOK)),
        ]
    )

    recording.record(found, NOW, left_out=["port"])

    seen = recording.latest()
    assert seen == {
        "_id": "2026-11-26T12:30:00+00:00",
        "at": NOW,
        "host": socket.gethostname(),
        "role": process.role(),
        "result": "failed",
        "results": {"redis": "failed", "limits": "could_not_look", "settings": "ok"},
        "unwell": [
            {
                "name": name,
                "section": 2,
                "title": f"{name} is well",
                "result": result,
                "evidence": [f"it is {result}"],
                "cause": "a cause",
                "remedy": "a remedy",
                "explained_by": explained_by,
            }
            for name, result, explained_by in (
                ("redis", "failed", []),
                ("limits", "could_not_look", ["redis"]),
            )
        ],
        "left_out": ["port"],
    }


def test_a_later_look_of_the_same_minute_takes_the_place_of_the_earlier() -> None:
    keep(NOW, redis=Result.FAILED)
    keep(NOW + timedelta(seconds=10), redis=Result.OK)
    keep(NOW + timedelta(seconds=15), mongo=Result.OK)

    (seen,) = recording.since(NOW)
    assert (seen["at"], seen["results"]) == (NOW + timedelta(seconds=15), {"mongo": "ok"})


def test_what_is_older_than_it_is_kept_is_deleted_and_nothing_else() -> None:
    for age in (timedelta(hours=25, minutes=1), timedelta(hours=25), timedelta(hours=1)):
        keep(NOW - age, redis=Result.OK)

    keep(NOW, redis=Result.OK)

    seen = [each["at"] for each in recording.since(datetime(2020, 1, 1, tzinfo=UTC))]
    assert seen == [NOW - timedelta(hours=25), NOW - timedelta(hours=1), NOW]
    assert [each["at"] for each in recording.since(NOW - timedelta(hours=1))] == seen[1:]


@pytest.mark.parametrize(("age", "stale"), [(timedelta(minutes=3), False), (timedelta(seconds=181), True)])
def test_what_was_seen_more_than_three_minutes_ago_is_stale(age: timedelta, stale: bool) -> None:  # noqa: FBT001  # a case
    keep(NOW - age, redis=Result.OK)

    assert recording.is_stale(recording.latest(), NOW) is stale


def test_what_was_never_seen_is_stale() -> None:
    assert recording.latest() is None
    assert recording.is_stale(None, NOW)


def test_symptoms_stand_beneath_their_cause_however_far() -> None:
    found = explained(
        [
            (check("mongo"), finding(Result.DEGRADED)),
            (check("redis"), finding(Result.FAILED)),
            (check("limits"), finding(Result.FAILED, "redis")),
            (check("auth"), finding(Result.DEGRADED, "limits")),
        ]
    )
    recording.record(found, NOW)

    seen = recording.latest()

    assert seen
    told = [(cause["name"], [each["name"] for each in below]) for cause, below in recording.causes(seen)]
    assert told == [("redis", ["limits", "auth"]), ("mongo", [])]


def test_the_job_looks_as_doctor_does_and_logs_no_error() -> None:
    with written() as lines:
        told = tasks.look()

    seen = recording.latest()
    assert seen
    assert set(seen["results"]) == {each.name for each in registry.checks()}
    assert (seen["results"]["mongo"], seen["results"]["redis"], seen["result"]) == ("ok", "ok", told)
    broken = [
        each for each in seen["unwell"] if any("check itself broke" in line for line in each["evidence"])
    ]
    assert broken == []
    assert events(lines, level="ERROR") == []
    (beat,) = [each for each in heartbeats.every() if each["_id"] == "ops.doctor.look"]
    assert beat["error"] is None


@pytest.mark.parametrize(
    ("hosts", "left_out"),
    [
        ([], False),
        (["elsewhere"], True),
        (["elsewhere", socket.gethostname()], False),
    ],
    ids=["nobody serves", "elsewhere", "here too"],
)
def test_a_worker_on_a_machine_without_the_web_process_does_not_look_for_it(
    hosts: list[str],
    left_out: bool,  # noqa: FBT001  # a case
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    checks = [check("mongo"), check("port"), check("metrics")]
    monkeypatch.setattr(registry, "checks", lambda: checks)
    now = datetime.now(UTC)
    for host in hosts:
        living: dict[str, Any] = {"role": "web", "host": host, "pid": 1, "since": now, "seen_at": now}
        control_collection(HEARTBEATS).insert({"_id": f"web:{host}:1", **living})

    recording.look(now)

    seen = recording.latest()
    assert seen
    assert seen["left_out"] == (["port", "metrics"] if left_out else [])
    assert set(seen["results"]) == ({"mongo"} if left_out else {"mongo", "port", "metrics"})


def test_a_job_says_itself_how_long_it_waits_for_a_check(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    monkeypatch.setattr(runner, "is_crowded", lambda _machine: False)

    def look(_where: Whereabouts) -> Finding:
        over.wait(LIMIT_SECONDS)
        return finding(Result.OK)

    monkeypatch.setattr(registry, "checks", lambda: [replace(check("slow"), look=look, seconds=0.01)])
    told = []
    for patience in (None, 0.02):
        recording.look(NOW, patience=patience)
        seen = recording.latest()
        assert seen
        told += seen["unwell"][0]["evidence"]

    over.set()
    assert told == ["no answer within 0.01 s", "no answer within 0.02 s"]


def test_a_check_that_is_left_out_explains_nothing() -> None:
    symptom = replace(check("queue"), rests_on=("port",))
    recording.record(explained([(symptom, finding(Result.COULD_NOT_LOOK, "port"))]), NOW, left_out=["port"])

    seen = recording.latest()

    assert seen
    assert [cause["name"] for cause, _ in recording.causes(seen)] == ["queue"]
