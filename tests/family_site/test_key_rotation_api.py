"""A new key for signing tokens signs nobody out. Source: HTTP contract, section 11 (tokens)."""

import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import jwt
import pytest
from django.conf import settings
from django.test import override_settings

from tests.api import Api
from tests.factories import PASSWORD, Person

Keys = Callable[..., AbstractContextManager[Any]]
OLD, NEW = settings.JWT_SIGNING_KEY, secrets.token_urlsafe(48)


@pytest.fixture
def keys() -> Keys:
    """``keys(first, second)`` are those that are set."""
    return lambda *given: override_settings(JWT_SIGNING_KEYS=given)


def log_in(person: Person) -> dict[str, Any]:
    body = {"username": person.username, "password": PASSWORD}
    tokens: dict[str, Any] = Api().post("/auth/login", body).json
    return tokens


def outcome(tokens: dict[str, Any]) -> str:
    """Return how a call with this access token ends."""
    answer = Api(authorization=f"Bearer {tokens['access_token']}").get("/auth/me")
    if answer.status == 200:
        return "taken"
    assert answer.problem == (401, "INVALID_TOKEN")
    return str(answer.json["details"]["reason"])


def key_id(token: str) -> str:
    return str(jwt.get_unverified_header(token)["kid"])


def test_what_the_old_key_signed_is_taken_until_it_goes(person: Person, keys: Keys) -> None:
    tokens = log_in(person)

    with keys(NEW, OLD):
        assert outcome(tokens) == "taken"
    with keys(NEW):
        assert outcome(tokens) == "signature"


def test_the_first_key_signs(person: Person, keys: Keys) -> None:
    old = log_in(person)
    with keys(OLD, NEW):
        assert key_id(log_in(person)["access_token"]) == key_id(old["access_token"])

    with keys(NEW, OLD):
        new = log_in(person)

    assert key_id(new["access_token"]) == key_id(new["refresh_token"]) != key_id(old["access_token"])
    with keys(NEW):
        assert outcome(new) == "taken"
    with keys(OLD, NEW):
        assert outcome(new) == "taken"
    assert outcome(new) == "signature"


def test_a_session_goes_on_from_the_old_key_to_the_new_one(person: Person, keys: Keys) -> None:
    tokens = log_in(person)

    with keys(NEW, OLD):
        answer = Api().post("/auth/refresh", {"refresh_token": tokens["refresh_token"]})

    with keys(NEW):
        assert outcome(answer.json) == "taken"
        again = Api().post("/auth/refresh", {"refresh_token": answer.json["refresh_token"]})
        assert again.status == 200


def test_the_key_itself_is_not_in_a_token(person: Person) -> None:
    tokens = log_in(person)

    assert OLD not in tokens["access_token"]
    assert key_id(tokens["access_token"]) not in OLD
    assert len(key_id(tokens["access_token"])) == 16


def test_a_token_that_names_one_key_and_is_signed_by_another_is_refused(person: Person, keys: Keys) -> None:
    tokens = log_in(person)
    claims = jwt.decode(tokens["access_token"], options={"verify_signature": False})
    head = {"kid": key_id(tokens["access_token"])}
    forged = jwt.encode(claims, NEW, algorithm="HS256", headers=head)

    with keys(NEW, OLD):
        assert outcome({"access_token": forged}) == "signature"
