"""A real worker with two children and a real beat, and what may happen to them and to their Redis."""

import os
import signal
import time
from collections.abc import Callable

import psutil
import pytest

from ops import clock
from ops.jobs import broker, canary, heartbeats
from ops.mongo.collections import Document, collection, control_collection
from tests.factories import Person, new_family, new_invitation
from tests.faults.conftest import Server, until
from tests.ops.jobs.conftest import Site, beat_of, run, runs
from tests.ops.jobs.names import RUNS


def may_end(*names: str) -> None:
    """Let jobs that wait end; several of them at one moment."""
    at = time.time() + (1 if len(names) > 1 else 0)
    control_collection(RUNS).insert(*({"_id": f"{name} may end", "at": at} for name in names))


def told(site: Site, words: str) -> int:
    """Return in how many of its lines the worker has said this."""
    return sum(words in each["event"] for each in site.events("worker"))


def status_of(invitation: Document) -> str:
    """Return the state of an invitation now."""
    found = collection("family_invitations").find_one({"_id": invitation["_id"]}) or {}
    return str(found.get("status"))


def takes_tasks(site: Site, name: str) -> bool:
    """Send a task, and wait until it was done."""
    site.send("tests.note", name)
    until(lambda: runs(name))
    return True


def ends_when_asked(site: Site, name: str) -> None:
    """Ask a process to end, and see that it has said so."""
    process = site.processes[name]
    process.terminate()
    process.wait()
    assert process.pid not in {each.get("pid") for each in heartbeats.every() if "role" in each}


def canary_comes_again() -> bool:
    """Wait until beat has sent a canary after this moment, and it has come through all."""
    began = clock.now()
    until(lambda: beat_of(canary.OUTBOX).get("sent_at", began) > began)
    return True


def test_a_task_runs_and_leaves_its_heartbeat(site: Site) -> None:
    began = clock.now()

    site.send("tests.note", "once")
    until(lambda: beat_of("tests.note").get("ok_at"))

    beat = beat_of("tests.note")
    assert beat.keys() == {"_id", "runs", "started_at", "ok_at", "error", "host", "pid"}
    assert (beat["runs"], beat["error"]) == (1, None)
    assert began <= beat["started_at"] <= beat["ok_at"]
    assert [beat["pid"]] == (run("once") or {})["pids"]
    assert beat["pid"] in {child.pid for child in site.worker.children()}


def test_a_job_that_raises_is_recorded_and_logged_once(site: Site) -> None:
    task = site.send("tests.fail")
    until(lambda: beat_of("tests.fail").get("failed_at"))
    takes_tasks(site, "after a failure")

    assert beat_of("tests.fail")["error"] == "ValueError"
    assert "ok_at" not in beat_of("tests.fail")
    logged = [each for each in site.events("worker") if each["level"] == "ERROR"]
    assert [(each["event"], each["job"], each["request_id"]) for each in logged] == [
        ("job failed", "tests.fail", task)
    ]
    assert "these words are for the log only" in logged[0]["exception"]


def test_a_database_that_is_away_is_no_error_of_the_job(site: Site) -> None:
    site.send("tests.miss")
    until(lambda: beat_of("tests.miss").get("failed_at"))

    logged = [each for each in site.events("worker") if each.get("job") == "tests.miss"]
    assert [(each["event"], each["level"]) for each in logged] == [
        ("job put off, the database is away", "WARNING")
    ]
    assert "exception" not in logged[0]


def test_the_canary_goes_through_queue_worker_and_outbox(site: Site) -> None:
    assert canary_comes_again()

    for leg in (canary.WORKER, canary.OUTBOX):
        assert beat_of(leg)["sent_at"] <= beat_of(leg)["ok_at"]
    assert (
        beat_of("beat:" + beat_of(canary.WORKER)["host"] + f":{site.processes['beat'].pid}")["role"] == "beat"
    )


def test_what_children_inherit_is_made_anew_in_each(site: Site) -> None:
    """MongoDB's client, both ways to Redis, the switches' thread, the breaker: all used before the fork."""
    names = [f"fork {number}" for number in range(6)]
    for name in names:
        site.send("tests.use_all", name)

    well = [f"{name}: [b'1', None, True] False" for name in names]
    until(lambda: all(run(each) for each in well))

    assert not any("fork" in str(each) and each["level"] != "INFO" for each in site.events("worker"))


