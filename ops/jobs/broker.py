"""The Redis through which beat's ticks reach the worker: where it is, and how many wait there.

It may lose everything at any moment (``FLUSHALL`` empties all databases): what must not be lost lies in
MongoDB, and the next tick finds it.
"""

from urllib.parse import parse_qsl, urlencode, urlsplit

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

QUEUE = "jobs"
DATABASE = 1
DEFAULT_PORT = 6379
SECONDS = 1.0
# What of the cache's address also concerns the way to the broker; the rest concerns its client.
KEPT = "ssl_"
LOOPBACK = frozenset({None, "", "localhost", "127.0.0.1", "::1"})


def beside(cache: str) -> str:
    """Return the broker's address when only the cache's is known: database 1 of the same server."""
    parts = urlsplit(cache)
    kept = [(name, value) for name, value in parse_qsl(parts.query) if name.startswith(KEPT)]
    return parts._replace(path=f"/{DATABASE}", query=urlencode(kept)).geturl()


def same_server(one: str, other: str) -> bool:
    """Tell whether two addresses lead to the same server, in whatever database."""
    return _server(one) == _server(other)


def waiting(address: str) -> int:
    """Return how many ticks wait in the queue; asked anew and once, so that a caller waits a second at most.

    Raises:
        redis.exceptions.RedisError: the broker is away, hangs or refuses.
        ValueError: this is no address of a Redis.
    """
    with client(address) as redis:
        length: int = redis.llen(QUEUE)
        return length


def client(address: str) -> Redis:
    """Return a client of the broker that gives up soon.

    Raises:
        ValueError: this is no address of a Redis.
    """
    redis: Redis = Redis.from_url(
        address, socket_timeout=SECONDS, socket_connect_timeout=SECONDS, retry=Retry(NoBackoff(), 0)
    )
    return redis


def _server(address: str) -> tuple[str, int]:
    parts = urlsplit(address)
    host = "localhost" if parts.hostname in LOOPBACK else str(parts.hostname)
    return host, parts.port or DEFAULT_PORT
