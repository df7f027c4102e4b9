"""Heartbeats, and what health and doctor conclude from them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings

from family_site.celery import app
from ops import clock
from ops.doctor import whereabouts
from ops.doctor.check import Result
from ops.doctor.checks import jobs
from ops.doctor.whereabouts import Whereabouts
from ops.jobs import broker, canary, heartbeats, wellbeing
from ops.jobs.beat import MOST_WAITING, Scheduler
from ops.jobs.heartbeats import heartbeat
from ops.mongo.collections import collection, control_collection
from ops.outbox import internal
from ops.outbox.delivery import deliver_due
from tests.ops.jobs.conftest import beat_of

if TYPE_CHECKING:
    from redis import Redis

LOOKS = {"worker": jobs.look_at_worker, "beat": jobs.look_at_beat, "queue": jobs.look_at_queue}
LONG_AGO = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _none_yet() -> Iterator[None]:
    control_collection(heartbeats.NAME).delete({})
    yield
    control_collection(heartbeats.NAME).delete({})


@pytest.fixture
def where() -> Whereabouts:
    return whereabouts.from_settings()


@pytest.fixture
def queue() -> Iterator["Redis"]:
    with broker.client(settings.CELERY_BROKER_URL) as client:
        yield client


def lives(*roles: str, since: timedelta = timedelta()) -> None:
    """Write that such processes live."""
    for role in roles:
        heartbeats.alive(role, since=clock.now() - since, now=clock.now())


def came(*legs: str, before: timedelta = timedelta()) -> None:
    """Write that the canary came through."""
    for leg in legs:
        heartbeats.passed(leg, sent_at=clock.now() - before, now=clock.now() - before)


def test_a_job_that_ends_well_again_is_no_longer_failing() -> None:
    with pytest.raises(ValueError, match="secret"), heartbeat("job"):
        raise ValueError("secret")
    failed = beat_of("job")
    failing = [each["_id"] for each in wellbeing.picture().failing()]
    with heartbeat("job"):
        during = beat_of("job")

    assert (failed["error"], failed["runs"], failing) == ("ValueError", 1, ["job"])
    assert "secret" not in str(failed)
    assert (during["error"], during["runs"]) == ("ValueError", 2)
    assert beat_of("job")["error"] is None
    assert beat_of("job")["failed_at"] == failed["failed_at"]
    assert wellbeing.picture().failing() == []


def test_of_two_canaries_in_the_wrong_order_the_later_counts() -> None:
    came("leg")
    last = beat_of("leg")
    came("leg", before=LONG_AGO)

    assert {name: beat_of("leg")[name] for name in ("ok_at", "sent_at")} == {
        name: last[name] for name in ("ok_at", "sent_at")
    }
    assert beat_of("leg")["runs"] == 2


def test_the_outbox_passes_the_canary_on_once_and_keeps_nothing_of_it() -> None:
    now = clock.now()
    for _ in range(3):
        canary.take(sent_at=now - timedelta(seconds=2), now=now)
    waited = collection("email_outbox").find({}, limit=9)

    handled = deliver_due(now=now)

    assert [(each["key"], each["status"]) for each in waited] == [(canary.KEY, internal.INTERNAL)]
    assert handled == 0
    assert collection("email_outbox").find({}, limit=9) == []
    assert (beat_of(canary.OUTBOX)["runs"], beat_of(canary.OUTBOX)["ok_at"]) == (1, now)
    assert beat_of(canary.OUTBOX)["sent_at"] == now - timedelta(seconds=2)


def test_health_says_who_is_absent() -> None:
    alone = wellbeing.probe()
    lives("worker")
    half = wellbeing.probe()
    lives("beat")

    assert (alone, half) == ("no worker and no beat runs", "no beat runs")
    assert wellbeing.probe() is None


def test_health_says_through_what_nothing_comes() -> None:
    lives("worker", "beat", since=LONG_AGO)
    silent = wellbeing.probe()
    came(canary.WORKER)
    half = wellbeing.probe()
    came(canary.OUTBOX)

    assert str(silent).startswith("nothing has come through queue and worker for 3600 s")
    assert str(half).startswith("nothing has come through the outbox for 3600 s")
    assert wellbeing.probe() is None


def test_nothing_is_missed_from_before_worker_and_beat_were_there() -> None:
    came(canary.WORKER, canary.OUTBOX, before=LONG_AGO)
    lives("worker", since=LONG_AGO)
    lives("beat")

    assert wellbeing.probe() is None


def look(name: str, where: Whereabouts) -> tuple[Result, str, str | None, str | None]:
    """Return what doctor says."""
    found = {"worker": jobs.look_at_worker, "beat": jobs.look_at_beat, "queue": jobs.look_at_queue}[name](
        where
    )
    return found.result, "; ".join(found.evidence), found.cause, found.remedy


def test_doctor_says_who_was_never_seen_and_who_is_gone(where: Whereabouts) -> None:
    never = look("worker", where)
    heartbeats.alive("beat", since=clock.now() - LONG_AGO, now=clock.now() - LONG_AGO)
    gone = look("beat", replace(where, mode="production"))

    assert never == (Result.FAILED, "no worker has ever been seen", "the worker was not started", "make run")
    assert gone[0] == Result.FAILED
    assert "was last seen 3600 s ago" in gone[1]
    assert gone[3] == "sudo systemctl status sbd-beat"


def test_doctor_tells_a_worker_that_takes_nothing_from_one_whose_outbox_stands_still(
    where: Whereabouts,
) -> None:
    lives("worker", "beat", since=LONG_AGO)
    idle = look("worker", replace(where, mode="production"))
    came(canary.WORKER)
    outbox = look("worker", replace(where, mode="production"))

    assert idle[0] == outbox[0] == Result.FAILED
    assert idle[2:] == ("the worker lives on and takes no tasks", "sudo systemctl restart sbd-worker")
    assert outbox[2:] == (
        "the delivery of mail does not run, or fails",
        "sudo journalctl -u sbd-worker -n 50",
    )


def test_doctor_names_jobs_that_fail_without_their_words(where: Whereabouts) -> None:
    lives("worker", "beat")
    with pytest.raises(ValueError, match="secret"), heartbeat("families.job"):
        raise ValueError("secret")

    result, evidence, *_rest = look("worker", where)

    assert result == Result.DEGRADED
    assert evidence.endswith("; failing: families.job (ValueError)")


def test_doctor_says_that_all_is_well(where: Whereabouts) -> None:
    lives("worker", "beat")
    came(canary.WORKER, canary.OUTBOX)

    assert [look(name, where)[0] for name in ("worker", "beat", "queue")] == [Result.OK] * 3
    assert look("worker", where)[1].endswith("; the canary came 0 s ago and took 0.0 s")
    assert look("queue", where)[1] == "0 wait in the queue"


def test_doctor_says_that_many_wait_and_that_the_queue_is_away(where: Whereabouts, queue: "Redis") -> None:
    lives("worker")
    queue.lpush(broker.QUEUE, *["tick"] * 60)
    full = look("queue", where)
    away = look("queue", replace(where, broker="redis://127.0.0.1:1/1"))
    with_the_cache = look(
        "queue", replace(where, redis="redis://127.0.0.1:1/0", broker="redis://127.0.0.1:1/1")
    )

    assert full[:2] == (Result.DEGRADED, "60 wait in the queue")
    assert away[:3] == (Result.FAILED, "127.0.0.1:1: connection refused", "the jobs' Redis does not run")
    assert with_the_cache[0] == Result.COULD_NOT_LOOK


def test_beat_holds_its_ticks_back_while_nobody_takes_them(tmp_path: Path, queue: "Redis") -> None:
    scheduler = Scheduler(app=app, schedule_filename=str(tmp_path / "schedule"))
    entry: Any = scheduler.schedule["ops.outbox.deliver"]
    queue.lpush(broker.QUEUE, *["tick"] * (MOST_WAITING - 1))

    lengths = []
    for _ in range(3):
        scheduler.apply_entry(entry, producer=scheduler.producer)
        lengths.append(queue.llen(broker.QUEUE))
    queue.delete(broker.QUEUE)
    scheduler.apply_entry(entry, producer=scheduler.producer)
    scheduler.close()

    assert lengths == [MOST_WAITING] * 3
    assert queue.llen(broker.QUEUE) == 1
