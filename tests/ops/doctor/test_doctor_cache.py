"""What doctor says of what is cached."""

from dataclasses import replace

import pytest
from django.test import override_settings
from redis import Redis

from ops import clock
from ops.actors import Actor
from ops.cache import counting
from ops.cache.clearing import Namespace, clear
from ops.cache.remembering import PREFIX, Kind, remembered
from ops.doctor.check import Finding, Result
from ops.doctor.checks import cache
from ops.doctor.whereabouts import Whereabouts
from ops.redis import store


def test_what_is_cached_is_counted_by_kind(where: Whereabouts) -> None:
    for number in range(3):
        remembered(Kind("sums", str, int), number, lambda: 1)
    store().set(f"{PREFIX}names:1", "1", ex=9)
    store().hset(counting.HASH, mapping={"hits": 30, "misses": 10})

    assert cache.look(where) == Finding(Result.OK, ("1 of names, 3 of sums; 30 of 40 look-ups hit (75%)",))


def test_an_empty_cache_is_well(where: Whereabouts) -> None:
    assert cache.look(where) == Finding(Result.OK, ("empty; 0 of 0 look-ups hit",))


def test_one_that_is_switched_off_is_told(where: Whereabouts) -> None:
    with override_settings(ENABLE_QUERY_CACHE=False):
        found = cache.look(where)

    assert found.evidence == ("empty; 0 of 0 look-ups hit; switched off (ENABLE_QUERY_CACHE)",)


def test_a_key_without_an_end_is_found_and_the_remedy_removes_it(where: Whereabouts) -> None:
    store().set("cache:stray", "for ever")
    found = cache.look(where)

    assert (found.result, found.evidence[0]) == (
        Result.DEGRADED,
        "1 without an end; 1 of stray; 0 of 0 look-ups hit",
    )
    assert found.remedy == ".venv/bin/python manage.py clear_cache --namespace cache"
    clear([Namespace.CACHE], actor=Actor.shell(), now=clock.now())
    assert cache.look(where).result == Result.OK


def test_of_a_very_large_redis_a_part_is_searched(
    where: Whereabouts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "SEARCH_SECONDS", 0.0)
    monkeypatch.setattr(cache, "PORTION", 1)
    store().mset({f"session:{number}": "1" for number in range(50)})

    assert cache.look(where).evidence[0].startswith("in a part of Redis, ")


@pytest.mark.parametrize("address", [None, "redis://127.0.0.1:1/0", "nonsense"])
def test_without_redis_nobody_can_look(where: Whereabouts, address: str | None) -> None:
    found = cache.look(replace(where, redis=address))

    assert (found.result, found.cause) == (Result.COULD_NOT_LOOK, "Redis is away, or too slow")


def test_keys_of_the_wrong_kind_break_no_look(where: Whereabouts) -> None:
    with Redis.from_url(str(where.redis)) as client:
        client.set(b"cache:\xff\xfe:1", b"1", ex=9)
        client.set(counting.HASH, "no hash")

    assert cache.look(where).result == Result.COULD_NOT_LOOK
