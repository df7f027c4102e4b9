"""One fault is one cause: what follows from it stands beneath it, and nobody innocent is named."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import override_settings

from ops import clock
from ops.doctor import registry, runner
from ops.doctor.check import Check, Examination, Finding, Result, explained
from ops.doctor.checks import jobs
from ops.doctor.whereabouts import Whereabouts
from ops.jobs import broker, canary, heartbeats
from ops.mongo.collections import control_collection
from ops.outbox.server import MailServer, Security
from tests.factories import Person, new_family, new_invitation
from tests.mailbox import mailbox
from tests.ops.outbox.queued import queued

LONG = timedelta(minutes=20)
LOOKED_AT = ("redis", "maintenance", "smtp", "beat", "queue", "worker", "outbox", "audit", "invitations")
NO_BROKER = "redis://127.0.0.1:1/1"


@pytest.fixture(autouse=True)
def _none_yet() -> Iterator[None]:
    control_collection(heartbeats.NAME).delete({})
    yield
    control_collection(heartbeats.NAME).delete({})


@pytest.fixture(autouse=True)
def _mail() -> Iterator[None]:
    with mailbox():
        yield


@pytest.fixture
def late(person: Person) -> None:
    """Work that nobody has done: a mail to send, an invitation to expire, audit entries to seal."""
    queued("ada", now=clock.now() - LONG)
    family = new_family(person)
    new_invitation(family["_id"], person, "late@example.com", now=clock.now() - timedelta(days=7) - LONG)


def lives(*roles: str) -> None:
    for role in roles:
        heartbeats.alive(role, since=clock.now() - LONG, now=clock.now())


def vanished(*roles: str) -> None:
    for role in roles:
        heartbeats.alive(role, since=clock.now() - LONG, now=clock.now() - LONG / 2)


def came(*legs: str) -> None:
    for leg in legs:
        heartbeats.passed(leg, sent_at=clock.now(), now=clock.now())


def examined(where: Whereabouts) -> list[Examination]:
    return runner.run([each for each in registry.checks() if each.name in LOOKED_AT], where)


def causes(found: list[Examination]) -> list[str]:
    return [each.check.name for each in found if each.finding.result != Result.OK and not each.explained_by]


def symptoms(found: list[Examination]) -> dict[str, tuple[str, ...]]:
    return {each.check.name: each.explained_by for each in found if each.explained_by}


def test_every_cause_that_a_check_may_name_is_entered_before_it() -> None:
    names = [each.name for each in registry.checks(deep=True)]

    for cause, symptom in (
        ("beat", "worker"),
        ("queue", "worker"),
        ("smtp", "worker"),
        ("worker", "outbox"),
        ("maintenance", "beat"),
        ("worker", "audit"),
        ("mongo_primary", "replication_lag"),
        ("schema", "slow_ops"),
        ("slow_ops", "beat"),
        ("counts", "references"),
        ("ledger", "ledger_deep"),
        ("audit", "audit_deep"),
        ("jwt", "auth"),
        ("clock", "beat"),
        ("clock", "two_factor"),
        ("process", "beat"),
        ("schema", "merchant"),
    ):
        assert names.index(cause) < names.index(symptom)


@pytest.mark.usefixtures("late")
def test_a_beat_that_is_stopped(where: Whereabouts) -> None:
    lives("worker")

    found = examined(where)

    assert causes(found) == ["beat"]
    assert symptoms(found) == dict.fromkeys(("outbox", "audit", "invitations"), ("beat",))


@pytest.mark.usefixtures("late")
def test_a_worker_that_is_stopped_while_the_queue_fills(where: Whereabouts) -> None:
    lives("beat")
    with broker.client(settings.CELERY_BROKER_URL) as client:
        client.lpush(broker.QUEUE, *["tick"] * 80)
        found = examined(where)
        client.delete(broker.QUEUE)

    assert causes(found) == ["worker"]
    assert symptoms(found) == dict.fromkeys(("outbox", "audit", "invitations"), ("worker",))


def test_a_worker_that_hangs_while_the_queue_fills(where: Whereabouts) -> None:
    lives("beat", "worker")
    with broker.client(settings.CELERY_BROKER_URL) as client:
        client.lpush(broker.QUEUE, *["tick"] * 80)
        found = examined(where)
        client.delete(broker.QUEUE)

    assert causes(found) == ["worker"]


@pytest.mark.usefixtures("late")
def test_a_queue_whose_server_is_dead(where: Whereabouts) -> None:
    lives("beat", "worker")

    found = examined(replace(where, broker=NO_BROKER))

    assert causes(found) == ["queue"]
    undone = dict.fromkeys(("outbox", "audit", "invitations"), ("queue", "worker"))
    assert symptoms(found) == {"worker": ("queue",), **undone}


def test_a_queue_in_the_same_server_as_the_cache(where: Whereabouts) -> None:
    lives("beat", "worker")

    found = examined(replace(where, redis="redis://127.0.0.1:1/0", broker=NO_BROKER))

    assert causes(found) == ["redis"]
    assert symptoms(found) == {"queue": ("redis",), "worker": ("redis",)}


def test_a_mail_server_that_is_away(where: Whereabouts) -> None:
    lives("beat", "worker")
    came(canary.WORKER, canary.OUTBOX)
    queued("ada", now=clock.now() - LONG)
    with override_settings(MAIL_SERVER=MailServer(Security.NONE, "127.0.0.1", 1)):
        found = examined(where)

    assert causes(found) == ["smtp"]
    assert symptoms(found) == {"outbox": ("smtp",)}


def test_a_queue_that_is_long_because_its_worker_is_slow(where: Whereabouts) -> None:
    lives("beat", "worker")
    came(canary.WORKER, canary.OUTBOX)
    with broker.client(settings.CELERY_BROKER_URL) as client:
        client.lpush(broker.QUEUE, *["tick"] * 60)
        found = jobs.look_at_queue(where)
        client.delete(broker.QUEUE)

    assert (found.result, found.evidence) == (Result.DEGRADED, ("60 wait in the queue",))
    assert found.cause == "the worker takes them too slowly"


def test_when_all_are_silent_at_once_something_holds_their_writes(where: Whereabouts) -> None:
    vanished("worker", "beat")
    both = jobs.look_at_worker(where)
    lives("beat")

    assert both.due_to == ("clock", "queue", "redis", "mongo", "mongo_primary", "slow_ops", "pool", "process")
    assert jobs.look_at_worker(where).due_to == ("clock", "queue", "redis", "process")


def test_a_job_that_fails_is_explained_by_what_it_needs() -> None:
    def check(name: str, result: Result, due_to: tuple[str, ...] = ()) -> tuple[Check, Finding]:
        finding = Finding(result, ("seen",), "because", "do this", due_to)
        return Check(name, 1, name, lambda _: finding, 1.0), finding

    found = explained(
        [check("disk", Result.FAILED), check("worker", Result.DEGRADED, ("disk", "mongo", "smtp"))]
    )

    assert [(each.check.name, each.explained_by) for each in found] == [("disk", ()), ("worker", ("disk",))]
