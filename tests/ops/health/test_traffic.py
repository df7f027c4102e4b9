"""Error rates and latencies, from what the processes have counted."""

from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, Counter, Histogram

from ops import process
from ops.health import traffic
from ops.health.traffic import Answered
from tests.ops.metrics.counting import counting

BUCKETS = (0.01, 0.1, 1.0)


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def durations(registry: CollectorRegistry) -> Histogram:
    return Histogram("http_request_duration_seconds", "…", ["route"], buckets=BUCKETS, registry=registry)


def test_requests_are_added_up_by_what_was_answered(registry: CollectorRegistry) -> None:
    counter = Counter("http_requests", "…", ["method", "route", "status"], registry=registry)
    for method, route, status, times in (
        ("GET", "/family/{family_id}", "200", 5),
        ("GET", "/family/{family_id}", "404", 2),
        ("POST", "/family/create", "201", 1),
        ("POST", "/family/create", "429", 1),
        ("POST", "/family/create", "503", 1),
    ):
        counter.labels(method, route, status).inc(times)

    assert traffic.answered(registry.collect()) == Answered(total=10, client_errors=3, server_errors=1)


def test_where_nothing_was_asked_there_is_nothing(registry: CollectorRegistry, durations: Histogram) -> None:
    durations.labels("/family/create")

    assert traffic.answered(registry.collect()) == Answered(0, 0, 0)
    assert traffic.latencies(registry.collect(), (0.5,)) == []


def test_a_share_lies_within_its_bucket_as_prometheus_has_it(
    registry: CollectorRegistry, durations: Histogram
) -> None:
    for seconds in (0.005, 0.005, 0.05, 0.05):
        durations.labels("/family/create").observe(seconds)

    (found,) = traffic.latencies(registry.collect(), (0.25, 0.5, 0.75, 1.0))

    assert (found.route, found.requests) == ("/family/create", 4)
    assert found.seconds == pytest.approx({0.25: 0.005, 0.5: 0.01, 0.75: 0.055, 1.0: 0.1})


def test_what_took_longer_than_the_last_bound_is_told_as_that(
    registry: CollectorRegistry, durations: Histogram
) -> None:
    durations.labels("/family/create").observe(30)

    (found,) = traffic.latencies(registry.collect(), (0.5, 0.99))

    assert found.seconds == {0.5: 1.0, 0.99: 1.0}


def test_the_route_that_is_asked_for_most_comes_first(
    registry: CollectorRegistry, durations: Histogram
) -> None:
    for route, times in (("/b", 1), ("/c", 3), ("/a", 1)):
        for _ in range(times):
            durations.labels(route).observe(0.05)

    found = traffic.latencies(registry.collect(), (0.5,))

    assert [(each.route, each.requests) for each in found] == [("/c", 3), ("/a", 1), ("/b", 1)]


def test_who_looks_adds_up_all_processes_of_the_unit_and_moves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    noted = "http.note('GET', '/health', 200, 0.02)"
    with counting(tmp_path) as killed, counting(tmp_path) as other, counting(tmp_path, "worker"):
        killed.does(noted)
        other.does(f"{noted}; http.note('GET', '/health', 503, 0.02)")
        killed.is_killed()
        before = sorted(path.name for path in (tmp_path / process.WEB).iterdir())
        settings.METRICS_DIR = tmp_path
        monkeypatch.setenv(traffic.SHARED, str(tmp_path / process.WEB))
        monkeypatch.setenv(process.ROLE, process.WEB)

        found = list(traffic.collected())

        assert sorted(path.name for path in (tmp_path / process.WEB).iterdir()) == before
    assert traffic.answered(found) == Answered(total=3, client_errors=0, server_errors=1)
    assert [(each.route, each.requests) for each in traffic.latencies(found, ())] == [("/health", 3)]
