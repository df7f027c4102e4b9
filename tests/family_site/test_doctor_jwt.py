"""doctor:jwt: whether the sessions in force were signed by keys that a process has."""

import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import jwt as tokens
import pytest
from django.conf import settings
from django.test import override_settings

from family_site.identity import sign_in_queries
from family_site.identity.checks import jwt
from ops import clock, keys
from ops.doctor import whereabouts
from ops.doctor.check import Result
from ops.doctor.whereabouts import Whereabouts
from ops.jobs import heartbeats
from ops.mongo.collections import collection
from tests import commands
from tests.api import Api
from tests.factories import PASSWORD, Person, new_person

NEW = secrets.token_urlsafe(48)
OLD = settings.JWT_SIGNING_KEY


@pytest.fixture(autouse=True)
def _nobody_lives() -> Iterator[None]:
    for role in ("web", "worker", "beat"):
        heartbeats.ended(role, forgotten=clock.now())
    yield
    heartbeats.ended("web", forgotten=clock.now())


@pytest.fixture
def where() -> Whereabouts:
    return whereabouts.from_settings()


def lives() -> None:
    heartbeats.alive("web", since=clock.now(), now=clock.now())


def kept(person: Person) -> dict[str, Any]:
    return dict((collection("sessions").find_one({"_id": person.session_id}) or {})["refresh"])


def test_a_session_keeps_which_key_signed_its_newest_token(person: Person) -> None:
    login = {"username": person.username, "password": PASSWORD}
    signed_in = Api().post("/auth/login", login).json
    with override_settings(JWT_SIGNING_KEYS=(NEW, OLD)):
        refreshed = Api().post("/auth/refresh", {"refresh_token": signed_in["refresh_token"]}).json

    session = collection("sessions").find_one({"_id": signed_in["session_id"]}) or {}
    assert kept(person)["kid"] == keys.fingerprint(OLD, purpose="kid")
    assert session["refresh"]["kid"] == keys.fingerprint(NEW, purpose="kid")
    assert session["refresh"]["kid"] == tokens.get_unverified_header(refreshed["refresh_token"])["kid"]


@pytest.mark.usefixtures("person")
def test_all_is_well_while_every_session_can_go_on(where: Whereabouts) -> None:
    alone = jwt.look(where)
    lives()

    found = jwt.look(where)

    assert (alone.result, alone.evidence) == (
        Result.OK,
        ("no process lives that tells of its keys; sessions looked at: 1",),
    )
    kid = keys.fingerprint(OLD, purpose="kid")
    assert found.result == Result.OK
    assert found.evidence == (f"processes that live: 1, signing with {kid}; sessions looked at: 1",)


@pytest.mark.usefixtures("person")
def test_a_change_without_overlap_is_told_by_the_sessions_that_it_has_ended(where: Whereabouts) -> None:
    new_person()
    with override_settings(JWT_SIGNING_KEYS=(NEW,)):
        lives()
        whole = jwt.look(where)
        for _ in range(3):
            new_person()
        part = jwt.look(where)
        told = str(part)
    with override_settings(JWT_SIGNING_KEYS=(NEW, OLD)):
        lives()
        mended = jwt.look(where)

    assert (whole.result, part.result, mended.result) == (Result.FAILED, Result.DEGRADED, Result.OK)
    assert whole.evidence[0] == ("2 of the newest 2 sessions were signed by a key that no process has")
    assert part.evidence[0] == "2 of the newest 5 sessions were signed by a key that no process has"
    assert str(part.cause).startswith("JWT_SIGNING_KEY was changed without overlap")
    assert NEW not in told
    assert OLD not in told


def test_what_has_ended_or_kept_no_id_is_not_lost(person: Person, where: Whereabouts) -> None:
    over, old, late = new_person(), new_person(), new_person()
    sessions, past = collection("sessions"), clock.now() - timedelta(minutes=1)
    sessions.update({"_id": over.session_id}, {"$set": {"revoked_at": past}})
    sessions.update({"_id": old.session_id}, {"$set": {"expires_at": past}})
    sessions.update({"_id": late.session_id}, {"$set": {"refresh.exp": int(past.timestamp())}})
    sessions.update({"_id": person.session_id}, {"$unset": {"refresh.kid": ""}})

    with override_settings(JWT_SIGNING_KEYS=(NEW,)):
        found = jwt.look(where)

    assert (found.result, sign_in_queries.signers(clock.now())) == (Result.OK, {None: 1})


def test_only_the_newest_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_in_queries, "SAMPLE_OF_SESSIONS", 2)
    for _ in range(3):
        new_person()

    with commands.watched():  # the watch over queries has a look, too
        assert sum(sign_in_queries.signers(clock.now()).values()) == 2


def test_without_mongodb_only_what_is_weak_can_be_told(where: Whereabouts) -> None:
    away = replace(where, mongodb=None)

    with override_settings(FIELD_KEYS=("open-sesame",)):
        weak = jwt.look(away)

    assert jwt.look(away).result == Result.COULD_NOT_LOOK
    assert (weak.result, weak.evidence) == (
        Result.DEGRADED,
        ("FIELD_KEY is shorter than 32 characters", "MongoDB cannot be asked"),
    )
