"""What this machine's web processes have answered since the unit's start, as their metrics have it."""

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from django.conf import settings
from prometheus_client import REGISTRY, Metric

from ops import process
from ops.metrics.joining import joined
from ops.metrics.page import added_up

# Where a unit's processes count together; without it each counts for itself.
SHARED = "PROMETHEUS_MULTIPROC_DIR"
REQUESTS, DURATION = "http_requests", "http_request_duration_seconds"
CLIENT_ERRORS, SERVER_ERRORS = "4", "5"


class Answered(NamedTuple):
    """How many requests were answered, and how."""

    total: int
    client_errors: int
    server_errors: int


class Latency(NamedTuple):
    """How long the answers of a route took.

    Attributes:
        route: its template.
        requests: how many there were.
        seconds: by share of the requests that took no longer; as exact as the histogram's buckets.
    """

    route: str
    requests: int
    seconds: Mapping[float, float]


def collected() -> Iterable[Metric]:
    """Return what all processes of this one's unit have counted."""
    if SHARED not in os.environ:
        return REGISTRY.collect()
    role = process.role()
    return added_up({role: joined(settings.METRICS_DIR / role, moves=False)})


def answered(metrics: Iterable[Metric]) -> Answered:
    """Add up all requests."""
    by_class: dict[str, float] = defaultdict(float)
    for metric in metrics:
        if metric.name == REQUESTS:
            for sample in metric.samples:
                if sample.name == f"{REQUESTS}_total":
                    by_class[sample.labels["status"][:1]] += sample.value
    return Answered(int(sum(by_class.values())), int(by_class[CLIENT_ERRORS]), int(by_class[SERVER_ERRORS]))


def latencies(metrics: Iterable[Metric], shares: Sequence[float]) -> list[Latency]:
    """Return the latencies of every route that was asked for, the most asked for first."""
    routes: dict[str, dict[float, float]] = defaultdict(lambda: defaultdict(float))
    for metric in metrics:
        if metric.name == DURATION:
            for sample in metric.samples:
                if sample.name == f"{DURATION}_bucket":
                    routes[sample.labels["route"]][float(sample.labels["le"])] += sample.value
    found = [_latency(route, sorted(buckets.items()), shares) for route, buckets in routes.items()]
    return sorted((each for each in found if each.requests), key=lambda each: (-each.requests, each.route))


def _latency(route: str, buckets: Sequence[tuple[float, float]], shares: Sequence[float]) -> Latency:
    count = buckets[-1][1]
    seconds = {share: _below(buckets, share * count) for share in shares} if count else {}
    return Latency(route, int(count), seconds)


def _below(buckets: Sequence[tuple[float, float]], rank: float) -> float:
    """Return how long the request of a rank took at most, as Prometheus' ``histogram_quantile`` has it.

    Args:
        buckets: bounds in seconds, each with how many took no longer; the last bound is infinite.
        rank: how many took no longer than what is looked for.
    """
    low, before = 0.0, 0.0
    for bound, number in buckets[:-1]:
        if number >= rank:
            within = number - before
            return bound if within == 0 else low + (bound - low) * (rank - before) / within
        low, before = bound, number
    return low
