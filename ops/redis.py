"""The cache's Redis: one client a process, short time limits, keys under their literal names."""

import uuid
from typing import TYPE_CHECKING

from django_redis import get_redis_connection
from redis.exceptions import RedisError

if TYPE_CHECKING:
    from redis import Redis


def store() -> "Redis[bytes]":
    """Return the client of the cache's Redis, database 0.

    Its calls raise ``redis.exceptions.RedisError`` within about 100 ms when Redis is away: the caller
    says what then happens, since nothing durable may depend on it.
    """
    client: Redis[bytes] = get_redis_connection("default")
    return client


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
        return type(error).__name__
