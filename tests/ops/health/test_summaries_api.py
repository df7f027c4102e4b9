"""Figures, error rates and latencies as JSON. Source: HTTP contract, section 14."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import CollectorRegistry, Counter, Histogram, Metric

import families.queries
import tokens.queries
from families.actions import dissolving
from family_site.identity.roles import Role
from ops import clock
from ops.health import traffic
from ops.redis import store
from tests.api import Api
from tests.factories import (
    Person,
    new_family,
    new_invitation,
    new_issuance,
    new_member,
    new_person,
    new_requests,
    new_staff,
)
from tokens.actions import upkeep

METRICS, PERFORMANCE = "/family/health/metrics", "/family/health/performance"
COUNTS = {
    "families": 0,
    "members": 0,
    "open_invitations": 0,
    "open_token_requests": 0,
    "open_purchase_requests": 0,
    "tokens_issued": 0,
    "tokens_redeemed": 0,
    "tokens_of_users": 0,
    "tokens_of_families": 0,
}


@pytest.fixture
def auditor() -> Person:
    return new_staff(Role.AUDITOR)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> CollectorRegistry:
    """A registry in place of the process' own, to which all tests before have added."""
    registry = CollectorRegistry()

    def collected() -> Iterable[Metric]:
        return registry.collect()

    monkeypatch.setattr(traffic, "collected", collected)
    return registry


def counts(person: Person) -> dict[str, int | None]:
    """Return the counts of now: what was counted in this minute is forgotten."""
    store().flushall()
    answer = Api(person).get(METRICS)
    assert (answer.status, set(answer.json)) == (200, {"as_of", "counts", "requests"})
    found: dict[str, int | None] = answer.json["counts"]
    return found


def test_an_empty_system_counts_nothing(auditor: Person) -> None:
    assert counts(auditor) == COUNTS


def test_families_members_and_what_is_open_are_counted(auditor: Person, person: Person) -> None:
    family_id = new_family(person)["_id"]
    member = new_member(family_id, person)
    new_family(new_person(), "Owls")
    gone = new_person()
    dissolving.dissolve(new_family(gone, "Swifts")["_id"], actor=gone.actor, now=clock.now())
    new_invitation(family_id, person, "wren@example.com")
    new_invitation(family_id, person, "late@example.com", now=clock.now() - timedelta(days=8))
    new_requests(family_id, member)

    assert counts(auditor) == COUNTS | {
        "families": 2,
        "members": 3,
        "open_invitations": 1,
        "open_token_requests": 1,
        "open_purchase_requests": 1,
    }


def test_tokens_are_told_by_where_they_came_from_and_where_they_lie(auditor: Person, person: Person) -> None:
    new_issuance(person, 100)
    family_id = new_family(person)["_id"]
    Api(person).post(f"/family/{family_id}/sbd-account/contribute", {"amount": 30})
    upkeep.roll_up(now=clock.now() + timedelta(minutes=5))

    assert counts(auditor) == COUNTS | {
        "families": 1,
        "members": 1,
        "tokens_issued": 100,
        "tokens_of_users": 70,
        "tokens_of_families": 30,
    }


def test_what_is_too_much_to_add_up_is_null(
    auditor: Person, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(families.queries, "MOST_ADDED", 1)
    monkeypatch.setattr(tokens.queries, "MOST_ADDED", 1)
    new_family(person)
    assert counts(auditor)["members"] == 1

    new_family(new_person(), "Owls")

    found = counts(auditor)
    assert (found["families"], found["members"]) == (2, None)
    assert (found["tokens_of_users"], found["tokens_of_families"]) == (None, None)


def test_figures_are_counted_once_a_minute(
    auditor: Person, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = datetime(2026, 3, 1, 12, 0, 5, tzinfo=UTC)
    monkeypatch.setattr("ops.health.summaries.clock.now", lambda: began)
    first = Api(auditor).get(METRICS).json
    new_family(person)

    same = Api(auditor).get(METRICS).json
    monkeypatch.setattr("ops.health.summaries.clock.now", lambda: began + timedelta(seconds=55))
    later = Api(auditor).get(METRICS).json

    assert (first["counts"]["families"], same["counts"], same["as_of"]) == (
        0,
        first["counts"],
        first["as_of"],
    )
    assert first["as_of"] == "2026-03-01T12:00:05.000000Z"
    assert (later["counts"]["families"], later["as_of"]) == (1, "2026-03-01T12:01:00.000000Z")


def test_rates_of_errors_are_those_of_all_requests(auditor: Person, counted: CollectorRegistry) -> None:
    requests = Counter("http_requests", "…", ["method", "route", "status"], registry=counted)
    for status, times in (("200", 5), ("404", 2), ("503", 1)):
        requests.labels("GET", "/health", status).inc(times)

    assert Api(auditor).get(METRICS).json["requests"] == {
        "total": 8,
        "client_errors": 2,
        "server_errors": 1,
        "client_error_ratio": 0.25,
        "server_error_ratio": 0.125,
    }


def test_before_the_first_request_no_rate_is_made_up(auditor: Person, counted: CollectorRegistry) -> None:
    assert list(counted.collect()) == []

    assert Api(auditor).get(METRICS).json["requests"]["server_error_ratio"] == 0.0
    assert Api(auditor).get(PERFORMANCE).json["routes"] == []


def test_latencies_are_told_by_route(auditor: Person, counted: CollectorRegistry) -> None:
    name = "http_request_duration_seconds"
    durations = Histogram(name, "…", ["route"], buckets=(0.01, 0.1), registry=counted)
    for _ in range(4):
        durations.labels("/family/{family_id}").observe(0.005)

    answer = Api(auditor).get(PERFORMANCE)

    assert (answer.status, set(answer.json)) == (200, {"timestamp", "routes"})
    assert answer.json["routes"] == [
        {"route": "/family/{family_id}", "count": 4, "p50_ms": 5.0, "p95_ms": 9.5, "p99_ms": 9.9}
    ]


@pytest.mark.parametrize("path", [METRICS, PERFORMANCE])
def test_who_is_not_signed_in_is_told_of_the_command(path: str) -> None:
    answer = Api().get(path)

    assert answer.problem == (401, "AUTHENTICATION_REQUIRED")
    assert answer.json["details"] == {"hint": "curl -s http://localhost:9090/metrics"}
