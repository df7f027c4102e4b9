"""Counting the commands that reach the database, and asking how it carries them out."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.core.signals import request_finished, request_started
from django.db import connection
from pymongo import monitoring

from ops import copies
from ops.redis import store

# What a driver says for itself, and no code asked for.
DRIVERS_OWN = frozenset({"hello", "ping", "endSessions", "killSessions", "abortTransaction"})
SESSION_FIELDS = frozenset(
    {
        *("lsid", "$db", "$clusterTime", "txnNumber", "startTransaction", "autocommit", "maxTimeMS"),
        *("readConcern", "writeConcern", "$readPreference"),
    }
)
# What a plan tells of ways that were not taken.
NOT_TAKEN = frozenset({"rejectedPlans", "allPlansExecution"})

Command = dict[str, Any]
Hearer = Callable[[Command], object]

# Whether this thread serves a request; and whether a test looks at, or prepares, what is stored.
_serves: ContextVar[bool] = ContextVar("serves", default=False)
_looks: ContextVar[bool] = ContextVar("looks", default=False)


class Recorder(monitoring.CommandListener):
    """Passes commands on to whoever hears."""

    def __init__(self) -> None:
        """Begin without a hearer."""
        self.hearers: list[Hearer] = []

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        """Pass the command on."""
        if event.command_name not in DRIVERS_OWN and event.command.get("comment") != copies.COMMENT:
            for hearer in self.hearers:
                hearer(dict(event.command))

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """Let it pass."""

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """Let it pass."""


_recorder = Recorder()


def listen() -> None:
    """Hear every client that is made from now on; clients made before stay unheard."""
    monitoring.register(_recorder)
    request_started.connect(_begin)
    request_finished.connect(_end)


def _begin(**_signal: Any) -> None:
    _serves.set(True)


def _end(**_signal: Any) -> None:
    _serves.set(False)


def is_products(command: Command) -> bool:
    """Tell whether the product sends the command that is being heard: in a request, or in a unit of work.

    Everything else comes from the tests, which look and prepare in the shortest way.
    """
    return not _looks.get() and (_serves.get() or command.get("autocommit") is False)


@contextmanager
def unwatched() -> Iterator[None]:
    """What is sent inside the block is the test's own, also in a request or a transaction."""
    before = _looks.set(True)
    try:
        yield
    finally:
        _looks.reset(before)


@contextmanager
def watched() -> Iterator[None]:
    """What is sent inside the block is the product's, though there is neither request nor unit of work."""
    before = _serves.set(True)
    try:
        yield
    finally:
        _serves.reset(before)


def forget_request() -> None:
    """Take a request for over: one whose answer is not read to its end never says that it is."""
    _serves.set(False)


@contextmanager
def heard_by(hearer: Hearer) -> Iterator[None]:
    """Call ``hearer`` with each command that is sent inside the block, on the thread that sends it."""
    _recorder.hearers.append(hearer)
    try:
        yield
    finally:
        _recorder.hearers.remove(hearer)


@contextmanager
def recorded() -> Iterator[list[Command]]:
    """Return the commands that are sent inside the block, from all threads, in order."""
    heard: list[Command] = []
    with heard_by(heard.append):
        yield heard


# What runs in Redis inside of the script that counts for the limits, and costs no round trip.
IN_SCRIPT = frozenset({"INCR", "TTL", "HINCRBY", "EXPIRE"})


@contextmanager
def redis_recorded() -> Iterator[Counter[str]]:
    """Return how often each Redis command is sent inside the block; known when the block is over."""
    sent: Counter[str] = Counter()
    before = _redis_calls()
    yield sent
    sent.update(_redis_calls() - before)
    sent.subtract({"INFO": 1})  # the look itself
    for name in [name for name, times in sent.items() if not times or name in IN_SCRIPT]:
        del sent[name]


def _redis_calls() -> Counter[str]:
    stats: Any = store().info("commandstats")
    return Counter({name.removeprefix("cmdstat_").upper(): each["calls"] for name, each in stats.items()})


def names(commands: list[dict[str, Any]]) -> list[str]:
    """Return what each command is called."""
    return [next(iter(command)) for command in commands]


def steps(commands: list[Command]) -> list[str]:
    """Return what each command is called, and of which collection, in order."""
    named = ((next(iter(command)), next(iter(command.values()))) for command in commands)
    return [f"{name} {of}" if isinstance(of, str) else name for name, of in named]


def stages(command: Mapping[str, Any]) -> set[str]:
    """Return the stages of the plan by which the server carries out a read; a scan is ``COLLSCAN``."""
    return set(_stages(explained(command)))


def explained(command: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the server tells of how it carries out a command; nothing is written."""
    asked = {name: value for name, value in command.items() if name not in SESSION_FIELDS}
    client: Any = connection.connection
    with unwatched():
        answer: dict[str, Any] = client[command["$db"]].command("explain", asked, verbosity="executionStats")
    return answer


def _stages(plan: Any) -> Iterator[str]:
    if isinstance(plan, Mapping):
        if plan.get("collectionScans"):  # what $lookup says of its own reads
            yield "COLLSCAN"
        if isinstance(plan.get("stage"), str):
            yield plan["stage"]
        for name, inner in plan.items():
            if name not in NOT_TAKEN:
                yield from _stages(inner)
    elif isinstance(plan, list):
        for inner in plan:
            yield from _stages(inner)
