"""What an incident costs: failed requests by route, and the users and families that met one, since it began.

What a measurement goes on from lies apart, in ``incident_workings`` of the control database, by the id of the
incident: ``since``, ``routes`` (sums by route), ``counts`` (what the counters showed at the last look, since
they begin anew with the unit), ``late`` (how high the sums were in each of the last 15 minutes), ``users``
and ``families`` (ids), ``read_until`` (of the log).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from ops.incidents import counted, touched
from ops.incidents.counted import Count
from ops.incidents.kinds import GREEN_FOR
from ops.mongo.collections import Document, control_collection

WORKINGS = "incident_workings"
# Of more nobody reads a list.
MOST_ROUTES = 20
# Of more ids than this only these are kept: then the number is "at least".
MOST_IDS = 5000
# What was measured longer ago than this says nothing of how it is.
OLD_AFTER = timedelta(minutes=3)
OWN = ("since", "routes", "counts", "late", "users", "families", "read_until")
NOT_COUNTED = "no web process of this machine counts"


class _Sum(NamedTuple):
    """How high the sums stood at a moment."""

    at: datetime
    requests: int
    failed: int


def measure(incident: Document, now: datetime) -> Document:
    """Return what it has cost so far; goes on from the measurement before, so nothing is counted twice.

    Returns:
        ``{since, at, requests, failed, routes: [{route, requests, failed}], users, families, late,
        unknown}``. ``since``: the first measurement; the routes that fail most come first; ``late``:
        ``{requests, failed}`` of the last 15 minutes. ``requests``, ``failed`` and ``late``, and ``users``
        and ``families``, are ``None`` where nobody knows; ``unknown`` says why, a sentence each.

    Raises:
        DatabaseUnavailableError, PyMongoError: MongoDB cannot be asked.
    """
    kept = control_collection(WORKINGS).find_one({"_id": incident["_id"]}) or {}
    kept.setdefault("since", now)
    unknown: list[str] = []
    counts = counted.by_route()
    if counts is None:
        unknown.append(f"Requests: {NOT_COUNTED}.")
    else:
        _add_requests(kept, counts, now)
    seen = touched.since(kept.get("read_until") or incident["opened_at"])
    if seen.unknown is not None:
        unknown.append(f"Users and families: {seen.unknown}.")
    else:
        for name, ids in (("users", seen.users), ("families", seen.families)):
            kept[name] = sorted({*kept.get(name, ()), *ids})[:MOST_IDS]
        kept["read_until"] = now
    fields = {name: kept[name] for name in OWN if name in kept}
    control_collection(WORKINGS).update({"_id": incident["_id"]}, {"$set": fields}, upsert=True)
    return _told(kept, now) | {"unknown": unknown}


def share_of_late(incident: Document, now: datetime) -> float | None:
    """Return the share of failed requests of the last 15 minutes; ``None``: nobody knows."""
    impact = incident["impact"]
    if not impact or not impact["late"] or now - impact["at"] > OLD_AFTER:
        return None
    late = impact["late"]
    return float(late["failed"] / late["requests"]) if late["requests"] else 0.0


def _add_requests(kept: Document, counts: Mapping[str, Count], now: datetime) -> None:
    """Add what came since the last look; what the counters showed at the first one was before it."""
    sums = _counts(kept.get("routes", ()))
    if "counts" in kept:
        for route, fresh in counted.since(counts, _counts(kept["counts"])).items():
            old = sums.get(route, Count())
            sums[route] = Count(old.requests + fresh.requests, old.failed + fresh.failed)
    kept["counts"], kept["routes"] = _rows(counts), _rows(sums)
    requests, failed = (sum(column) for column in zip(Count(), *sums.values(), strict=True))
    late = [*(_Sum(*each) for each in kept.get("late", ())), _Sum(now, requests, failed)]
    # With the last one before them, which they are told from.
    older = [each for each in late if each.at <= now - GREEN_FOR]
    kept["late"] = [list(each) for each in [*older[-1:], *late[len(older) :]]]


def _told(kept: Document, now: datetime) -> Document:
    """Return the measurement for people."""
    late = [_Sum(*each) for each in kept.get("late", ())]
    routes = _counts(kept.get("routes", ()))
    worst = sorted(routes.items(), key=lambda each: (-each[1].failed, -each[1].requests, each[0]))
    return {
        "since": kept["since"],
        "at": now,
        "requests": late[-1].requests if late else None,
        "failed": late[-1].failed if late else None,
        "routes": [{"route": route, **count._asdict()} for route, count in worst[:MOST_ROUTES]],
        "users": len(kept["users"]) if "users" in kept else None,
        "families": len(kept["families"]) if "families" in kept else None,
        "late": {
            "requests": late[-1].requests - late[0].requests,
            "failed": late[-1].failed - late[0].failed,
        }
        if late
        else None,
    }


def _counts(rows: Sequence[Sequence[object]]) -> dict[str, Count]:
    return {str(route): Count(*rest) for route, *rest in rows}  # type: ignore[arg-type]  # as they were kept


def _rows(counts: Mapping[str, Count]) -> list[list[object]]:
    """Return them as MongoDB keeps them: a route is no name of a field."""
    return [[route, *count] for route, count in counts.items()]
