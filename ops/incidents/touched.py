"""Which users and families met a failed request, as the lines of our own processes tell."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from ops.bundle import loglines
from ops.bundle.errors import CannotReadError
from ops.doctor import whereabouts

FIRST_OF_SERVER = 500


class Touched(NamedTuple):
    """Ids of those who met one; ``unknown``: why nobody knows."""

    users: frozenset[str] = frozenset()
    families: frozenset[str] = frozenset()
    unknown: str | None = None


def since(moment: datetime) -> Touched:
    """Return who met a failed request from a moment on."""
    try:
        lines = loglines.read(whereabouts.from_settings(), moment, None)
    except CannotReadError as error:
        return Touched(unknown=str(error))
    return of(event for line, event in lines.events() if line.at and line.at >= moment)


def of(events: Iterable[dict[str, Any]]) -> Touched:
    """Return who met a failed request among these events of the log."""
    failed = [each for each in events if _has_failed(each)]
    users = frozenset(str(each["user"]) for each in failed if each.get("user"))
    families = frozenset(str(each["family"]) for each in failed if each.get("family"))
    return Touched(users, families)


def _has_failed(event: dict[str, Any]) -> bool:
    status = event.get("status")
    return event.get("event") == "request" and isinstance(status, int) and status >= FIRST_OF_SERVER
