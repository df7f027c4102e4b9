"""Counting what the driver does: commands by collection, faults by reason, connections of the pool."""

import os
import threading
from typing import Any

from django.apps import apps
from pymongo import monitoring

from ops.metrics import database
from ops.mongo import faults
from ops.mongo.indexes import declared

MICROSECONDS = 1_000_000
# Without model and index: those of the control database, and one of a fixed number of documents.
UNDECLARED = frozenset(
    {
        "email_flow",
        *("heartbeats", "switches", "deployments", "backups", "profiling"),
        *("chain_heads", "ledger_checks"),
    }
)
# The server's codes of losing to another writer, or against a unique index.
CONFLICT_CODES = frozenset({112, 11000})
_WAITED_IN_VAIN = monitoring.ConnectionCheckOutFailedReason.TIMEOUT
TIMEOUT_TYPES = frozenset({"NetworkTimeout", "ExecutionTimeout", "WaitQueueTimeoutError"})


class _Known:
    """The collections that there are; anything else is ``other``."""

    def __init__(self) -> None:
        self._names: frozenset[str] = frozenset()

    def named(self, name: object) -> str:
        if not isinstance(name, str):
            return database.NONE
        if name in self._names:
            return name
        if not self._names and apps.models_ready:
            stored = {model._meta.db_table for model in apps.get_models()}  # noqa: SLF001  # Django's documented way
            self._names = UNDECLARED | stored | declared().keys()
            return self.named(name)
        return database.OTHER


known = _Known()


class Commands(monitoring.CommandListener):
    """Hears of every command; one thread has one command under way at a time."""

    def __init__(self) -> None:
        """Begin."""
        self._of_thread = threading.local()

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        """Remember which collection it is about; what ends it does not say so."""
        command = event.command
        name = event.command_name
        self._of_thread.collection = command.get("collection" if name == "getMore" else name)

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """Note its time."""
        self._note(event)

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """Note its time, and what failed."""
        self._note(event)
        database.errors.inc(_reason(event.failure))

    def _note(self, event: Any) -> None:
        collection = known.named(getattr(self._of_thread, "collection", None))
        database.duration.observe(event.duration_micros / MICROSECONDS, collection, event.command_name)


def _reason(failure: Any) -> str:
    code, kind = failure.get("code"), failure.get("errtype")
    if code in CONFLICT_CODES:
        return database.CONFLICT
    if code in faults.TIMEOUT_CODES or kind in TIMEOUT_TYPES:
        return database.TIMEOUT
    # What the driver met by itself, on the way, has no code.
    return database.UNAVAILABLE if code in faults.AWAY_CODES or code is None else database.OTHER


class Connections(monitoring.ConnectionPoolListener):
    """Hears of the pool's connections, several times for each command: so it only adds, and tells later."""

    def __init__(self) -> None:
        """Begin with none."""
        self._lock = threading.Lock()
        self._open = self._used = 0

    def tell(self) -> None:
        """Tell the metrics how it stands."""
        with self._lock:
            used, opened = self._used, self._open
        database.connections.set(used, database.IN_USE)
        database.connections.set(max(0, opened - used), database.IDLE)

    def reset(self) -> None:
        """Begin anew in a child after a fork: it has none of its parent's connections."""
        self._lock = threading.Lock()
        self._open = self._used = 0

    def connection_created(self, event: monitoring.ConnectionCreatedEvent) -> None:  # noqa: ARG002  # the driver's
        """Count it."""
        with self._lock:
            self._open += 1

    def connection_closed(self, event: monitoring.ConnectionClosedEvent) -> None:  # noqa: ARG002  # the driver's
        """Count it no more."""
        with self._lock:
            self._open -= 1

    def connection_checked_out(self, event: monitoring.ConnectionCheckedOutEvent) -> None:  # noqa: ARG002  # as above
        """Count it as used."""
        with self._lock:
            self._used += 1

    def connection_checked_in(self, event: monitoring.ConnectionCheckedInEvent) -> None:  # noqa: ARG002  # as above
        """Count it as free."""
        with self._lock:
            self._used -= 1

    def connection_check_out_failed(self, event: monitoring.ConnectionCheckOutFailedEvent) -> None:
        """Count why there was none."""
        database.checkout_failures.inc(event.reason)
        database.errors.inc(database.POOL if event.reason == _WAITED_IN_VAIN else database.UNAVAILABLE)

    def connection_check_out_started(self, event: monitoring.ConnectionCheckOutStartedEvent) -> None:
        """Let it pass."""

    def connection_ready(self, event: monitoring.ConnectionReadyEvent) -> None:
        """Let it pass."""

    def pool_created(self, event: monitoring.PoolCreatedEvent) -> None:
        """Let it pass."""

    def pool_ready(self, event: monitoring.PoolReadyEvent) -> None:
        """Let it pass."""

    def pool_cleared(self, event: monitoring.PoolClearedEvent) -> None:
        """Let it pass."""

    def pool_closed(self, event: monitoring.PoolClosedEvent) -> None:
        """Let it pass."""


commands, pool = Commands(), Connections()
os.register_at_fork(after_in_child=pool.reset)
