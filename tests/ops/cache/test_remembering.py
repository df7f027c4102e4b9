"""What is remembered in Redis, under the state that it was made from."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from django.test import override_settings
from redis.exceptions import RedisError

from ops import redis
from ops.cache import counting, remembering
from ops.cache.remembering import Kind, key_of, remembered
from ops.redis import store
from tests.ops.cache.children import MADE, THREADS

STATE = {"family": [3, "2026-01-31"], "days": 30}
KEY = key_of("sums", STATE)
PROCESSES = 3


def unpacked(stored: object) -> int:
    if not isinstance(stored, dict):
        raise TypeError("not what was packed")
    return int(stored["sum"])


SUMS: Kind[int] = Kind("sums", lambda value: {"sum": value}, unpacked)


class Maker:
    """Makes 1, then 2, and so on."""

    made = 0

    def __call__(self) -> int:
        """Make the next."""
        self.made += 1
        return self.made


@pytest.fixture
def make() -> Maker:
    return Maker()


@pytest.fixture
def away() -> Iterator[None]:
    """Redis gave no answer a moment ago."""
    redis.breaker.trip()
    yield
    redis.breaker.close()


@pytest.fixture
def full() -> Iterator[None]:
    """Redis has reached the most that it may hold, and evicts nothing."""
    store().config_set("maxmemory", "1")
    yield
    store().config_set("maxmemory", "0")


def test_a_value_is_made_once_and_kept_for_a_while(make: Maker) -> None:
    assert [remembered(SUMS, STATE, make) for _ in range(3)] == [1, 1, 1]

    assert store().get(KEY) == b'{"sum":1}'
    with override_settings(CACHE_TTL=7):
        remembered(SUMS, "another state", make)
    assert store().ttl(KEY) in range(290, 301)
    assert store().ttl(key_of("sums", "another state")) in range(1, 8)


def test_what_is_written_ends_by_itself(make: Maker) -> None:
    remembered(SUMS, STATE, make)

    assert {key for key in store().scan_iter() if store().ttl(key) == -1} <= {counting.HASH.encode()}


def test_another_state_has_another_value(make: Maker) -> None:
    later = {**STATE, "family": [4, "2026-01-31"]}

    assert [remembered(SUMS, state, make) for state in (STATE, later, STATE, later)] == [1, 2, 1, 2]


def test_a_state_is_the_same_in_whatever_order_its_parts_are_told(make: Maker) -> None:
    turned = dict(reversed(STATE.items()))

    assert [remembered(SUMS, state, make) for state in (STATE, turned)] == [1, 1]


def test_switched_off_it_makes_each_value_and_asks_redis_for_nothing(make: Maker) -> None:
    with override_settings(ENABLE_QUERY_CACHE=False):
        assert [remembered(SUMS, STATE, make) for _ in range(2)] == [1, 2]

    assert store().keys("cache:*") == []


@pytest.mark.parametrize(
    "garbage",
    [b"", b"{", b"\xff\xfe", b"null", b"[]", b"{}", b'{"sum": "x"}', b'{"sum": null}', b"[" * 10_000, b"NaN"],
)
def test_garbage_under_the_key_is_replaced(make: Maker, garbage: bytes) -> None:
    store().set(KEY, garbage)

    assert [remembered(SUMS, STATE, make) for _ in range(2)] == [1, 1]
    assert store().get(KEY) == b'{"sum":1}'
    assert store().ttl(KEY) > 0


def test_what_is_no_value_under_the_key_is_replaced(make: Maker) -> None:
    store().hset(KEY, "field", "value")

    assert [remembered(SUMS, STATE, make) for _ in range(2)] == [1, 1]
    assert store().get(KEY) == b'{"sum":1}'


@pytest.mark.usefixtures("away")
def test_while_redis_is_away_each_value_is_made(make: Maker) -> None:
    assert [remembered(SUMS, STATE, make) for _ in range(2)] == [1, 2]

    redis.breaker.close()
    assert store().keys("cache:*") == []


@pytest.mark.usefixtures("full")
def test_while_redis_takes_nothing_each_value_is_made(make: Maker) -> None:
    assert [remembered(SUMS, STATE, make) for _ in range(2)] == [1, 2]

    assert store().get(KEY) is None


def test_redis_that_goes_away_while_a_value_is_made_takes_nothing_from_its_caller() -> None:
    def make() -> int:
        redis.breaker.trip()
        return 1

    assert remembered(SUMS, STATE, make) == 1

    redis.breaker.close()
    assert store().get(KEY) is None


@pytest.mark.long
def test_of_callers_in_many_processes_one_makes_the_value() -> None:
    environment = {**os.environ, "ENABLE_QUERY_CACHE": "true"}
    command = [sys.executable, "-m", "tests.ops.cache.children"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    children = [
        subprocess.Popen(command, env=environment, text=True, **pipes)  # type: ignore[call-overload]  # two pipes
        for _ in range(PROCESSES)
    ]
    assert [child.stdout.readline() for child in children] == ["ready\n"] * PROCESSES

    for child in children:
        child.stdin.write("go\n")
        child.stdin.flush()
    got = [child.communicate(timeout=60)[0].split() for child in children]

    assert got == [["1"] * THREADS] * PROCESSES
    assert store().get(MADE) == b"1"


def test_whoever_waits_in_vain_for_another_makes_the_value(make: Maker) -> None:
    store().set(f"{KEY}:making", b"1")  # of somebody who was killed

    assert remembered(SUMS, STATE, make) == 1
    assert store().get(KEY) == b'{"sum":1}'


class BusyClock:
    """A clock with which somebody else is ready as soon as this one sleeps."""

    monotonic = staticmethod(time.monotonic)

    def sleep(self, _seconds: float) -> None:
        """Let the other write."""
        store().set(KEY, b'{"sum":5}')


def test_whoever_waits_gets_what_another_made_meanwhile(monkeypatch: pytest.MonkeyPatch, make: Maker) -> None:
    store().set(f"{KEY}:making", b"1")
    monkeypatch.setattr(remembering, "time", BusyClock())

    assert remembered(SUMS, STATE, make) == 5
    assert make.made == 0


def test_a_value_that_cannot_be_made_is_its_callers_trouble(make: Maker) -> None:
    def fail() -> int:
        raise LookupError("nothing there")

    with pytest.raises(LookupError):
        remembered(SUMS, STATE, fail)

    assert remembered(SUMS, STATE, make) == 1


def test_hits_and_misses_are_gathered(monkeypatch: pytest.MonkeyPatch, make: Maker) -> None:
    monkeypatch.setattr(counting, "EVERY_SECONDS", 0.0)
    monkeypatch.setattr(remembering, "counts", counting.Counts())

    for state in (1, 1, 1, 2):
        remembered(SUMS, state, make)

    assert store().hgetall(counting.HASH) == {b"hits": b"2", b"misses": b"2"}


def test_what_is_not_due_yet_is_written_with_what_comes_later(
    monkeypatch: pytest.MonkeyPatch, make: Maker
) -> None:
    monkeypatch.setattr(remembering, "counts", counting.Counts())
    remembered(SUMS, STATE, make)
    assert store().hgetall(counting.HASH) == {}

    monkeypatch.setattr(counting, "EVERY_SECONDS", 0.0)
    remembered(SUMS, STATE, make)

    assert store().hgetall(counting.HASH) == {b"hits": b"1", b"misses": b"1"}


def test_counts_that_cannot_be_written_are_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "EVERY_SECONDS", 0.0)
    store().set(counting.HASH, "no hash")

    counting.Counts().note(hit=True)

    with pytest.raises(RedisError):
        store().hgetall(counting.HASH)
