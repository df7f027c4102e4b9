"""doctor:auth: what sign-in has refused of late, by reason."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from family_site.identity import sign_in_queries
from family_site.identity.checks import refusals
from ops import clock, rejections
from ops.doctor import whereabouts
from ops.doctor.check import Finding, Result
from ops.jobs import heartbeats
from ops.mongo.collections import collection
from ops.security import SecurityEventType, record
from ops.security.recording import recorder
from tests import commands
from tests.api import Api
from tests.factories import Person

ADDRESS, OTHER = "203.0.113.9", "203.0.113.10"


@pytest.fixture(autouse=True)
def _none_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(rejections, "_counts", {})
    recorder.flush()
    collection("security_events").delete({})
    yield
    heartbeats.ended("web", forgotten=clock.now())


def looked() -> Finding:
    """Return what doctor says, once this process has told what it refused."""
    heartbeats.alive("web", since=clock.now(), now=clock.now())
    recorder.flush()
    return refusals.look(whereabouts.from_settings())


def happened(kind: SecurityEventType, subject: str, times: int) -> None:
    for _ in range(times):
        record(kind, subject, {})


def bearer(token: str) -> int:
    return Api(authorization=f"Bearer {token}").get("/auth/me").status


def test_nothing_refused_is_well() -> None:
    found = looked()

    assert (found.result, found.evidence) == (
        Result.OK,
        ("tokens not taken in 10 min: none; in this hour and the last: none; no tries are counted",),
    )


def test_tokens_are_counted_by_the_reason_for_which_they_were_not_taken(person: Person) -> None:
    head, payload, _signature = person.token.split(".")
    forged = f"{head}.{payload}.{'A' * 43}"
    assert {bearer(forged), bearer(forged), bearer("nonsense")} == {401}
    assert Api().post("/auth/refresh", {"refresh_token": forged}).status == 401
    Api(person).post("/auth/logout")
    assert bearer(person.token) == 401

    found = looked()

    assert found.result == Result.OK
    assert found.evidence[0].startswith("tokens not taken in 10 min: 3 signature, 1 malformed, 1 revoked; ")


def test_many_of_a_foreign_signature_point_to_the_keys() -> None:
    for _ in range(refusals.RUN):
        rejections.count("signature")

    found = looked()

    assert (found.result, found.evidence[0]) == (
        Result.DEGRADED,
        "10 tokens were signed by a key that the process did not have",
    )
    assert str(found.cause).startswith("the signing key differs between processes or was changed (see jwt)")
    assert found.remedy == ".venv/bin/python manage.py doctor --section 6"


def test_a_run_of_one_reason_is_named_with_whom_it_is_about() -> None:
    happened(SecurityEventType.SIGN_IN_LIMITED, OTHER, 2)
    happened(SecurityEventType.SIGN_IN_LIMITED, ADDRESS, 9)
    happened(SecurityEventType.REFRESH_REUSED, "user_1", 1)
    happened(SecurityEventType.RATE_LIMITED, ADDRESS, 99)

    found = looked()

    assert (found.result, found.evidence[0]) == (
        Result.DEGRADED,
        f"sign_in_limited 11 times, 9 of them {ADDRESS}",
    )
    assert found.cause == "somebody guesses passwords, or a program has an old one"
    assert found.remedy == ".venv/bin/python manage.py security_events --since 1h"
    assert "in this hour and the last: 11 sign_in_limited, 1 refresh_reused; " in found.evidence[1]


def test_a_few_refusals_and_old_ones_are_none_of_its_business() -> None:
    happened(SecurityEventType.SIGN_IN_LIMITED, ADDRESS, refusals.RUN - 1)
    happened(SecurityEventType.REFRESH_REUSED, "user_1", refusals.RUN)
    recorder.flush()
    long_ago = clock.now() - timedelta(hours=1, minutes=1)
    reused = {"type": SecurityEventType.REFRESH_REUSED}
    collection("security_events").update(reused, {"$set": {"last_at": long_ago}})

    assert looked().result == Result.OK


def test_wrong_passwords_are_told_as_they_are_counted(person: Person) -> None:
    for _ in range(3):
        Api().post("/auth/login", {"username": person.username, "password": "Quite-Wrong-7!"})

    # Where it came from counts with the name, and the name alone.
    assert looked().evidence[0].endswith("; 2 names or addresses have tries counted, one of them 3")
    with commands.watched():  # the watch over queries has a look, too
        assert sign_in_queries.tries(clock.now()) == (2, 3)


def test_without_mongodb_nobody_can_look() -> None:
    where = replace(whereabouts.from_settings(), mongodb=None)

    assert refusals.look(where).result == Result.COULD_NOT_LOOK
