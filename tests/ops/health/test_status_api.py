"""The state of each part for staff, and a look anew. Source: HTTP contract, section 14."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from family_site.identity.roles import Role
from ops import clock
from ops.health import components
from ops.health.components import Component
from ops.jobs import heartbeats, wellbeing
from tests.api import Api
from tests.database import audit, documents
from tests.factories import Person, new_staff

STATUS, ALIAS, CHECK = "/family/health/status", "/family/admin/health", "/family/health/check"
MEMBERS = {"status", "timestamp", "components", "summary"}
DETAILED = {"status", "latency_ms", "detail", "last_ok_at"}
PROXIED = {"X-Forwarded-For": "203.0.113.9"}


@pytest.fixture(autouse=True)
def _own_parts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A worker and a beat live; parts that a test adds go again, and with them what was found of them."""
    monkeypatch.setattr(components, "_components", dict(components._components))  # noqa: SLF001  # put back after
    components.prober.reset()
    for role in wellbeing.ROLES:
        heartbeats.alive(role, since=clock.now(), now=clock.now())
    yield
    components.prober.reset()
    for role in wellbeing.ROLES:
        heartbeats.ended(role, forgotten=clock.now())


@pytest.fixture
def operator() -> Person:
    return new_staff(Role.OPERATOR)


def part(name: str, fault: str | None, *, vital: bool = False) -> None:
    components.register(Component(name, lambda: fault, vital=vital))


@pytest.mark.parametrize("path", [STATUS, ALIAS])
def test_staff_see_every_part_with_its_details_wherever_they_are(operator: Person, path: str) -> None:
    answer = Api(operator, **PROXIED).get(path)

    parts = answer.json["components"]
    assert (answer.status, answer.json["status"], set(answer.json)) == (200, "healthy", MEMBERS)
    assert {"mongodb", "redis", "celery", "email", "sbd_tokens", "two_factor"} <= set(parts)
    assert {frozenset(each) for each in parts.values()} == {frozenset(DETAILED)}
    assert answer.json["summary"] == {
        "total_components": len(parts),
        "healthy_components": len(parts),
        "unhealthy_components": 0,
    }


@pytest.mark.parametrize("path", [STATUS, ALIAS])
def test_a_part_that_is_ill_is_counted_and_named(operator: Person, path: str) -> None:
    part("extra", "it is full")

    answer = Api(operator).get(path)

    total = len(answer.json["components"])
    assert (answer.status, answer.json["status"]) == (200, "degraded")
    assert answer.json["components"]["extra"]["detail"] == "it is full"
    assert answer.json["summary"] == {
        "total_components": total,
        "healthy_components": total - 1,
        "unhealthy_components": 1,
    }


@pytest.mark.parametrize(("method", "path"), [("GET", STATUS), ("GET", ALIAS), ("POST", CHECK)])
def test_without_a_vital_part_the_report_is_a_refusal(operator: Person, method: str, path: str) -> None:
    part("heart", "it stands still", vital=True)

    answer = Api(operator).send(method, path)

    assert (answer.status, answer.json["status"]) == (503, "unhealthy")
    assert answer.json["error"] == "DATABASE_UNAVAILABLE"
    assert answer.json["summary"]["unhealthy_components"] == 1
    assert answer.headers["Retry-After"] == "2"


def test_a_check_asks_every_part_anew_and_says_who_wanted_it(operator: Person) -> None:
    asked: list[int] = []
    components.register(Component("asked", lambda: asked.append(1)))
    before = datetime.now(UTC)
    Api(operator).get(STATUS)

    answers = [Api(operator).post(CHECK) for _ in range(2)]

    assert len(asked) == 3  # a moment ago is not now
    for answer in answers:
        assert (answer.status, set(answer.json)) == (200, {*MEMBERS, "triggered_by", "triggered_at"})
        assert answer.json["triggered_by"] == operator.id
        assert before <= datetime.fromisoformat(answer.json["triggered_at"]) <= datetime.now(UTC)


def test_a_check_is_on_record_and_changes_nothing_else(operator: Person) -> None:
    part("extra", "it is full")
    before = documents("users", "families", "sbd_accounts", "sessions")

    Api(operator).post(CHECK)

    (entry,) = audit("health.checked")
    assert (entry["actor"], entry["target"]) == (operator.id, "health")
    assert entry["after"] == {"status": "degraded", "unhealthy": ["extra"]}
    assert documents("users", "families", "sbd_accounts", "sessions") == before


@pytest.mark.parametrize(("method", "path"), [("GET", STATUS), ("GET", ALIAS), ("POST", CHECK)])
def test_who_is_not_signed_in_is_told_of_the_command(method: str, path: str) -> None:
    answer = Api().send(method, path)

    assert answer.problem == (401, "AUTHENTICATION_REQUIRED")
    assert answer.json["details"] == {"hint": "manage.py doctor"}
    assert audit("health.checked") == []
