"""E11, E15: the requests of the last while by minute, as their lines in the log tell of them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ops.bundle.drawing import chart
from ops.bundle.scene import Scene
from ops.bundle.wording import share, table
from ops.logs.errors import BAD

MINUTE = timedelta(minutes=1)
SHOWN = 30
MOST, MIDDLE = 0.95, 0.5
CLIENTS, SERVERS = 400, 500
NONE = "no line of a request"


@dataclass
class Minute:
    """What a minute's lines tell."""

    requests: int = 0
    clients: int = 0
    servers: int = 0
    errors: int = 0
    ms: list[float] = field(default_factory=list)


def rates(scene: Scene) -> str:
    """Return requests and errors of each minute."""
    rows = [
        (
            f"{at:%H:%M}",
            each.requests,
            each.clients,
            each.servers,
            share(each.servers, each.requests),
            each.errors,
        )
        for at, each in _minutes(scene).items()
    ]
    return table(("minute, UTC", "requests", "4xx", "5xx", "of all", "ERROR lines"), rows, none=NONE)


def rates_drawn(scene: Scene) -> str:
    """Return the same as a chart."""
    minutes = _minutes(scene)
    lines = {
        "requests": {at: each.requests for at, each in minutes.items()},
        "4xx": {at: each.clients for at, each in minutes.items()},
        "5xx": {at: each.servers for at, each in minutes.items()},
        "ERROR lines": {at: each.errors for at, each in minutes.items()},
    }
    return _drawn(scene, "Requests and errors a minute", lines, unit="a minute")


def codes(scene: Scene) -> str:
    """Return which route answered how with an error, and how often."""
    counted = Counter(
        (f"{event.get('method')} {event.get('route')}", event.get("status"), event.get("error") or "-")
        for _, event in scene.lines().events()
        if event.get("event") == "request" and _status(event) >= CLIENTS
    )
    rows = ((number, *what) for what, number in counted.most_common(SHOWN))
    return table(("times", "route", "status", "code"), rows)


def times(scene: Scene) -> str:
    """Return how long answers took in each minute, in milliseconds."""
    rows = [
        (f"{at:%H:%M}", len(each.ms), *(f"{_quantile(each.ms, part):.1f}" for part in (MIDDLE, MOST, 1.0)))
        for at, each in _minutes(scene).items()
        if each.ms
    ]
    return table(("minute, UTC", "requests", "half within", "95 % within", "longest"), rows, none=NONE)


def times_drawn(scene: Scene) -> str:
    """Return the same as a chart."""
    minutes = {at: each for at, each in _minutes(scene).items() if each.ms}
    lines = {
        "half within": {at: _quantile(each.ms, MIDDLE) for at, each in minutes.items()},
        "95 % within": {at: _quantile(each.ms, MOST) for at, each in minutes.items()},
    }
    return _drawn(scene, "Response times", lines, unit="ms")


def routes(scene: Scene) -> str:
    """Return how long answers of each route took, the slowest first."""
    by_route: dict[str, list[float]] = defaultdict(list)
    for _, event in scene.lines().events():
        if event.get("event") == "request" and isinstance(ms := event.get("ms"), int | float):
            by_route[f"{event.get('method')} {event.get('route')}"].append(ms)
    slowest = sorted(by_route.items(), key=lambda each: -_quantile(each[1], MOST))[:SHOWN]
    rows = [
        (route, len(ms), *(f"{_quantile(ms, part):.1f}" for part in (MIDDLE, MOST, 1.0)))
        for route, ms in slowest
    ]
    return table(("route", "requests", "half within, ms", "95 % within", "longest"), rows, none=NONE)


def _minutes(scene: Scene) -> dict[datetime, Minute]:
    found: dict[datetime, Minute] = defaultdict(Minute)
    for line, event in scene.lines().events():
        if line.at is None:
            continue
        minute = line.at.replace(second=0, microsecond=0)
        if event.get("level") in BAD:
            found[minute].errors += 1
        if event.get("event") == "request":
            _count(found[minute], event)
    return dict(sorted(found.items()))


def _count(minute: Minute, event: Mapping[str, object]) -> None:
    status = _status(event)
    minute.requests += 1
    minute.clients += CLIENTS <= status < SERVERS
    minute.servers += status >= SERVERS
    if isinstance(ms := event.get("ms"), int | float):
        minute.ms.append(ms)


def _status(event: Mapping[str, object]) -> int:
    status = event.get("status")
    return status if isinstance(status, int) else 0


def _quantile(values: Iterable[float], part: float) -> float:
    """Return the value that this part of all does not exceed."""
    ordered: Sequence[float] = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def _drawn(scene: Scene, title: str, lines: Mapping[str, Mapping[datetime, float]], *, unit: str) -> str:
    first, whole = scene.since, max(MINUTE, scene.now - scene.since)
    points = {
        name: [(min(1.0, max(0.0, (at - first) / whole)), value) for at, value in values.items()]
        for name, values in lines.items()
    }
    across = [f"{first + whole * part / 4:%H:%M}" for part in range(5)]
    return chart(f"{title}, {first:%Y-%m-%d} UTC", points, across=across, unit=unit)