@pytest.mark.long
def test_two_workers_and_doubled_ticks_do_no_harm(site: Site, person: Person) -> None:
    family = new_family(person)
    overdue = new_invitation(family["_id"], person, "late@example.com", now=clock.now().replace(year=2020))
    site.start(other=("worker", "--hostname", "other@%h"))

    for _ in range(20):
        site.send("families.invitations.expire")
        site.send("ops.outbox.deliver")
    until(
        lambda: (
            (collection("family_invitations").find_one({"_id": overdue["_id"]}) or {})["status"] == "expired"
        )
    )
    until(lambda: broker.waiting(site.broker) == 0)
    assert canary_comes_again()
    ends_when_asked(site, "other")

    assert len(collection("audit_log").find({"action": "invitation.expired"}, limit=9)) == 1
    assert beat_of("families.invitations.expire")["error"] is None
    assert beat_of("ops.outbox.deliver")["error"] is None


def killed(redis: Server, _site: Site) -> None:
    """Lose all that was in it."""
    redis.kill()
    redis.come_back()


def hung(redis: Server, site: Site) -> None:
    """Answer nothing, until the worker has noticed and cannot connect again."""
    noticed = len(site.events("worker"))
    redis.hang()
    until(lambda: len(site.events("worker")) > noticed)
    redis.come_back()


def emptied(redis: Server, _site: Site) -> None:
    """Forget the queue, and what Celery remembers of it."""
    broker.client(broker.beside(redis.address)).flushall()


def disconnected(redis: Server, _site: Site) -> None:
    """Close every connection."""
    broker.client(redis.address).client_kill_filter(_type="normal")


def refusing(redis: Server, site: Site) -> None:
    """Be a replica for a while, and refuse all writes, until the worker has noticed."""
    noticed = len(site.events("worker"))
    client = broker.client(redis.address)
    client.replicaof("127.0.0.1", "1")
    until(lambda: len(site.events("worker")) > noticed)
    client.replicaof("NO", "ONE")


@pytest.mark.parametrize(
    "happens",
    [
        pytest.param(killed, marks=pytest.mark.long),
        pytest.param(hung, marks=pytest.mark.long),
        emptied,
        disconnected,
        refusing,
    ],
)
def test_whatever_happens_to_redis_tasks_are_taken_again(
    site: Site, happens: Callable[[Server, Site], None]
) -> None:
    happens(site.redis, site)

    assert takes_tasks(site, f"after it was {happens.__name__}")
    assert canary_comes_again()


@pytest.mark.long
def test_a_worker_that_lost_redis_while_it_was_full_takes_tasks_again(site: Site) -> None:
    """As Celery comes, it would hold these two for ever, and never listen again."""
    for name in ("first", "second"):
        site.send("tests.wait", name)
    until(lambda: runs("first") and runs("second"))
    before = told(site, "Couldn't ack")

    site.redis.kill()
    may_end("first", "second")  # the worker ends what still runs when it cannot acknowledge the first
    until(lambda: runs("first ended") and runs("second ended"))
    until(lambda: told(site, "Couldn't ack") > before)
    site.redis.come_back()

    assert takes_tasks(site, "after the worker was full")
    assert canary_comes_again()


def test_a_task_whose_child_is_killed_is_done_again(site: Site) -> None:
    site.send("tests.wait", "task")
    until(lambda: runs("task"))
    (first,) = (run("task") or {})["pids"]

    os.kill(first, signal.SIGKILL)
    until(lambda: runs("task") == 2)
    may_end("task")
    until(lambda: runs("task ended"))

    assert (run("task ended") or {})["times"] == 1
    assert (run("task") or {})["pids"][1] != first
    assert takes_tasks(site, "after a child was killed")


def test_nothing_is_left_of_a_worker_that_is_killed_nor_of_a_beat_that_is_asked_to_end(site: Site) -> None:
    children = site.worker.children()

    site.worker.kill()
    site.processes["worker"].wait()
    ends_when_asked(site, "beat")

    assert len(children) == 2
    until(lambda: not any(is_at_work(child) for child in children))


def is_at_work(process: psutil.Process) -> bool:
    """Tell whether a process still runs; one that nobody has collected yet does not."""
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
