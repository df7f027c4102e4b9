"""POST /auth/refresh. Source: HTTP contract, sections 11 (tokens) and 18 (rules 15, 17)."""

from datetime import timedelta
from functools import partial
from typing import Any

import jwt
import pytest
from django.conf import settings
from django.test import override_settings

from family_site.identity.actions.disabling import disable
from family_site.identity.actions.passwords import set_password
from family_site.identity.actions.sessions import end_sessions
from ops import clock, signing
from ops.actors import Actor
from ops.mongo.collections import collection
from ops.redis import store
from ops.signing import TokenType
from tests.api import Answer, Api
from tests.database import audit, documents
from tests.factories import PASSWORD, Person
from tests.family_site.test_register_api import TOKENS
from tests.races import at_once

ELSEWHERE = "redis://127.0.0.1:1/0"  # nothing listens there


def sign_in(person: Person) -> dict[str, Any]:
    tokens: dict[str, Any] = (
        Api().post("/auth/login", {"username": person.username, "password": PASSWORD}).json
    )
    return tokens


def refresh(token: str) -> Answer:
    return Api().post("/auth/refresh", {"refresh_token": token})


def refused(answer: Answer) -> str:
    assert answer.problem == (401, "INVALID_TOKEN")
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    reason: str = answer.json["details"]["reason"]
    return reason


def is_in_force(tokens: dict[str, Any]) -> bool:
    answer = Api(authorization=f"Bearer {tokens['access_token']}").get("/auth/me")
    return answer.status == 200 or refused(answer) != "revoked"


def session_of(tokens: dict[str, Any]) -> dict[str, Any]:
    (found,) = [each for each in documents("sessions")["sessions"] if each["_id"] == tokens["session_id"]]
    return found


def a_while_later(tokens: dict[str, Any], seconds: float) -> None:
    """Move the last rotation into the past."""
    change = {"$inc": {"previous.rotated_at": -seconds}}
    assert collection("sessions").update({"_id": tokens["session_id"]}, change)


