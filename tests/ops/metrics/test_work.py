"""What is counted of work that no request waits for, and of the servers behind it."""

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from prometheus_client import REGISTRY
from pymongo.errors import ExecutionTimeout, OperationFailure

from ops.cache.remembering import Kind, remembered
from ops.errors import DatabaseUnavailableError
from ops.jobs.heartbeats import heartbeat
from ops.metrics import jobs
from ops.mongo.breaker import Breaker
from ops.mongo.collections import collection
from ops.mongo.engine.counting import known, pool
from ops.redis import store

JOB = "tests.of.metrics"
ROUND: Kind[int] = Kind("tests-of-metrics", int, int)


def counted(name: str, **labels: str) -> float:
    """Return what was counted so far in this process."""
    return REGISTRY.get_sample_value(name, labels) or 0.0


@contextlib.contextmanager
def rises(by: int, name: str, **labels: str) -> Iterator[None]:
    """See to it that a series rises inside of the block by so much."""
    before = counted(name, **labels)
    yield
    assert counted(name, **labels) == before + by


@pytest.mark.parametrize(
    ("error", "outcome"),
    [(None, jobs.OK), (KeyError, jobs.FAILED), (DatabaseUnavailableError, jobs.PUT_OFF)],
)
def test_a_run_of_a_job_is_counted_by_its_outcome(error: type[Exception] | None, outcome: str) -> None:
    failed = int(outcome == jobs.FAILED)
    with (
        rises(1, "job_runs_total", job=JOB, outcome=outcome),
        rises(failed, "job_errors_total", job=JOB),
        rises(1, "job_duration_seconds_count", job=JOB),
        contextlib.suppress(KeyError, DatabaseUnavailableError),
        heartbeat(JOB),
    ):
        if error is not None:
            raise error


def test_the_time_of_the_last_good_run_is_told() -> None:
    with heartbeat(JOB):
        pass
    before = counted("job_last_success_timestamp_seconds", job=JOB)
    with contextlib.suppress(KeyError), heartbeat(JOB):
        raise KeyError

    assert before > 1_700_000_000
    assert counted("job_last_success_timestamp_seconds", job=JOB) == before


def test_a_command_is_counted_by_collection_and_command() -> None:
    named = {"collection": "families", "command": "find"}
    with rises(1, "database_command_duration_seconds_count", **named):
        collection("families").find_one({"_id": "fam_nobody"})


@pytest.mark.parametrize("name", ["families", "heartbeats", "email_outbox", "system.profile", "whatever"])
def test_only_collections_that_there_are_have_a_series_of_their_own(name: str) -> None:
    assert known.named(name) == (name if name in {"families", "heartbeats", "email_outbox"} else "other")
    assert known.named(1) == "none"


def test_a_command_that_fails_is_counted_by_its_reason() -> None:
    database: Any = connection.database  # type: ignore[attr-defined]  # the engine's
    with rises(1, "database_errors_total", reason="other"), pytest.raises(OperationFailure):
        database.command("find", "families", filter={"$nothing": 1})
    late = {"filter": {"$where": "sleep(100) || true"}, "maxTimeMS": 1}
    database.families.insert_one({"_id": "fam_of_metrics"})
    with rises(1, "database_errors_total", reason="timeout"), pytest.raises(ExecutionTimeout):
        database.command("find", "families", **late)


def test_what_is_refused_while_the_database_is_away_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    breaker = Breaker()
    monkeypatch.setattr(breaker, "_open_since", 1.0)
    with rises(1, "database_errors_total", reason="unavailable"), pytest.raises(DatabaseUnavailableError):
        breaker.check()


def test_the_pool_tells_how_many_connections_it_has() -> None:
    collection("families").find_one({"_id": "fam_nobody"})
    pool.tell()

    assert counted("database_pool_connections", state="in_use") == 0
    assert counted("database_pool_connections", state="idle") > 0


def test_look_ups_in_the_cache_are_counted() -> None:
    store().flushall()
    with rises(1, "cache_requests_total", result="miss"):
        remembered(ROUND, "state", lambda: 1)
    with rises(1, "cache_requests_total", result="hit"):
        remembered(ROUND, "state", lambda: 2)
