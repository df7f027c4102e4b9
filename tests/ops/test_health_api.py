"""Health through HTTP. Source: HTTP contract, section 14."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from ops import clock, server
from ops.health import components, readiness
from ops.health.components import Component, Finding, Health, Prober
from ops.jobs import heartbeats, wellbeing
from ops.redis import store
from tests.api import Answer, Api
from tests.factories import Person, new_person

BARE, DETAILED = {"status"}, {"status", "latency_ms", "detail", "last_ok_at"}
PROXIED = {"X-Forwarded-For": "127.0.0.1"}
WAIT_SECONDS = 20.0


@pytest.fixture(autouse=True)
def _unprepared() -> Iterator[None]:
    """Nothing that an earlier test found is told again; a worker and a beat have just said that they live."""
    components.prober.reset()
    for role in wellbeing.ROLES:
        heartbeats.alive(role, since=clock.now(), now=clock.now())
    yield
    for role in wellbeing.ROLES:
        heartbeats.ended(role, forgotten=clock.now())
    server._stopping.clear()  # noqa: SLF001  # no process takes it back, since it ends


@pytest.fixture
def ailing(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Further parts by name: what their probe returns, or raises."""
    faults: dict[str, Any] = {}
    monkeypatch.setattr(components, "_components", dict(components._components))  # noqa: SLF001  # put back after
    return faults


def part(name: str, fault: str | Exception | None, *, vital: bool = False) -> None:
    """Register a part of which the probe returns or raises this."""

    def probe() -> str | None:
        if isinstance(fault, Exception):
            raise fault
        return fault

    components.register(Component(name, probe, vital=vital))


def members(answer: Answer) -> set[frozenset[str]]:
    return {frozenset(each) for each in answer.json["components"].values()}


def from_elsewhere(path: str, **headers: str) -> Answer:
    return Answer(Client(REMOTE_ADDR="203.0.113.9").get(path, headers=headers))


def test_health_tells_the_whole_and_each_part() -> None:
    before = datetime.now(UTC)
    answer = Api().get("/health")
    body = answer.json

    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert set(body) == {"status", "version", "uptime_seconds", "timestamp", "deployment", "components"}
    assert (body["status"], body["version"]) == ("healthy", settings.VERSION)
    assert isinstance(body["uptime_seconds"], int)
    assert before <= datetime.fromisoformat(body["timestamp"]) <= datetime.now(UTC)
    assert body["timestamp"].endswith("Z")
    assert {"mongodb", "redis", "celery"} <= body["components"].keys()
    assert {each["status"] for each in body["components"].values()} == {"healthy"}


def test_details_are_for_a_direct_call_on_the_machine() -> None:
    mongodb = Api().get("/health").json["components"]["mongodb"]

    assert set(mongodb) == DETAILED
    assert mongodb["detail"] is None
    assert mongodb["latency_ms"] > 0
    assert datetime.fromisoformat(mongodb["last_ok_at"]).tzinfo is not None


@pytest.mark.parametrize(
    "header",
    ["X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Real-IP", "Forwarded", "Via"],
)
def test_a_call_through_a_proxy_on_the_machine_is_not_direct(header: str) -> None:
    assert members(Api().get("/health", **{header: "127.0.0.1"})) == {frozenset(BARE)}


