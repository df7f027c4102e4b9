"""doctor:redis (runbook R013, R030-R040): it stores a key, returns it and deletes it."""

import re
import uuid
from typing import NamedTuple

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
)
from redis.exceptions import ConnectionError as AwayError
from redis.exceptions import TimeoutError as SilentError
from redis.retry import Retry

from ops.doctor import servers
from ops.doctor.check import Finding, Result
from ops.doctor.servers import Kind
from ops.doctor.whereabouts import Whereabouts

REDIS = Kind("Redis", "REDIS_URL", "redis")
SECONDS = 1.0
KEY_MILLISECONDS = 5_000  # a probe key that was not deleted goes by itself
DEFAULT_PORT = 6379
INFO = ".venv/bin/python manage.py redis_cli info"
LOG = "sudo tail -n 20 /var/log/redis/redis-server.log"


class Refusal(NamedTuple):
    """An error that Redis itself answers with."""

    kind: type[RedisError]
    begins: str
    name: str
    cause: str
    remedy: str


LOGIN = "user or password in REDIS_URL are wrong or missing, or the user lacks a right"
REFUSALS = (
    Refusal(
        BusyLoadingError,
        "",
        "LOADING: it refuses every command",
        "it was just started and still reads its data",
        f"{INFO} persistence",
    ),
    Refusal(
        ReadOnlyError,
        "",
        "READONLY: it refuses writes",
        "it is a replica: a failover, or REDIS_URL names another server",
        f"{INFO} replication",
    ),
    Refusal(
        OutOfMemoryError,
        "",
        "OOM: it refuses writes",
        "maxmemory is reached, and its policy evicts nothing",
        f"{INFO} memory",
    ),
    Refusal(
        ResponseError,
        "MISCONF",
        "MISCONF: it refuses writes",
        "it cannot save its data: the disk is full, or the directory is not its own",
        f"{INFO} persistence",
    ),
    Refusal(AuthenticationError, "", "it refuses the login", LOGIN, LOG),
    Refusal(NoPermissionError, "", "NOPERM: it refuses a command", LOGIN, LOG),
)


def look(where: Whereabouts) -> Finding:
    """Use it as the product does, then ask it what it is."""
    address = where.redis
    if address is None:
        return servers.nowhere(REDIS, where)
    try:
        client: Redis = Redis.from_url(
            address,
            socket_timeout=SECONDS,
            socket_connect_timeout=SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
    except ValueError:
        return servers.unreadable(REDIS)
    with client:
        try:
            fault = _fault(client)
            facts = _facts(client)
        except RedisError as error:
            return _unusable(error, client, where)
    if fault is None:
        return Finding(Result.OK, (facts,))
    cause = "it is so full that it evicts keys at once"
    return Finding(Result.FAILED, (f"{fault}; {facts}",), cause, f"{INFO} memory")


def _fault(client: Redis) -> str | None:
    """Write, read and delete a key; returns what is wrong, ``None``: nothing."""
    key, value = f"doctor:probe:{uuid.uuid4().hex}", b"1"
    client.set(key, value, px=KEY_MILLISECONDS)
    if client.get(key) != value:
        return "a key that was written cannot be read"
    return None if client.delete(key) == 1 else "a key that was read cannot be deleted"


def _facts(client: Redis) -> str:
    try:
        info = client.info()
    except NoPermissionError:
        return "INFO may not be read"
    most = info["maxmemory_human"] if info["maxmemory"] else "no limit (maxmemory 0)"
    return f"{info['redis_version']}, {info['role']}, memory {info['used_memory_human']} of {most}"


def _unusable(error: RedisError, client: Redis, where: Whereabouts) -> Finding:
    options = client.get_connection_kwargs()
    place = options.get("host", "localhost"), options.get("port", DEFAULT_PORT)
    for refusal in REFUSALS:
        if isinstance(error, refusal.kind) and str(error).startswith(refusal.begins):
            evidence = f"{place[0]}:{place[1]}: {refusal.name}"
            return Finding(Result.FAILED, (evidence,), refusal.cause, refusal.remedy)
    if isinstance(error, AwayError | SilentError):
        return servers.unreachable(REDIS, where, {place: _met(error)})
    evidence = f"{place[0]}:{place[1]}: {type(error).__name__}"
    return Finding(Result.FAILED, (evidence,), "what answers there is not a healthy Redis", LOG)


def _met(error: RedisError) -> str:
    """Say what the driver met, without the host that it repeats."""
    said = str(error)
    if isinstance(error, SilentError):
        return servers.silence(SECONDS)
    if "Connection refused" in said:
        return servers.REFUSED
    # What follows the address, as in: Error -2 connecting to host:6379. Name or service not known.
    found = re.search(r"^Error -?\d+ connecting to \S+ (.+)\.$", said)
    return found[1] if found else "it closed the connection"
