"""The records, in ``deployments`` of the control database.

One for each start of a unit: ``at, role, host, version, commit, built_at, by``, ``settings`` (a digest of
each value), and ``of``, which names the master and the commit: workers that a master starts later add none,
unless they are of another release. Its ``_id`` begins with the time, so that they lie in order of it.
"""

import multiprocessing
import os
import socket
import threading
from datetime import datetime

import psutil
import pymongo
from django.conf import settings
from pymongo.errors import PyMongoError

from ops import clock
from ops.actors import Actor
from ops.deployments import release
from ops.errors import DatabaseUnavailableError
from ops.logs import logger
from ops.mongo.collections import Document, control_collection

NAME = "deployments"
KEPT = 500
WORKERS = 64
# Workers that start together make one record.
TOGETHER_SECONDS = 10
SECONDS = 2.0
# Set by systemd in all that it starts.
INVOCATION = "INVOCATION_ID"
NOT_LOGGED = ("at", "settings")
log = logger(__name__)


def record_in_background(role: str) -> None:
    """Record that this process has started, without holding it up."""
    # A worker of the web server belongs to the unit whose master was started.
    master = os.getppid() if multiprocessing.parent_process() is not None else os.getpid()
    threading.Thread(target=record_start, args=(role, master), name="record-start", daemon=True).start()


def record_start(role: str, master: int) -> None:
    """Record that a unit was started; a database that is away keeps nobody from starting, and no record.

    Args:
        role: what the unit is (``ops.process``).
        master: the process that was started, of which this may be a child.
    """
    told = _told(role)
    log.info("started", **{name: value for name, value in told.items() if name not in NOT_LOGGED})
    told["of"] = f"{role} {master} {int(psutil.Process(master).create_time())} {told['commit']}"
    identifier = f"{_together(told['at'])} {told['host']} {told['of']}"
    try:
        with pymongo.timeout(SECONDS):
            if any((each["of"], each["host"]) == (told["of"], told["host"]) for each in latest(WORKERS)):
                return
            records = control_collection(NAME)
            records.update({"_id": identifier}, {"$setOnInsert": told}, upsert=True)
            records.delete({"_id": {"$lt": latest(KEPT)[-1]["_id"]}})
    except (DatabaseUnavailableError, PyMongoError) as error:
        log.warning("start not recorded", cause=type(error).__name__)


def latest(most: int) -> list[Document]:
    """Return the newest records, the newest first."""
    return control_collection(NAME).find({}, sort=[("_id", -1)], limit=most)


def _together(at: datetime) -> str:
    return at.replace(second=at.second // TOGETHER_SECONDS * TOGETHER_SECONDS, microsecond=0).isoformat()


def _told(role: str) -> Document:
    running = release.current()
    return {
        "at": clock.now(),
        "role": role,
        "host": socket.gethostname(),
        "version": running.version,
        "commit": running.commit,
        "built_at": running.built_at,
        "by": "systemd" if INVOCATION in os.environ else Actor.shell().id,
        "settings": settings.SETTINGS_DIGESTS,
    }
