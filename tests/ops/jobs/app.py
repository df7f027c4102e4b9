"""The product's Celery application, with jobs for tests: ``celery -A tests.ops.jobs.app``.

What a worker's children inherit was used before they were forked, since that is where forks go wrong.
"""

import os
import time
from datetime import timedelta

import django
from celery import shared_task

from family_site.celery import LEAST_LIFE, app
from ops import clock

django.setup()

from django.db import connections  # noqa: E402  # needs the set-up

from ops import switches  # noqa: E402
from ops.errors import DatabaseUnavailableError  # noqa: E402
from ops.jobs.heartbeats import heartbeat  # noqa: E402
from ops.mongo.breaker import probe  # noqa: E402
from ops.mongo.collections import collection, control_collection  # noqa: E402
from ops.mongo.unit_of_work import unit_of_work  # noqa: E402
from ops.redis import store, value_of  # noqa: E402
from tests.ops.jobs.names import RUNS  # noqa: E402

__all__ = ["app"]


LONGEST_WAIT_SECONDS = 50.0

connections["default"].settings_dict["NAME"] = os.environ["TESTS_DATABASE"]
app.conf.beat_schedule = {
    name: entry | {"schedule": timedelta(seconds=1), "options": {"expires": LEAST_LIFE.total_seconds()}}
    for name, entry in app.conf.beat_schedule.items()
}


@shared_task(name="tests.note")
def note(name: str) -> None:
    """Note that this has run."""
    with heartbeat("tests.note"):
        _note(name)


@shared_task(name="tests.fail")
def fail() -> None:
    """Raise."""
    with heartbeat("tests.fail"):
        raise ValueError("these words are for the log only")


@shared_task(name="tests.miss")
def miss() -> None:
    """Find no database."""
    with heartbeat("tests.miss"):
        raise DatabaseUnavailableError


@shared_task(name="tests.wait")
def wait(name: str) -> None:
    """Note that this has begun, wait until it is allowed to end, and note that."""
    with heartbeat("tests.wait"):
        _note(name)
        until = time.monotonic() + LONGEST_WAIT_SECONDS
        while not (allowed := control_collection(RUNS).find_one({"_id": f"{name} may end"})):
            assert time.monotonic() < until
            time.sleep(0.05)
        time.sleep(max(0.0, allowed["at"] - time.time()))
        _note(f"{name} ended")


@shared_task(name="tests.use_all")
def use_all(name: str) -> None:
    """Use everything that has a connection, a thread or a lock."""
    with heartbeat("tests.use_all"):
        _note(f"{name}: {_used()}")


def _note(name: str) -> None:
    change = {"$inc": {"times": 1}, "$push": {"pids": os.getpid()}}
    control_collection(RUNS).update({"_id": name}, change, upsert=True)


def _used() -> str:
    until = time.monotonic() + LONGEST_WAIT_SECONDS
    while switches.current() is None and time.monotonic() < until:
        time.sleep(0.02)  # its thread reads for the first time
    store().set("tests:used", b"1")
    _write()
    found = [value_of("tests:used"), probe(), switches.current() is not None]
    return f"{found} {connections['default'].connection is _client_at_start}"


@unit_of_work()
def _write() -> None:
    collection("job_used").update({"_id": "used"}, {"$set": {"at": clock.now()}}, upsert=True)


_client_at_start = None
_used()
_client_at_start = connections["default"].connection
