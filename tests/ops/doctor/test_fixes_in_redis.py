"""fix:remirror_limits and fix:endless_keys: what was changed in Redis by hand, or has lost its end."""

from typing import Any

import pytest
from redis.exceptions import ConnectionError as AwayError

from ops import clock
from ops.actors import Actor
from ops.doctor.fixes import keys
from ops.limits import mirror, overrides
from ops.redis import store
from tests.factories import new_override
from tests.ops.doctor.fixed import noted, typed

ME = Actor.shell().id
HOUR = 3600


@pytest.fixture
def redis() -> Any:
    return store()


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        (lambda redis: redis.set(mirror.HASH, "a string"), "it was no hash"),
        (lambda redis: redis.delete(mirror.HASH), "2 missing"),
        (lambda redis: redis.hset(mirror.HASH, "/x", "{}"), "1 foreign"),
        (lambda redis: redis.hset(mirror.HASH, "login", "{}"), "1 stale"),
    ],
    ids=["no hash", "flushed", "foreign", "stale"],
)
def test_the_hash_is_written_as_the_overrides_are(redis: Any, damage: Any, found: str) -> None:
    new_override("/family/create")
    new_override("login")
    damage(redis)
    before = redis.dump(mirror.HASH)

    assert typed("remirror_limits") == (1, [f"write rate_limit_config anew: {found}"], None)
    assert redis.dump(mirror.HASH) == before
    done = typed("remirror_limits", apply=True, reason="flushed")

    assert done.lines == [f"rate_limit_config was written anew, with 2 overrides: {found}"]
    assert not mirror.difference(overrides.stored(clock.now()))
    assert typed("remirror_limits", apply=True) == (0, [], None)
    assert noted() == [("remirror_limits", ME, "flushed")]


def test_keys_without_an_end_go_or_get_one_and_all_others_stay(redis: Any) -> None:
    counter = f"rate_limit:user:user_1:read:{int(clock.now().timestamp()) + HOUR}"
    for key in ("cache:usage:1", "cache:usage:2", "auth:1", "session:ses_1", counter):
        redis.set(key, 1)
    others = {"cache:usage:3": 60, "session:ses_2": 60, "cache_stats": None, "somebodys": None}
    for key, ttl in others.items():
        redis.set(key, 1, ex=ttl)
    keys_before = set(redis.keys("*"))

    dry = typed("endless_keys")
    assert dry.lines == [
        "delete 1 key below auth:",
        "delete 2 keys below cache:",
        "give an end to 1 key below rate_limit:",
        "give an end to 1 key below session:",
    ]
    assert (set(redis.keys("*")), redis.ttl("session:ses_1")) == (keys_before, -1)

    done = typed("endless_keys", apply=True)

    assert len(done.lines) == 4
    gone = {key for key in keys_before if not redis.exists(key)}
    assert gone == {b"cache:usage:1", b"cache:usage:2", b"auth:1"}
    assert 0 < redis.ttl("session:ses_1") <= keys.SESSION_SECONDS
    assert keys.SESSION_SECONDS < redis.ttl(counter) <= HOUR
    assert redis.ttl("somebodys") == redis.ttl("cache_stats") == -1
    assert typed("endless_keys", apply=True) == (0, [], None)
    assert noted() == [("endless_keys", ME, None)]


def test_all_of_redis_is_searched_in_portions(redis: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "PORTION", 10)
    redis.mset({f"cache:usage:{number}": 1 for number in range(95)})

    assert typed("endless_keys", apply=True).lines == ["delete: 95 keys below cache:"]
    assert redis.keys("cache:usage:*") == []


def test_a_search_ends_when_its_time_is_over_and_says_so(redis: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    redis.mset({f"cache:usage:{number}": 1 for number in range(95)})
    monkeypatch.setattr(keys, "PORTION", 10)
    monkeypatch.setattr(keys, "SEARCH_SECONDS", -1.0)

    rest = "look at the rest: only a part was searched in -1 s"
    assert typed("endless_keys").lines[-1] == rest
    assert typed("endless_keys", apply=True).lines[-1] == rest
    assert 0 < len(redis.keys("cache:usage:*")) < 95


@pytest.mark.parametrize("name", ["endless_keys", "remirror_limits"])
@pytest.mark.parametrize("apply", [False, True])
def test_while_redis_is_away_both_refuse(name: str, apply: bool, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: FBT001  # a parameter of the test
    new_override("login")

    def away(*_args: Any, **_options: Any) -> None:
        raise AwayError

    for command in ("scan", "hgetall"):
        monkeypatch.setattr(store(), command, away)

    said = typed(name, apply=apply)

    assert said == (
        1,
        [],
        "Redis cannot be used (ConnectionError); `manage.py doctor --section 3` says why.",
    )
    assert noted() == []
