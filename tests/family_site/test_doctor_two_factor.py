"""doctor:two_factor, and the part of ``/health``: whether second factors work, and whether staff have one."""

import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.test import override_settings

from family_site.identity import sign_in_queries
from family_site.identity.actions import disabling
from family_site.identity.checks import second_factor
from family_site.identity.roles import Role
from ops import clock
from ops.actors import Actor
from ops.doctor import whereabouts
from ops.doctor.check import Result
from ops.doctor.whereabouts import Whereabouts
from ops.health import components
from ops.jobs import heartbeats, wellbeing
from ops.mongo.collections import collection
from tests import commands
from tests.api import Api
from tests.factories import new_person, new_staff
from tests.second_factors import secured, secured_staff

REQUIRED = override_settings(STAFF_SECOND_FACTOR="required")
RESET = ".venv/bin/python manage.py reset_second_factor"


@pytest.fixture
def where() -> Whereabouts:
    return whereabouts.from_settings()


@pytest.fixture
def _jobs_are_done() -> Iterator[None]:
    components.prober.reset()
    for role in wellbeing.ROLES:
        heartbeats.alive(role, since=clock.now(), now=clock.now())
    yield
    components.prober.reset()
    for role in wellbeing.ROLES:
        heartbeats.ended(role, forgotten=clock.now())


def clock_ahead(seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put this machine's clock forward."""
    monkeypatch.setattr(clock, "now", lambda: datetime.now(UTC) + timedelta(seconds=seconds))


def test_staff_who_have_one_are_well(where: Whereabouts) -> None:
    for name in ("ada", "ben"):
        secured_staff(Role.SUPPORT, name)
    new_person()

    with REQUIRED, commands.watched():  # the watch over queries has a look, too
        found = second_factor.look(where)

    assert (found.result, found.evidence) == (Result.OK, ("2 of 2 staff have one (required)",))


def test_staff_without_one_are_named_where_it_is_required(where: Whereabouts) -> None:
    secured_staff(Role.SUPPORT, "ada")
    for number in range(7):
        new_staff(Role.SUPPORT, f"staff-{number}")
    off = new_staff(Role.SUPPORT, "gone")
    disabling.disable(off.id, actor=Actor.system("tests"), now=clock.now(), reason="for a test")

    with REQUIRED:
        found = second_factor.look(where)

    names = "staff-6, staff-5, staff-4, staff-3, staff-2 and 2 more"
    assert (found.result, found.evidence) == (
        Result.DEGRADED,
        (
            f"7 of 8 staff have none, and may do nothing as staff: {names}",
            "1 of 8 staff have one (required)",
        ),
    )
    offered = second_factor.look(where)
    assert (offered.result, offered.evidence) == (Result.OK, ("1 of 8 staff have one (offered)",))


def test_secrets_that_no_key_opens_are_told_with_whose_they_are(where: Whereabouts) -> None:
    secured(new_person("early"))
    secured_staff(Role.SUPPORT, "ada")
    key = secrets.token_urlsafe(48)

    with override_settings(FIELD_KEYS=(key,)):
        secured(new_person("late"))
        found = second_factor.look(where)

    assert found.result == Result.FAILED
    assert found.evidence[0] == "2 of 3 secrets that were looked at cannot be opened: ada, early"
    assert str(found.cause).startswith("FIELD_KEY has changed, and they cannot sign in")
    assert found.remedy == f'{RESET} ada --reason "FIELD_KEY lost"'
    assert key not in str(found)


def test_a_secret_of_somebody_else_is_none(where: Whereabouts) -> None:
    ada, ben = secured(new_person("ada")).person, new_person("ben")
    stolen = (collection("users").find_one({"_id": ada.id}) or {})["second_factor"]
    collection("users").update({"_id": ben.id}, {"$set": {"second_factor": stolen}})

    assert second_factor.look(where).evidence[0] == (
        "1 of 2 secrets that were looked at cannot be opened: ben"
    )


def test_a_sample_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_in_queries, "SAMPLE_OF_USERS", 2)
    people = [secured().person for _ in range(3)]

    found = sign_in_queries.users_with_second_factor()

    assert [each["_id"] for each in found] == [people[2].id, people[1].id]


def test_staff_are_told_where_to_set_one_up(where: Whereabouts) -> None:
    new_staff(Role.SUPPORT, "ada")

    with REQUIRED:
        found = second_factor.look(where)

    page = f"{settings.PUBLIC_URL}/admin/login/"
    other = ".venv/bin/python manage.py create_staff makes somebody with one"
    assert found.remedy == f"ask them to sign in at {page}; {other}"


def test_a_clock_that_is_off_is_a_fault_of_it(where: Whereabouts, monkeypatch: pytest.MonkeyPatch) -> None:
    clock_ahead(40, monkeypatch)

    found = second_factor.look(where)

    assert (found.result, found.remedy) == (Result.FAILED, "timedatectl status")
    assert found.evidence[0].startswith("the clock: against MongoDB +")


def test_without_mongodb_nobody_can_look(where: Whereabouts) -> None:
    assert second_factor.look(replace(where, mongodb=None)).result == Result.COULD_NOT_LOOK


@pytest.mark.usefixtures("_jobs_are_done")
def test_health_tells_of_it() -> None:
    answer = Api().get("/health")

    assert (answer.status, answer.json["status"]) == (200, "healthy")
    part = answer.json["components"]["two_factor"]
    assert (part["status"], part["detail"]) == ("healthy", None)


@pytest.mark.usefixtures("_jobs_are_done")
def test_health_is_degraded_by_a_clock_that_is_off(monkeypatch: pytest.MonkeyPatch) -> None:
    clock_ahead(-31, monkeypatch)

    answer = Api().get("/health")

    assert (answer.status, answer.json["status"]) == (200, "degraded")
    part = answer.json["components"]["two_factor"]
    assert (part["status"], part["detail"]) == ("unhealthy", "the clock is 31 s off")
