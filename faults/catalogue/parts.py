"""Each part of the system stopped, killed, and frozen by a signal."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from faults.fault import Cure, Fault
from faults.ground import Ground
from faults.part import Part, until

# A process that was killed does not say goodbye: it counts as living for 45 s.
STALE_SECONDS = 50.0


class Kind(NamedTuple):
    """A part, the checks that must name it, the unit that doctor prints, and when its silence is known."""

    name: str
    find: Callable[[Ground], Sequence[Part]]
    expected: tuple[str, ...]
    unit: str
    silent_after: float


KINDS = (
    Kind("the web process", lambda ground: [ground.web], ("port", "process"), "sbd-api", 1.0),
    Kind("the worker", lambda ground: [ground.worker], ("worker", "process"), "sbd-worker", STALE_SECONDS),
    Kind("beat", lambda ground: [ground.beat], ("beat", "process"), "sbd-beat", STALE_SECONDS),
    Kind(
        "the metrics' exporter", lambda ground: [ground.metrics], ("metrics", "process"), "sbd-metrics", 1.0
    ),
    Kind("nginx", lambda ground: [ground.site().part], ("nginx",), "nginx", 1.0),
    Kind("MongoDB, all members", lambda ground: ground.set.parts, ("mongo",), "mongod", 1.0),
    Kind("the cache's Redis", lambda ground: [ground.cache], ("redis",), "redis", 1.0),
    Kind("the jobs' Redis", lambda ground: [ground.broker], ("queue",), "redis", 1.0),
)


def started(kind: Kind) -> Cure:
    """Return the cure that starts them, as a service manager does."""

    def start(ground: Ground, _said: object) -> None:
        for part in kind.find(ground):
            part.thaw()
            part.start(wait=False)
        for part in kind.find(ground):
            until(part.is_ready, what=part.name)

    return start


def _faults(kind: Kind) -> Iterator[Fault]:
    def each(what: Callable[[Part], None]) -> Callable[[Ground], None]:
        def to_all(ground: Ground) -> None:
            for part in kind.find(ground):
                what(part)

        return to_all

    expected = frozenset(kind.expected)
    yield Fault(f"{kind.name}: stopped", expected, each(Part.stop), started(kind), printed=kind.unit)
    yield Fault(
        f"{kind.name}: killed",
        expected,
        each(Part.kill),
        started(kind),
        printed=kind.unit,
        shows_after=kind.silent_after,
    )
    yield Fault(
        f"{kind.name}: frozen by a signal",
        expected,
        each(Part.freeze),
        started(kind),
        printed="kill -CONT",
        shows_after=kind.silent_after,
    )


FAULTS = tuple(fault for kind in KINDS for fault in _faults(kind))
