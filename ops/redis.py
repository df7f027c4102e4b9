"""The cache's Redis: one client a process, short time limits, keys under their literal names.

After one caller waited in vain, nobody else does for a moment: the pool refuses at once, and one caller a
second finds out whether Redis answers again. Without it a Redis that hangs costs each request its time
limit, once for every command.
"""

import functools
import os
import threading
import time
import uuid
from typing import Any, TypeAlias

from django.conf import settings
from redis import Redis
from redis.connection import AbstractConnection, Connection, ConnectionPool
from redis.exceptions import ConnectionError as AwayError
from redis.exceptions import RedisError, ResponseError
from redis.exceptions import TimeoutError as LateError

from ops.logs import logger
from ops.metrics import redis as metrics

# Long enough for a busy machine to answer in; a Redis that hangs costs it one caller a pause.
WAIT_SECONDS = 0.25
# For what each call asks: it has another way without Redis, and must not wait for it.
QUICK_SECONDS = 0.1
PAUSE_SECONDS = 1.0
Command: TypeAlias = tuple[str | bytes | int, ...]
log = logger(__name__)


class Breaker:
    """Says whether Redis may be asked.

    Without a lock: the worst that a race can do is that two callers ask where one would have been enough.
    """

    def __init__(self) -> None:
        """Start closed."""
        self._ask_at: float | None = None

    def check(self) -> None:
        """Let the caller pass; of those who come after a pause, the first.

        Raises:
            AwayError: Redis gave no answer a moment ago.
        """
        if self._ask_at is None:
            return
        now = time.monotonic()
        if now < self._ask_at:
            raise AwayError("no answer a moment ago, so not asked")
        self._ask_at = now + PAUSE_SECONDS

    def trip(self) -> None:
        """Open: somebody waited in vain."""
        if self._ask_at is None:
            log.warning("redis does not answer, and is asked once a second from now on")
        self._ask_at = time.monotonic() + PAUSE_SECONDS

    def close(self) -> None:
        """Close: it answered."""
        if self._ask_at is not None:
            self._ask_at = None
            log.info("redis answers again")


breaker = Breaker()


class _Watched(AbstractConnection):
    """Tells the breaker what comes of each question; mixed into a connection of any kind."""

    def connect(self) -> None:
        try:
            super().connect()  # type: ignore[no-untyped-call]  # redis ships it without types
        except LateError:
            breaker.trip()
            raise

    def read_response(self, *args: Any, **kwargs: Any) -> Any:
        try:
            answer = super().read_response(*args, **kwargs)
        except LateError:
            breaker.trip()
            raise
        breaker.close()
        return answer


class GuardedPool(ConnectionPool):
    """A pool behind the breaker."""

    def __init__(self, connection_class: type[AbstractConnection] = Connection, **options: Any) -> None:
        """Take what ``ConnectionPool`` takes."""
        watched = type(f"Watched{connection_class.__name__}", (_Watched, connection_class), {})
        super().__init__(connection_class=watched, **options)

    def get_connection(self, *args: Any, **kwargs: Any) -> Any:
        """Return a connection.

        Raises:
            AwayError: Redis is away, or gave no answer a moment ago.
            LateError: it gives no answer now.
        """
        breaker.check()
        return super().get_connection(*args, **kwargs)


@functools.cache  # django-redis makes a client for each request, which costs as much as a look in MongoDB
def store() -> Redis:
    """Return the client of the cache's Redis, database 0.

    Its calls raise ``redis.exceptions.RedisError`` when Redis is away, most of them at once: the caller
    says what then happens, since nothing durable may depend on it.
    """
    return Redis(connection_pool=_pool(WAIT_SECONDS))


def _pool(seconds: float) -> ConnectionPool:
    return GuardedPool.from_url(settings.REDIS_URL, socket_connect_timeout=seconds, socket_timeout=seconds)


class _OwnConnection(threading.local):
    """A connection of each thread."""

    def __init__(self) -> None:
        self.connection: Any = _pool(QUICK_SECONDS).make_connection()


@functools.lru_cache(maxsize=1)
def _own(process: int) -> _OwnConnection:  # noqa: ARG001  # after a fork the socket is the parent's
    return _OwnConnection()


def answers_to(*commands: Command) -> list[Any]:
    """Send commands in one round trip, with the least work: each call of the API asks so.

    A connection of the thread's own saves the pool's lock and look at the socket, half of what a look-up
    costs here.

    Returns:
        Redis' answer to each; where it refused one, its ``ResponseError``.

    Raises:
        RedisError: Redis is away.
    """
    breaker.check()
    connection = _own(os.getpid()).connection
    try:
        connection.send_packed_command(connection.pack_commands(commands), check_health=False)
        return [_answer(connection) for _ in commands]
    except BaseException:
        connection.disconnect()  # or the answer that is still to come would be the next caller's
        raise


def _answer(connection: Any) -> Any:
    try:
        return connection.read_response()
    except ResponseError as refusal:
        return refusal


def value_of(key: str) -> bytes | None:
    """Return the value of a key with the least work.

    Raises:
        RedisError: Redis is away, or the key holds something else than a value.
    """
    (answer,) = answers_to(("GET", key))
    if isinstance(answer, ResponseError):
        raise answer
    value: bytes | None = answer
    return value


def literal_key(key: str, _prefix: str, _version: int) -> str:
    """Leave a cache key as it is: the runbook reads them under their names."""
    return key


def probe() -> str | None:
    """Write, read and delete a key; returns what is wrong, ``None``: nothing."""
    key, value = f"health:probe:{uuid.uuid4().hex}", b"1"
    client = store()
    try:
        client.set(key, value, px=5_000)
        return None if client.getdel(key) == value else "a key that was written cannot be read"
    except RedisError as error:
        metrics.errors.inc(metrics.OTHER)
        return type(error).__name__
