"""A Redis that hangs costs one caller a pause its wait, and the others nothing."""

import socket
from collections.abc import Iterator

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as AwayError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as LateError

from ops import redis
from ops.redis import GuardedPool, store


class Clock:
    """The monotonic clock, set by hand."""

    now = 1000.0

    def monotonic(self) -> float:
        """Return the time."""
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    clock = Clock()
    monkeypatch.setattr(redis, "time", clock)
    yield clock
    redis.breaker.close()


@pytest.fixture
def hanging() -> Iterator[Redis]:
    """A client of something that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"redis://127.0.0.1:{listener.getsockname()[1]}/0"
        pool = GuardedPool.from_url(url, socket_connect_timeout=0.05, socket_timeout=0.05)
        yield Redis(connection_pool=pool)
        pool.disconnect()


def outcome(client: Redis) -> type[RedisError]:
    with pytest.raises(RedisError) as refused:
        client.get("key")
    return type(refused.value)


def test_after_one_who_waited_nobody_waits_until_the_pause_is_over(clock: Clock, hanging: Redis) -> None:
    assert [outcome(hanging) for _ in range(4)] == [LateError, AwayError, AwayError, AwayError]

    clock.now += redis.PAUSE_SECONDS
    assert [outcome(hanging) for _ in range(3)] == [LateError, AwayError, AwayError]


def test_while_one_finds_out_the_others_are_refused(clock: Clock) -> None:
    redis.breaker.trip()
    clock.now += redis.PAUSE_SECONDS

    redis.breaker.check()  # this one may ask

    with pytest.raises(AwayError):
        redis.breaker.check()


def test_one_answer_lets_all_ask_again(clock: Clock, hanging: Redis) -> None:
    assert [outcome(hanging), outcome(store())] == [LateError, AwayError]
    clock.now += redis.PAUSE_SECONDS

    store().set("key", "value")

    assert store().get("key") == b"value"


@pytest.mark.usefixtures("clock")
def test_a_redis_that_refuses_is_asked_each_time_since_that_costs_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    refused = Redis(connection_pool=GuardedPool.from_url(f"redis://127.0.0.1:{port}/0"))

    assert [outcome(refused), outcome(refused)] == [AwayError, AwayError]

    redis.breaker.check()  # refuses nobody


@pytest.mark.usefixtures("clock")
def test_a_pipeline_and_a_connection_of_another_kind_are_guarded_too(hanging: Redis) -> None:
    elsewhere = Redis(connection_pool=GuardedPool.from_url("unix:///nowhere.sock"))
    late, refused = hanging.pipeline(transaction=False), elsewhere.pipeline()
    late.get("key")
    refused.get("key")

    with pytest.raises(LateError):
        late.execute()
    with pytest.raises(AwayError, match="not asked"):
        refused.execute()


@pytest.mark.usefixtures("clock")
def test_the_probe_says_what_is_wrong() -> None:
    assert redis.probe() is None

    redis.breaker.trip()

    assert redis.probe() == "ConnectionError"
