"""After one caller waited in vain, nobody else does: refuse at once until the database answers again.

Without it, four threads with a dead database keep sixteen callers waiting for twelve seconds.

Source: design, section 2 (server).
"""

import os
import threading
import time
from typing import Any

import pymongo
from django.db import connections
from pymongo import common
from pymongo.errors import PyMongoError
from pymongo.read_preferences import ReadPreference

from ops.errors import DatabaseUnavailableError
from ops.logs import logger
from ops.metrics import database

PROBE_SECONDS = 1.0
PAUSE_SECONDS = 0.25
# How often a caller who waits for a primary looks at the clock. The driver's half a second would carry each
# refusal past its time by as much; there is no option for it.
LOOK_SECONDS = 0.1
common.MIN_HEARTBEAT_INTERVAL = LOOK_SECONDS
log = logger(__name__)


class Breaker:
    """Closed: everything passes. Open: everything is refused, and one thread asks until it may close."""

    def __init__(self) -> None:
        """Start closed."""
        self._lock = threading.Lock()
        self._open_since: float | None = None
        self._last_fault = ""

    def check(self) -> None:
        """Let the caller pass.

        Raises:
            DatabaseUnavailableError: the breaker is open.
        """
        if self._open_since is not None:
            database.errors.inc(database.UNAVAILABLE)
            raise DatabaseUnavailableError

    def trip(self, fault: str = "timeout") -> None:
        """Open, and start the prober; it begins with a look, so a single slow call opens nothing for long."""
        with self._lock:
            if self._open_since is not None:
                return
            self._open_since, self._last_fault = time.monotonic(), fault
            threading.Thread(target=self._probe_until_well, name="mongodb-prober", daemon=True).start()
        log.warning("database connection refused from now on", cause=fault)

    def fault(self) -> str | None:
        """Return what the last probe met; ``None``: the breaker is closed."""
        return None if self._open_since is None else self._last_fault

    def reset(self) -> None:
        """Close in a child after a fork: the prober, and whoever held the lock, are left behind."""
        self._lock = threading.Lock()
        self._open_since = None

    def _probe_until_well(self) -> None:
        while (fault := _fault_of_any_kind()) is not None:
            self._last_fault = fault
            time.sleep(PAUSE_SECONDS)
        with self._lock:
            seconds = time.monotonic() - (self._open_since or 0.0)
            self._open_since = None
        log.info("database connection works again", seconds=round(seconds, 2))


def probe(seconds: float = PROBE_SECONDS) -> str | None:
    """Ask for a writable primary, whatever the breaker says; returns the fault, ``None``: it answered."""
    try:
        with pymongo.timeout(seconds):
            answer = _client().admin.command("hello", read_preference=ReadPreference.PRIMARY)
    except PyMongoError as error:
        return type(error).__name__
    return None if answer.get("isWritablePrimary") else "no writable primary"


def _fault_of_any_kind() -> str | None:
    try:
        return probe()
    except Exception as error:  # a prober that ended would leave the breaker open for ever
        log.exception("database probe failed")
        return type(error).__name__


def _client() -> Any:
    connection = connections["default"]
    connection.ensure_connection()
    return connection.connection


breaker = Breaker()
os.register_at_fork(after_in_child=breaker.reset)


def fault_or_probe() -> str | None:
    """Return what is wrong with the database; while the breaker is open, what its prober met last."""
    return breaker.fault() or probe()
