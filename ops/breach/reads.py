"""What was read: from the lines of requests, by route, with what the answer of each route holds.

A line names user, session or permanent token, family and request by their ids, and neither address nor path.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ops.breach import contents
from ops.breach.searching import Wanted
from ops.logs.journal import Line

REQUEST = "request"
SUCCESSES = range(200, 300)
# Of nobody's data: what is asked for again and again by programs.
EMPTY: Mapping[str, Any] = {}


@dataclass
class Read:
    """Requests to one route that were answered.

    Attributes:
        number: how many.
        holds: names of what its answer holds; empty: the description of the API does not know the route.
        families: those that were asked for by their ids.
        users: as whom it was asked.
        is_of_caller: whether some had no family in their path: the answer was about whoever asked.
    """

    method: str
    route: str
    number: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    holds: list[str] = field(default_factory=list)
    families: set[str] = field(default_factory=set)
    users: set[str] = field(default_factory=set)
    requests: list[str] = field(default_factory=list)
    is_of_caller: bool = False


def find(wanted: Sequence[Wanted], seen: Mapping[str, Counter[str]], lines: Iterable[Line]) -> list[Read]:
    """Return what was answered, by route.

    Args:
        wanted: whose requests; one of them is enough.
        seen: sessions, tokens and requests in entries of the audit log: by them the requests from an address
            are known, since the lines have none.
        lines: of the log.
    """
    found: dict[tuple[str, str], Read] = {}
    for line, event in _answered(lines):
        if any(_is_of(each, seen, line.at, event) for each in wanted):
            method, route = str(event.get("method")), str(event.get("route"))
            _add(found.setdefault((method, route), Read(method, route)), line.at, event)
    for each in found.values():
        each.holds = contents.names(each.method, each.route)
    return sorted(found.values(), key=lambda each: (each.route, each.method))


def _answered(lines: Iterable[Line]) -> Iterator[tuple[Line, Mapping[str, Any]]]:
    for line in lines:
        event = line.event or EMPTY
        if event.get("event") == REQUEST and event.get("status") in SUCCESSES and event.get("route"):
            yield line, event


def _is_of(
    wanted: Wanted, seen: Mapping[str, Counter[str]], at: datetime | None, event: Mapping[str, Any]
) -> bool:
    if at is None or at < wanted.since or (wanted.until is not None and at >= wanted.until):
        return False
    asked = {
        "user": wanted.actor,
        "session": wanted.session,
        "token_id": wanted.token,
        "request_id": wanted.request_id,
    }
    given = {name: value for name, value in asked.items() if value is not None}
    if any(event.get(name) != value for name, value in given.items()):
        return False
    if wanted.network is None:
        return bool(given)
    known = {"session": "sessions", "token_id": "tokens", "request_id": "requests"}
    return any(event.get(name) in seen.get(kept, {}) for name, kept in known.items())


def _add(read: Read, at: datetime | None, event: Mapping[str, Any]) -> None:
    read.number += 1
    read.first_at = read.first_at or at
    read.last_at = at or read.last_at
    read.requests.append(str(event.get("request_id")))
    if user := event.get("user"):
        read.users.add(str(user))
    if family := event.get("family"):
        read.families.add(str(family))
    else:
        read.is_of_caller = True