def test_details_are_not_for_others(person: Person) -> None:
    signed_in = {"Authorization": f"Bearer {person.token}"}

    for headers in ({}, signed_in, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic eDp5"}):
        answer = from_elsewhere("/health", **headers)
        assert (answer.status, members(answer)) == (200, {frozenset(BARE)})


def test_details_are_for_staff_wherever_they_are() -> None:
    signed_in = {"Authorization": f"Bearer {new_person(is_staff=True).token}"}

    assert members(from_elsewhere("/health", **signed_in)) == {frozenset(DETAILED)}
    assert members(Api().get("/health", **signed_in, **PROXIED)) == {frozenset(DETAILED)}


def test_the_alias_never_tells_details() -> None:
    staff = Api(new_person(is_staff=True))

    assert members(staff.get("/family/health")) == {frozenset(BARE)}
    assert members(Api().get("/family/health")) == {frozenset(BARE)}
    bare, detailed = Api().get("/family/health").json, Api().get("/health").json
    assert bare.keys() == detailed.keys() - {"deployment"}


@pytest.mark.parametrize("path", ["/health/live", "/family/health/liveness"])
def test_live_touches_no_part(path: str, ailing: dict[str, Any]) -> None:  # noqa: ARG001  # put back after
    part("asked", "it was asked", vital=True)

    answer = from_elsewhere(path)

    assert (answer.status, answer.json) == (200, {"status": "alive"})


@pytest.mark.parametrize("path", ["/health/ready", "/family/health/readiness"])
def test_ready_says_so(path: str) -> None:
    answer = from_elsewhere(path)

    assert answer.status == 200
    assert answer.json["status"] == "ready"
    assert answer.json["components"]["mongodb"] == {"status": "healthy"}


@pytest.mark.usefixtures("ailing")
@pytest.mark.parametrize("fault", ["it is full", RuntimeError("secret")])
def test_without_a_part_that_is_not_vital_the_whole_is_degraded(fault: str | Exception) -> None:
    part("extra", fault)

    health, elsewhere = Api().get("/health"), from_elsewhere("/health")

    assert (health.status, health.json["status"]) == (200, "degraded")
    assert health.json["components"]["extra"]["status"] == "unhealthy"
    assert health.json["components"]["extra"]["detail"] in {"it is full", "RuntimeError"}
    assert health.json["components"]["extra"]["last_ok_at"] is None
    assert health.json["components"]["mongodb"]["status"] == "healthy"
    assert elsewhere.json["components"]["extra"] == {"status": "unhealthy"}
    assert b"secret" not in health.text
    assert Api().get("/health/ready").status == 200


@pytest.mark.usefixtures("ailing")
@pytest.mark.parametrize("path", ["/health", "/family/health"])
def test_without_a_vital_part_the_whole_is_unhealthy(path: str) -> None:
    part("heart", "it stands still", vital=True)

    answer = Api().get(path)

    assert answer.status == 503
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Retry-After"] == "2"
    assert (answer.json["status"], answer.json["error"]) == ("unhealthy", "DATABASE_UNAVAILABLE")
    assert answer.json["retry_after"] == 2
    assert answer.json["request_id"] == answer.headers["X-Request-ID"]
    assert answer.json["components"]["heart"]["status"] == "unhealthy"


@pytest.mark.usefixtures("ailing")
@pytest.mark.parametrize("path", ["/health/ready", "/family/health/readiness"])
def test_not_ready_is_a_refusal_that_says_why(path: str) -> None:
    part("heart", "it stands still", vital=True)

    answer = Api().get(path)

    assert answer.status == 503
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Retry-After"] == "1"
    assert (answer.json["status"], answer.json["error"]) == ("not_ready", "SERVICE_UNAVAILABLE")
    assert answer.json["details"] == {"obstacles": ["no_primary"]}
    assert answer.json["components"]["heart"] == {"status": "unhealthy"}


def test_a_process_that_is_about_to_end_is_not_ready_but_healthy() -> None:
    server.drain()

    assert Api().get("/health/ready").json["details"] == {"obstacles": ["draining"]}
    assert Api().get("/health").status == 200


def test_without_its_migrations_a_process_is_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ops.health.api.readiness", readiness.Readiness())
    applied = connection.database["django_migrations"]  # type: ignore[attr-defined]  # the engine's
    last = applied.find_one_and_delete({"app": "families"}, sort=[("name", -1)])

    assert Api().get("/health/ready").json["details"] == {"obstacles": ["migrations_missing"]}

    applied.insert_one(last)
    assert Api().get("/health/ready").status == 200
    applied.delete_one({"_id": last["_id"]})
    assert Api().get("/health/ready").status == 200  # they were there once
    applied.insert_one(last)


@pytest.mark.parametrize(
    "path", ["/health", "/health/live", "/health/ready", "/family/health", "/family/health/liveness"]
)
def test_other_methods_are_refused(path: str) -> None:
    assert Api().post(path, {}).problem == (405, "METHOD_NOT_ALLOWED")
    assert Api().send("HEAD", path).status == 200


def test_the_probe_of_redis_leaves_nothing() -> None:
    Api().get("/health")

    assert store().keys("health:probe:*") == []


# The prober -------------------------------------------------------------------------------------


@pytest.mark.usefixtures("ailing")
def test_many_who_ask_at_once_make_one_probe() -> None:
    gate, asked = threading.Event(), []
    prober = Prober()
    found: list[list[Finding]] = []

    def probe() -> None:
        asked.append(1)
        gate.wait(0.5)

    components.register(Component("slow", probe))
    callers = [threading.Thread(target=lambda: found.append(prober.findings())) for _ in range(8)]
    for caller in callers:
        caller.start()
    gate.set()
    for caller in callers:
        caller.join()

    assert len(asked) == 1
    assert found == [found[0]] * 8


@pytest.mark.usefixtures("ailing")
def test_a_part_that_hangs_is_late_and_is_not_asked_a_second_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(components, "SECONDS", 0.2)
    gate, asked = threading.Event(), []
    prober = Prober()

    def probe() -> None:
        asked.append(1)
        gate.wait(WAIT_SECONDS)

    components.register(Component("hangs", probe))
    for _ in range(3):
        finding = prober.findings(fresh=True)[-1]
        assert (finding.fault, finding.health) == ("no answer within 0.2 s", Health.DEGRADED)
        assert (finding.latency_ms, finding.last_ok_at) == (200.0, None)
    gate.set()

    assert len(asked) == 1


@pytest.mark.usefixtures("ailing")
def test_when_a_part_was_last_well_is_remembered() -> None:
    faults: list[str | None] = [None, "gone", None]
    components.register(Component("moody", lambda: faults.pop(0)))
    prober = Prober()

    well, ill, well_again = (prober.findings(fresh=True)[-1] for _ in range(3))

    assert (well.fault, ill.fault, well_again.fault) == (None, "gone", None)
    assert well.last_ok_at == ill.last_ok_at != well_again.last_ok_at


@pytest.mark.usefixtures("ailing")
def test_the_whole_is_as_the_worst_part() -> None:
    part("extra", None)
    findings = Prober().findings()
    assert components.overall(findings) == Health.HEALTHY

    part("extra", "gone")
    part("heart", "gone", vital=True)
    assert components.overall(Prober().findings()) == Health.UNHEALTHY
