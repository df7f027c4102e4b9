"""Counting the commands that reach the database, and asking how it carries them out."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import connection
from pymongo import monitoring

# What a driver says for itself, and no code asked for.
DRIVERS_OWN = frozenset({"hello", "ping", "endSessions", "killSessions", "abortTransaction"})
SESSION_FIELDS = frozenset(
    {"lsid", "$db", "$clusterTime", "txnNumber", "startTransaction", "autocommit", "maxTimeMS", "readConcern"}
)


class Recorder(monitoring.CommandListener):
    """Writes commands down while somebody listens."""

    def __init__(self) -> None:
        """Begin without a listener."""
        self.listeners: list[list[dict[str, Any]]] = []

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        """Write the command down."""
        if event.command_name not in DRIVERS_OWN:
            for listener in self.listeners:
                listener.append(dict(event.command))

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """Let it pass."""

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """Let it pass."""


_recorder = Recorder()


def listen() -> None:
    """Hear every client that is made from now on; clients made before stay unheard."""
    monitoring.register(_recorder)


@contextmanager
def recorded() -> Iterator[list[dict[str, Any]]]:
    """Return the commands that are sent inside the block, from all threads, in order."""
    heard: list[dict[str, Any]] = []
    _recorder.listeners.append(heard)
    try:
        yield heard
    finally:
        _recorder.listeners.remove(heard)


def names(commands: list[dict[str, Any]]) -> list[str]:
    """Return what each command is called."""
    return [next(iter(command)) for command in commands]


def stages(command: Mapping[str, Any]) -> set[str]:
    """Return the stages of the plan by which the server carries out a read; a scan is ``COLLSCAN``."""
    asked = {name: value for name, value in command.items() if name not in SESSION_FIELDS}
    database: Any = connection.database  # type: ignore[attr-defined]  # the engine's
    plan = database.command("explain", asked, verbosity="executionStats")
    return set(_stages(plan))


def _stages(plan: Any) -> Iterator[str]:
    if isinstance(plan, Mapping):
        if plan.get("collectionScans"):  # what $lookup says of its own reads
            yield "COLLSCAN"
        if isinstance(plan.get("stage"), str):
            yield plan["stage"]
        for inner in plan.values():
            yield from _stages(inner)
    elif isinstance(plan, list):
        for inner in plan:
            yield from _stages(inner)
