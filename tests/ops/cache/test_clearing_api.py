"""POST /admin/clear-cache, and the command that does the same. Source: HTTP contract, section 14."""

from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from family_site.identity.roles import Role
from ops import redis
from ops.cache import clearing
from ops.redis import store
from tests.api import Api
from tests.database import audit
from tests.factories import Person, new_staff

PATH = "/admin/clear-cache"
ALL = ["cache", "auth", "health"]
CLEARED = {
    "cache:usage:1": "value",
    "cache:usage:1:making": "1",
    "cache:": "odd",
    "auth:challenge:1": "value",
    "health:probe:1": "1",
}
# What looks like it, and is none of it.
KEPT = {
    "session:ses_1": "value",
    "rate_limit:user:user_1:read:1767225600": "3",
    "rate_limit:user:user_1:auth:1767225600": "3",
    "rate_limit_config_of_old": "value",
    "cache_stats_of_old": "value",
    "caches:1": "value",
    "my:cache:1": "value",
    "author:1": "value",
    "_kombu.binding.celery": "value",
}


@pytest.fixture
def operator() -> Person:
    return new_staff(Role.OPERATOR)


@pytest.fixture
def filled() -> set[bytes]:
    """Keys of all kinds; returns which of them are to stay."""
    store().mset(CLEARED | KEPT)
    store().hset("rate_limit_config", "/family/create", "{}")
    store().rpush("celery", "a job", "another")
    return {name.encode() for name in KEPT} | {b"rate_limit_config", b"celery"}


@pytest.fixture
def away() -> Iterator[None]:
    """Redis gave no answer a moment ago."""
    redis.breaker.trip()
    yield
    redis.breaker.close()


def keys(*begins: str) -> set[bytes]:
    return {key for begin in begins for key in store().scan_iter(f"{begin}*")}


def command(*words: str) -> str:
    out = StringIO()
    call_command("clear_cache", *words, stdout=out)
    return out.getvalue()


@pytest.mark.parametrize("body", [None, {}])
def test_without_a_name_all_namespaces_are_cleared_and_nothing_else(
    operator: Person, filled: set[bytes], body: Any
) -> None:
    answer = Api(operator).post(PATH, body)

    assert (answer.status, answer.json) == (200, {"cleared": 5, "namespaces": ALL})
    assert keys("cache:", "auth:", "health:") == set()
    assert filled <= keys("")
    assert store().lrange("celery", 0, -1) == [b"a job", b"another"]
    assert store().hgetall("rate_limit_config") == {b"/family/create": b"{}"}


@pytest.mark.parametrize(("namespace", "number"), [("cache", 3), ("auth", 1), ("health", 1)])
def test_one_namespace_is_cleared_alone(
    operator: Person, filled: set[bytes], namespace: str, number: int
) -> None:
    answer = Api(operator).post(PATH, {"namespace": namespace})

    assert (answer.status, answer.json) == (200, {"cleared": number, "namespaces": [namespace]})
    assert keys("cache:", "auth:", "health:") == {
        name.encode() for name in CLEARED if not name.startswith(f"{namespace}:")
    }
    assert filled <= keys("")


def test_more_keys_than_a_portion_are_cleared_all(monkeypatch: pytest.MonkeyPatch, operator: Person) -> None:
    monkeypatch.setattr(clearing, "PORTION", 10)
    store().mset({f"cache:sums:{number}": "1" for number in range(500)})

    assert Api(operator).post(PATH, {"namespace": "cache"}).json["cleared"] == 500


def test_a_clearing_leaves_an_audit_entry(operator: Person, filled: set[bytes]) -> None:  # noqa: ARG001  # are there
    Api(operator).post(PATH, {"namespace": "cache"})

    (entry,) = audit("cache.cleared")
    assert (entry["actor"], entry["actor_kind"], entry["target"]) == (operator.id, "staff", "cache")
    assert (entry["before"], entry["after"]) == ({}, {"namespaces": ["cache"], "cleared": 3})


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"namespace": "session"}, ("namespace", "invalid_choice")),
        ({"namespace": "rate_limit"}, ("namespace", "invalid_choice")),
        ({"namespace": "*"}, ("namespace", "invalid_choice")),
        ({"namespace": ["cache"]}, ("namespace", "invalid_type")),
        ({"namespace": None}, ("namespace", "null")),
        ({"namespaces": ["cache"]}, ("namespaces", "unknown_field")),
    ],
)
def test_a_namespace_that_is_none_is_refused_and_nothing_cleared(
    operator: Person, filled: set[bytes], body: Any, fault: tuple[str, str]
) -> None:
    assert Api(operator).post(PATH, body).faults == {fault}

    assert filled | {name.encode() for name in CLEARED} <= keys("")
    assert audit("cache.cleared") == []


def test_without_a_sign_in_it_tells_the_command_that_needs_none(filled: set[bytes]) -> None:
    answer = Api().post(PATH)

    assert answer.problem == (401, "AUTHENTICATION_REQUIRED")
    assert answer.json["details"] == {"hint": "manage.py clear_cache"}
    assert filled | {name.encode() for name in CLEARED} <= keys("")


def test_while_redis_is_away_it_says_so(operator: Person, away: None) -> None:  # noqa: ARG001  # it is
    answer = Api(operator).post(PATH)

    assert answer.problem == (503, "SERVICE_UNAVAILABLE")
    assert answer.json["message"] == "Redis cannot be reached, so the cache was not cleared."
    assert audit("cache.cleared") == []


def test_the_command_clears_all(filled: set[bytes]) -> None:
    assert command() == "Cleared 5 keys in cache, auth, health.\n"

    assert keys("cache:", "auth:", "health:") == set()
    assert filled <= keys("")
    (entry,) = audit("cache.cleared")
    assert entry["actor"].startswith("shell:")
    assert entry["after"] == {"namespaces": ALL, "cleared": 5}


def test_the_command_clears_what_it_is_told(filled: set[bytes]) -> None:
    assert command("--namespace", "health") == "Cleared 1 key in health.\n"
    assert command("--namespace", "auth", "--namespace", "cache") == "Cleared 4 keys in cache, auth.\n"
    assert command() == "Cleared 0 keys in cache, auth, health.\n"

    assert filled <= keys("")


@pytest.mark.parametrize("word", ["session", "rate_limit", "*", ""])
def test_the_command_refuses_what_is_no_namespace(filled: set[bytes], word: str) -> None:
    with pytest.raises(CommandError, match="invalid choice"):
        command("--namespace", word)

    assert filled | {name.encode() for name in CLEARED} <= keys("")


@pytest.mark.usefixtures("away")
def test_the_command_fails_while_redis_is_away() -> None:
    with pytest.raises(CommandError) as refused:
        command()

    assert str(refused.value) == (
        "Redis cannot be reached, so the cache was not cleared. `manage.py doctor --section 3` says why."
    )
    assert refused.value.returncode == 1
    assert audit("cache.cleared") == []
