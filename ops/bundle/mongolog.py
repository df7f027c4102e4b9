"""E04: MongoDB's log, with types in place of the values of what was asked: those may be anybody's words."""

import json
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from operator import itemgetter
from pathlib import Path
from typing import Any

from pymongo.errors import PyMongoError

from ops.bundle import tails
from ops.bundle.errors import CannotReadError
from ops.bundle.scene import Scene
from ops.bundle.wording import table
from ops.doctor.whereabouts import Whereabouts
from ops.embedded.layout import Layout
from ops.profiling.slowest import shape_of

USUAL = Path("/var/log/mongodb/mongod.log")
# Of an operation: what it asked for, and with it values.
ASKED = frozenset(
    {"command", "originatingCommand", "originalCommand", "cmd", "cmdObj", "obj", "query", "filter", "update"}
    | {"document", "doc", "keyValue"}
)
# What says which operation it was, and holds no value.
SAID = ("comment", "$db", "collection")
SLOW, GREETING = "Slow query", "client metadata"
SHOWN = 30
SEVERITIES = {"F": "fatal", "E": "error", "W": "warning"}


def lines(scene: Scene) -> str:
    """Return the log of the last while, without values."""
    told = [_written(each) for each in _read(scene)]
    return "\n".join(told) or "no line since then"


def troubles(scene: Scene) -> str:
    """Return how often what was said that is a warning or worse."""
    counted = Counter(
        (SEVERITIES[each["s"]], each.get("c"), each.get("msg"))
        for each in _read(scene)
        if each.get("s") in SEVERITIES
    )
    rows = ((number, *what) for what, number in counted.most_common(SHOWN))
    return table(("times", "severity", "component", "what"), rows, none="no warning, and nothing worse")


def slow(scene: Scene) -> str:
    """Return the operations that MongoDB found slow, those of one shape together."""
    took: dict[tuple[str, ...], list[int]] = {}
    for each in _read(scene):
        attributes = each.get("attr")
        if each.get("msg") == SLOW and isinstance(attributes, dict):
            command = attributes.get("command") or {}
            first = next(iter(command.items()), ("?", "?")) if isinstance(command, dict) else ("?", "?")
            what = (str(attributes.get("ns")), str(first[0]), str(attributes.get("planSummary", "-")))
            took.setdefault(what, []).append(int(attributes.get("durationMillis", 0)))
    rows = ((len(ms), max(ms), sum(ms), *what) for what, ms in took.items())
    ordered = sorted(rows, key=itemgetter(2), reverse=True)[:SHOWN]
    heads = ("times", "longest, ms", "all, ms", "of", "command", "plan")
    return table(heads, ordered, none="MongoDB found no operation slow")


def place(scene: Scene) -> Path:
    """Return where the log is: as the server says, or, while it is away, where it usually is."""
    try:
        told = scene.admin({"getCmdLineOpts": 1})["parsed"]
        return Path(told["systemLog"]["path"])
    except (PyMongoError, CannotReadError, KeyError):
        return usual_place(scene.where)


def usual_place(where: Whereabouts) -> Path:
    """Return where the log lies that the deploy files, or the demo, let it write."""
    return USUAL if where.production else Layout(where.var).log / "mongod.log"


def _read(scene: Scene) -> list[dict[str, Any]]:
    """Return the lines since then; one that is no JSON is a message."""
    found: list[dict[str, Any]] = []
    at: datetime | None = None
    for text in tails.end(place(scene)).splitlines():
        line = _parsed(text)
        at = _moment(line) or at
        if text.strip() and (at is None or at >= scene.since):
            found.append(line)
    return found


def _parsed(text: str) -> dict[str, Any]:
    try:
        line = json.loads(text)
    except ValueError:
        line = None
    return line if isinstance(line, dict) else {"msg": text}


def _moment(line: Mapping[str, Any]) -> datetime | None:
    try:
        read = datetime.fromisoformat(line["t"]["$date"])
    except (KeyError, TypeError, ValueError):
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def _written(line: Mapping[str, Any]) -> str:
    attributes = line.get("attr")
    if not isinstance(attributes, dict) or line.get("msg") == GREETING:
        return json.dumps(line, ensure_ascii=False)
    told = {name: _without_values(each) if name in ASKED else each for name, each in attributes.items()}
    return json.dumps({**line, "attr": told}, ensure_ascii=False)


def _without_values(command: Any) -> Any:
    """Return a command in types, but for its name, its collection and where it comes from."""
    if not isinstance(command, dict):
        return shape_of(command)
    name = next(iter(command), None)
    return {
        part: each if part in SAID or (part == name and isinstance(each, str)) else shape_of(each, part)
        for part, each in command.items()
    }
