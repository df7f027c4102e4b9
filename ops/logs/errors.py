"""Errors in the log, and which of them are the same.

Source: runbook inventory, R041 and R045: one line an error, however long its traceback, and patterns without
times and ids, which would make each line another.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from ops.logs.journal import Line

BAD = frozenset({"ERROR", "CRITICAL"})
TRACEBACK = "Traceback (most recent call last):"
_FRAME = re.compile(r'  File "(.+)", line (\d+), in (.+)')
_RAISED = re.compile(r"([A-Za-z_][\w.]*)(?::|$)")
# Ids, addresses of memory, figures: what differs from one time to the next.
_VARIES = re.compile(r"\b(?:[a-z]+_)?[0-9a-f]{8,}\b|0x[0-9a-f]+|\d+")
LONGEST = 120


class Found(NamedTuple):
    """An error: when, in which unit, what (without ids), where it was asked for; ``text``: all of it."""

    at: datetime | None
    unit: str
    what: str
    route: str | None
    request_id: str | None
    text: str


@dataclass
class Group:
    """Errors that are the same."""

    what: str
    count: int = 0
    first: datetime | None = None
    last: datetime | None = None
    routes: list[str] = field(default_factory=list)
    units: list[str] = field(default_factory=list)
    request_id: str | None = None

    def add(self, error: Found) -> None:
        """Count one more; the request id is that of the last that has one."""
        self.count += 1
        self.first = self.first or error.at
        self.last = error.at or self.last
        self.request_id = error.request_id or self.request_id
        if error.route is not None and error.route not in self.routes:
            self.routes.append(error.route)
        if error.unit not in self.units:
            self.units.append(error.unit)


def found(lines: Iterable[Line]) -> list[Found]:
    """Return the errors among lines, in order; and what is no JSON, since nothing says that it is none.

    The route of an error stands in its request's own line, which comes later.
    """
    errors: list[Found] = []
    waiting: dict[str, list[int]] = {}
    for line in _tracebacks_joined(lines):
        event = line.event or {}
        if line.event is None:
            errors.append(Found(line.at, line.unit, _what_of_text(line.text), None, None, line.text))
        elif event.get("level") in BAD:
            request_id = _text(event.get("request_id"))
            job = _text(event.get("job"))
            if job is None and request_id is not None:
                waiting.setdefault(request_id, []).append(len(errors))
            errors.append(Found(line.at, line.unit, what(event), job, request_id, line.text))
        elif event.get("event") == "request" and event.get("request_id") in waiting:
            for place in waiting.pop(str(event["request_id"])):
                errors[place] = errors[place]._replace(route=f"{event.get('method')} {event.get('route')}")
    return errors


def grouped(errors: Iterable[Found]) -> list[Group]:
    """Return which errors are the same, the most frequent first."""
    groups: dict[str, Group] = {}
    for each in errors:
        groups.setdefault(each.what, Group(each.what)).add(each)
    return sorted(groups.values(), key=lambda group: -group.count)


def what(event: dict[str, Any]) -> str:
    """Return what an error is: the exception and its place, or what was said and the cause."""
    trace = event.get("exception")
    said = _without_ids(str(event.get("event")))
    if isinstance(trace, str) and (raised := _raised_at(trace)):
        return f"{raised} ({said})"
    cause = event.get("cause") or event.get("fault")
    return f"{said}: {_without_ids(str(cause))}" if cause else said


def _what_of_text(text: str) -> str:
    return _raised_at(text) or _without_ids(text.splitlines()[0])


def _raised_at(trace: str) -> str | None:
    """Return type and place of the exception of a traceback, the one that was raised last."""
    if TRACEBACK not in trace:
        return None
    lines = trace[trace.rindex(TRACEBACK) :].splitlines()
    frames = [frame for line in lines if (frame := _FRAME.match(line))]
    raised = next((kind for line in reversed(lines) if (kind := _RAISED.match(line))), None)
    name = raised[1].rpartition(".")[2] if raised else "?"
    return f"{name} at {_short(frames[-1][1])}:{frames[-1][2]}" if frames else name


def _short(path: str) -> str:
    """Return the end of a path, from the package or the project on."""
    return "/".join(path.rpartition("/site-packages/")[2].split("/")[-3:])


def _without_ids(text: str) -> str:
    return _VARIES.sub("…", text)[:LONGEST]


def _tracebacks_joined(lines: Iterable[Line]) -> Iterator[Line]:
    """Put the lines of a traceback that is no JSON together; each unit has at most one under way."""
    under_way: dict[str, Line] = {}
    for line in lines:
        begun = under_way.get(line.unit)
        if begun is not None and line.event is None:
            joined = begun._replace(text=f"{begun.text}\n{line.text}")
            if line.text.startswith((" ", "Traceback")) or _is_between(line.text):
                under_way[line.unit] = joined
            else:
                del under_way[line.unit]
                yield joined
        elif line.event is None and line.text.startswith(TRACEBACK):
            under_way[line.unit] = line
        else:
            if begun is not None:
                yield under_way.pop(line.unit)
            yield line
    yield from under_way.values()


def _is_between(text: str) -> bool:
    return text.startswith(("During handling of", "The above exception"))


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
