"""How many requests the web processes of this machine have answered, and how many of them failed, by route.

From the files that the exporter's page is made of, so that they can be read while the exporter is dead.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from django.conf import settings

from ops import process
from ops.metrics import http, joining
from ops.metrics.joining import ENDED, UNREADABLE, Series

REQUESTS, REFUSALS = "http_requests_total", "http_refusals_total"
# Refused before the application saw them, so on no route.
UNSERVED = "(not served)"
LATE_OR_FULL = (http.QUEUE_FULL, http.TOO_LATE)
FIRST_OF_SERVER = "5"
TRIES = 3


class Count(NamedTuple):
    """Requests since the unit was started, and how many of them failed: 5xx, or not served."""

    requests: int = 0
    failed: int = 0


def by_route(directory: Path | None = None) -> dict[str, Count] | None:
    """Return them by route; ``None``: no web process of this machine counts, or nobody can read that now.

    ``directory``: that of all roles; ``None``: as the settings say.
    """
    web = (directory or Path(settings.METRICS_DIR)) / process.WEB
    for _ in range(TRIES):
        before = _moved_at(web)
        try:
            counts = joining.joined(web, moves=False)
        except UNREADABLE:
            return None
        # Counts of a process that has ended are moved at times: who reads meanwhile may miss them.
        if not counts.unreadable and _moved_at(web) == before:
            return _added_up(counts.counts) if counts.counts else None
    return None


def since(now: Mapping[str, Count], before: Mapping[str, Count]) -> dict[str, Count]:
    """Return what came on top, by route; the unit may have been started anew, and begun with nothing."""
    is_new = any(now.get(route, Count()).requests < count.requests for route, count in before.items())
    found = {}
    for route, count in now.items():
        old = Count() if is_new else before.get(route, Count())
        if count.requests > old.requests:
            found[route] = Count(count.requests - old.requests, max(0, count.failed - old.failed))
    return found


def _added_up(counts: Mapping[Series, float]) -> dict[str, Count]:
    found: dict[str, Count] = {}
    for (_, series), value in counts.items():
        _, sample, labels, _ = json.loads(series)
        if sample == REQUESTS:
            route, failed = labels["route"], labels["status"].startswith(FIRST_OF_SERVER)
        elif sample == REFUSALS and labels["reason"] in LATE_OR_FULL:
            route, failed = UNSERVED, True
        else:
            continue
        requests, failures = found.get(route, Count())
        found[route] = Count(requests + int(value), failures + int(value) * failed)
    return found


def _moved_at(web: Path) -> int | None:
    try:
        return (web / ENDED).stat().st_mtime_ns
    except OSError:
        return None