def claims_of(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def forged(token: str, kind: TokenType = TokenType.REFRESH, *, age: int = 0, **changed: Any) -> str:
    """Return a token that we signed, with other claims."""
    claims = {name: claims_of(token)[name] for name in ("sub", "sid", "jti")} | changed
    issued = int(clock.now().timestamp()) - age
    return signing.sign(kind, claims, issued_at=issued, seconds=settings.REFRESH_TOKEN_SECONDS)


def test_a_refresh_gives_two_new_tokens_of_the_same_session_and_leaves_one_entry(person: Person) -> None:
    first = sign_in(person)
    entries = audit()

    answer = refresh(first["refresh_token"])

    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json.keys() == TOKENS
    assert (answer.json["expires_in"], answer.json["refresh_expires_in"]) == (900, 604_800)
    assert answer.json["session_id"] == first["session_id"]
    assert answer.json["user"] == first["user"]
    assert answer.json["access_token"] != first["access_token"]
    assert answer.json["refresh_token"] != first["refresh_token"]
    assert is_in_force(answer.json)
    assert is_in_force(first)
    (entry,) = [each for each in audit() if each not in entries]
    assert (entry["action"], entry["actor"]) == ("session.refreshed", person.id)
    assert entry["target"] == first["session_id"]
    everything = repr(documents())
    assert answer.json["refresh_token"] not in everything
    assert first["refresh_token"] not in everything


def test_a_session_goes_on_from_token_to_token(person: Person) -> None:
    tokens = sign_in(person)
    before = session_of(tokens)

    for _ in range(3):
        a_rotation_ago = session_of(tokens)["last_seen_at"]
        tokens = refresh(tokens["refresh_token"]).json
        assert session_of(tokens)["last_seen_at"] >= a_rotation_ago

    assert is_in_force(tokens)
    assert session_of(tokens)["expires_at"] == before["expires_at"]
    assert len(audit("session.refreshed")) == 3


def test_the_last_token_may_be_repeated_for_a_moment_and_yields_the_same_successor(person: Person) -> None:
    first = sign_in(person)
    second = refresh(first["refresh_token"]).json
    a_while_later(first, 8)
    before = documents("sessions", "audit_log")

    again = refresh(first["refresh_token"])

    assert again.status == 200
    assert again.json["refresh_token"] == second["refresh_token"]
    assert is_in_force(again.json)
    assert documents("sessions", "audit_log") == before


def test_a_token_used_twice_ends_its_session_at_once_and_no_other(person: Person) -> None:
    first, other = sign_in(person), sign_in(person)
    second = refresh(first["refresh_token"]).json
    assert is_in_force(second)  # so that its state is remembered
    a_while_later(first, 11)
    entries = audit()

    assert refused(refresh(first["refresh_token"])) == "reused"

    assert (is_in_force(first), is_in_force(second), is_in_force(other)) == (False, False, True)
    assert refused(refresh(second["refresh_token"])) == "revoked"
    assert refused(refresh(first["refresh_token"])) == "revoked"
    (entry,) = [each for each in audit() if each not in entries]
    assert (entry["action"], entry["target"]) == ("session.revoked", first["session_id"])
    assert entry["after"] == {"sessions": [first["session_id"]], "cause": "refresh_token_reused"}
    store().flushall()
    assert not is_in_force(second)


def test_a_token_older_than_the_last_ends_the_session_however_soon(person: Person) -> None:
    first = sign_in(person)
    second = refresh(first["refresh_token"]).json
    third = refresh(second["refresh_token"]).json

    assert refused(refresh(first["refresh_token"])) == "reused"
    assert not is_in_force(third)


def test_a_session_ends_by_a_used_token_also_while_redis_is_away(person: Person) -> None:
    first = sign_in(person)
    second = refresh(first["refresh_token"]).json
    a_while_later(first, 11)
    store.cache_clear()
    try:
        with override_settings(REDIS_URL=ELSEWHERE):
            assert refused(refresh(first["refresh_token"])) == "reused"
    finally:
        store.cache_clear()

    assert refused(refresh(second["refresh_token"])) == "revoked"
    assert session_of(first)["revoked_at"] is not None


def test_sixteen_parallel_calls_get_one_successor(person: Person) -> None:
    first = sign_in(person)

    answers = at_once([partial(refresh, first["refresh_token"])] * 16)

    assert [answer.status for answer in answers] == [200] * 16
    (successor,) = {answer.json["refresh_token"] for answer in answers}
    assert len(audit("session.refreshed")) == 1
    assert refresh(successor).status == 200


def test_of_parallel_calls_with_a_reused_token_one_ends_the_session(person: Person) -> None:
    first = sign_in(person)
    refresh(first["refresh_token"])
    a_while_later(first, 11)

    answers = at_once([partial(refresh, first["refresh_token"])] * 8)

    assert sorted(refused(answer) for answer in answers) == ["reused"] + ["revoked"] * 7
    assert len(audit("session.revoked")) == 1


def test_a_refresh_token_lives_no_longer_than_its_session(person: Person) -> None:
    first = sign_in(person)
    ends_at = clock.now() + timedelta(hours=1)
    collection("sessions").update({"_id": first["session_id"]}, {"$set": {"expires_at": ends_at}})

    answer = refresh(first["refresh_token"])

    assert claims_of(answer.json["refresh_token"])["exp"] == int(ends_at.timestamp())
    claims = claims_of(answer.json["refresh_token"])
    assert answer.json["refresh_expires_in"] == claims["exp"] - claims["iat"]
    collection("sessions").update({"_id": first["session_id"]}, {"$set": {"expires_at": clock.now()}})
    assert refused(refresh(answer.json["refresh_token"])) == "revoked"


def test_what_is_no_good_refresh_token_is_refused_and_ends_nothing(person: Person, stranger: Person) -> None:
    tokens = sign_in(person)
    good = tokens["refresh_token"]
    before = documents()
    cases = [
        (tokens["access_token"], "malformed"),
        (forged(good, TokenType.ACCESS), "malformed"),
        (forged(good, age=settings.REFRESH_TOKEN_SECONDS), "expired"),
        (forged(good, sub=stranger.id), "revoked"),
        (forged(good, sid=stranger.session_id), "revoked"),
        (forged(good, sid="ses_000000000000000000000000000000"), "revoked"),
        (good[:-6] + "AAAAAA", "signature"),
        ("x", "malformed"),
        ("..", "malformed"),
        ("é.é.é", "malformed"),
    ]

    for token, reason in cases:
        assert refused(refresh(token)) == reason, token

    assert documents() == before
    assert refresh(good).status == 200


def test_no_token_of_an_ended_session_is_taken(person: Person) -> None:
    tokens = sign_in(person)
    Api(authorization=f"Bearer {tokens['access_token']}").post("/auth/logout")

    assert refused(refresh(tokens["refresh_token"])) == "revoked"


def test_who_is_disabled_or_has_another_password_cannot_go_on(person: Person, stranger: Person) -> None:
    one, other = sign_in(person), sign_in(stranger)

    disable(person.id, actor=Actor.system("tests"), now=clock.now(), reason="Lost device")
    set_password(stranger.id, "Other-Long-8?", actor=Actor.system("tests"), now=clock.now())

    assert refused(refresh(one["refresh_token"])) == "revoked"
    assert refused(refresh(other["refresh_token"])) == "revoked"


def test_a_session_that_ends_while_it_is_refreshed_stays_ended(person: Person) -> None:
    tokens = sign_in(person)

    def end() -> None:
        end_sessions({"_id": tokens["session_id"]}, actor=Actor.system("tests"), now=clock.now())

    calls: list[Any] = [partial(refresh, tokens["refresh_token"])] * 4
    at_once([*calls, end])

    assert session_of(tokens)["revoked_at"] is not None
    assert not is_in_force(tokens)


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({}, {("refresh_token", "required")}),
        ({"refresh_token": None}, {("refresh_token", "null")}),
        ({"refresh_token": 5}, {("refresh_token", "invalid_type")}),
        ({"refresh_token": {"$ne": ""}}, {("refresh_token", "invalid_type")}),
        ({"refresh_token": ""}, {("refresh_token", "too_short")}),
        ({"refresh_token": "x" * 2049}, {("refresh_token", "too_long")}),
        ({"refresh_token": "x", "role": "staff"}, {("role", "unknown_field")}),
    ],
)
def test_a_body_of_another_shape_is_refused(body: dict[str, Any], faults: set[tuple[str, str]]) -> None:
    assert Api().post("/auth/refresh", body).faults == faults
