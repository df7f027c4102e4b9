"""doctor:redis (runbook R013, R030-R040): it stores a key, returns it and deletes it, and is well."""

import re
import time
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
from ops.doctor.checks import redis_state
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
    """Use it as the product does, then ask it how it is."""
    client = client_of(where)
    if isinstance(client, Finding):
        return client
    with client:
        try:
            return _examined(client, where)
        except RedisError as error:
            return _unusable(error, client, where)


def client_of(where: Whereabouts) -> Redis | Finding:
    """Return a client that waits for nobody, or why there is none."""
    if where.redis is None:
        return servers.nowhere(REDIS, where)
    try:
        client: Redis = Redis.from_url(
            where.redis,
            socket_timeout=SECONDS,
            socket_connect_timeout=SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
    except ValueError:
        return servers.unreadable(REDIS)
    return client


def _examined(client: Redis, where: Whereabouts) -> Finding:
    fault, took_ms = _probed(client)
    try:
        info = client.info()
    except NoPermissionError:
        facts, troubles = "INFO may not be read", []
    else:
        facts = redis_state.facts(info, took_ms)
        troubles = redis_state.troubles(info, took_ms, deployed=where.production)
    if fault is not None:
        cause = "it is so full that it evicts keys at once"
        return Finding(Result.FAILED, (f"{fault}; {facts}",), cause, f"{INFO} memory")
    if not troubles:
        return Finding(Result.OK, (facts,))
    worst, *others = troubles
    evidence = (f"{worst.evidence}; {facts}", *(each.evidence for each in others))
    return Finding(worst.result, evidence, worst.cause, worst.remedy)


def _probed(client: Redis) -> tuple[str | None, float]:
    """Write, read and delete a key.

    Returns:
        What is wrong, ``None``: nothing; and how long the quicker of two answers took.
    """
    key, value = f"doctor:probe:{uuid.uuid4().hex}", b"1"
    client.set(key, value, px=KEY_MILLISECONDS)  # its time holds that of connecting
    began = time.monotonic()
    read = client.get(key)
    between = time.monotonic()
    deleted = client.delete(key)
    took_ms = 1000 * min(between - began, time.monotonic() - between)
    if read != value:
        return "a key that was written cannot be read", took_ms
    return None if deleted == 1 else "a key that was read cannot be deleted", took_ms


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
