"""Heartbeats: of each job when it last ran and how that ended; of each process that it lives.

In ``heartbeats`` of the control database. A job's ``_id`` is its name: ``started_at, ok_at, failed_at, error,
runs``, and ``host, pid`` of its last run. A process' ``_id`` is role, host and pid: ``role, host, pid, since,
seen_at``, the fingerprints of its ``keys``, and how many tokens it has ``rejected`` of late, by reason.
"""

import contextlib
import os
import socket
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pymongo
from pymongo.errors import PyMongoError

from ops import clock, deadline, keys, rejections
from ops.errors import DatabaseUnavailableError
from ops.logs import logger
from ops.maintenance.errors import MaintenanceError
from ops.metrics import jobs, processes
from ops.mongo import faults
from ops.mongo.collections import Document, control_collection
from ops.read_only.errors import ReadOnlyError

NAME = "heartbeats"
SECONDS = 2.0
# Below the worker's own limit, which interrupts.
JOB_SECONDS = 45.0
MOST = 1000
log = logger(__name__)


@contextlib.contextmanager
def heartbeat(name: str) -> Iterator[None]:
    """Record that a job runs, and how it ends; its exception is logged, recorded and raised on.

    A database that is away is no fault of the job: the next tick does its work. What works in batches ends
    by itself before the worker would end it.
    """
    began, outcome = time.monotonic(), jobs.FAILED
    try:
        _write(name, {"$set": {"started_at": clock.now(), **_here()}, "$inc": {"runs": 1}})
        with deadline.within(JOB_SECONDS):
            yield
        _write(name, {"$set": {"ok_at": clock.now(), "error": None}})
        outcome = jobs.OK
    except ReadOnlyError:  # on purpose, so no failure that anybody should look into
        outcome = jobs.PUT_OFF
        log.info("job put off, changes are closed", job=name)
        raise
    except Exception as error:
        if isinstance(error, DatabaseUnavailableError) or faults.is_unavailable(error):
            outcome = jobs.PUT_OFF
            log.warning("job put off, the database is away", job=name, cause=type(error).__name__)
        elif isinstance(error, MaintenanceError):
            outcome = jobs.PUT_OFF
            log.info("job put off for maintenance", job=name)
        else:
            log.exception("job failed", job=name)
        # Only its kind: the words of an exception may hold an address.
        with contextlib.suppress(DatabaseUnavailableError, PyMongoError):
            _write(name, {"$set": {"failed_at": clock.now(), "error": type(error).__name__}})
        raise
    finally:
        jobs.note(name, outcome, time.monotonic() - began, now=clock.now().timestamp())
        processes.tell()


def passed(name: str, *, sent_at: datetime, now: datetime) -> None:
    """Record that something which was sent at a time has come through; the latest counts, in any order."""
    latest = {"$max": {"ok_at": now, "sent_at": sent_at}}
    _write(name, {**latest, "$set": _here(), "$inc": {"runs": 1}})


def alive(role: str, *, since: datetime, now: datetime, stands_still: str | None = None) -> None:
    """Record that this process lives, which keys it has, and what it refused of late.

    ``stands_still``: the time of maintenance (``ops.maintenance.mode.standing``) that it confirms.
    """
    told = {"stands_still": stands_still, "keys": keys.fingerprints(), "rejected": rejections.recent()}
    _write(_process(role), {"$set": {"role": role, **_here(), "since": since, "seen_at": now, **told}})


def ended(role: str, *, forgotten: datetime) -> None:
    """Forget this process, and those of its role that were last seen before ``forgotten``."""
    with pymongo.timeout(SECONDS):
        control_collection(NAME).delete(
            {"$or": [{"_id": _process(role)}, {"role": role, "seen_at": {"$lt": forgotten}}]}
        )


def named(process: Document) -> str:
    """Return what people call a process."""
    return f"{process['role']} {process['pid']} on {process['host']}"


def every() -> list[Document]:
    """Return the heartbeats of all jobs and processes: a few dozen."""
    return control_collection(NAME).find({}, sort=[("_id", 1)], limit=MOST)


def _write(name: str, change: dict[str, Any]) -> None:
    with pymongo.timeout(SECONDS):
        control_collection(NAME).update({"_id": name}, change, upsert=True)


def _process(role: str) -> str:
    return f"{role}:{socket.gethostname()}:{os.getpid()}"


def _here() -> dict[str, Any]:
    return {"host": socket.gethostname(), "pid": os.getpid()}
