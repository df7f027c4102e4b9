"""doctor:redis (runbook R013, R030-R040): it stores a key, returns it and deletes it, and is well."""

import re
import time
import uuid
from dataclasses import replace
from typing import NamedTuple
from urllib.parse import urlsplit

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
from ops.doctor.checks.redis_state import Wanted
from ops.doctor.servers import Kind
from ops.doctor.whereabouts import Whereabouts

REDIS = Kind("Redis", "REDIS_URL", "redis")
BROKER = Kind("the jobs' Redis", "CELERY_BROKER_URL", "sbd-redis-broker")
SECONDS = 1.0
KEY_MILLISECONDS = 5_000  # a probe key that was not deleted goes by itself
DEFAULT_PORT = 6379


class Refusal(NamedTuple):
    """An error that Redis itself answers with.

    Attributes:
        kind: of the driver's exception.
        begins: how its words begin.
        name: for people.
        cause: ``{setting}`` stands for the variable that holds the address.
        look_at: section of ``INFO``; ``None``: the server's log.
        due_to: checks that would explain it.
    """

    kind: type[RedisError]
    begins: str
    name: str
    cause: str
    look_at: str | None = None
    due_to: tuple[str, ...] = ()


LOGIN = "user or password in {setting} are wrong or missing, or the user lacks a right"
REFUSALS = (
    Refusal(
        BusyLoadingError,
        "",
        "LOADING: it refuses every command",
        "it was just started and still reads its data",
        "persistence",
    ),
    Refusal(
        ReadOnlyError,
        "",
        "READONLY: it refuses writes",
        "it is a replica: a failover, or {setting} names another server",
        "replication",
    ),
    Refusal(
        OutOfMemoryError,
        "",
        "OOM: it refuses writes",
        "maxmemory is reached, and its policy evicts nothing",
        "memory",
    ),
    Refusal(
        ResponseError,
        "MISCONF",
        "MISCONF: it refuses writes",
        "it cannot save its data: the disk is full, or the directory is not its own",
        "persistence",
        ("disk",),
    ),
    Refusal(
        AwayError,
        "max number of clients",
        "it takes no further clients",
        "somebody keeps connections open, or maxclients is too low for the workers' pools",
    ),
    Refusal(AuthenticationError, "", "it refuses the login", LOGIN),
    Refusal(NoPermissionError, "", "NOPERM: it refuses a command", LOGIN),
)


class Server(NamedTuple):
    """One of the two: what it is called, where it tells of itself, and how it is to be configured."""

    kind: Kind
    info: str
    log: str
    wanted: Wanted


CACHE = Server(REDIS, redis_state.ASK, "/var/log/redis/redis-server.log", redis_state.OF_CACHE)


def broker_at(address: str) -> Server:
    """Return what there is to know of the Redis of the jobs' queue.

    Raises:
        ValueError: this is no address of a Redis.
    """
    parts = urlsplit(address)
    info = f"redis-cli -h {parts.hostname or 'localhost'} -p {parts.port or DEFAULT_PORT} info"
    return Server(BROKER, info, "/var/log/redis/redis-broker.log", redis_state.OF_BROKER)


def look(where: Whereabouts) -> Finding:
    """Use it as the product does, then ask it how it is."""
    client = client_of(where)
    if isinstance(client, Finding):
        return client
    with client:
        return used(client, CACHE, where)


def used(client: Redis, server: Server, where: Whereabouts) -> Finding:
    """Write and read a key, then ask the server how it is."""
    try:
        return _examined(client, server, where)
    except RedisError as error:
        return _unusable(error, client, server, where)


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


def _examined(client: Redis, server: Server, where: Whereabouts) -> Finding:
    fault, took_ms = _probed(client)
    try:
        info = client.info()
    except NoPermissionError:
        facts, troubles = "INFO may not be read", []
    else:
        facts = redis_state.facts(info, took_ms)
        wanted = server.wanted
        troubles = redis_state.troubles(info, took_ms, deployed=where.production, wanted=wanted)
    if fault is not None:
        cause = "it is so full that it evicts keys at once"
        return Finding(Result.FAILED, (f"{fault}; {facts}",), cause, f"{server.info} memory")
    if not troubles:
        return Finding(Result.OK, (facts,))
    worst, *others = troubles
    evidence = (f"{worst.evidence}; {facts}", *(each.evidence for each in others))
    remedy = worst.remedy.replace(redis_state.ASK, server.info)
    return Finding(worst.result, evidence, worst.cause, remedy, worst.due_to)


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


def _unusable(error: RedisError, client: Redis, server: Server, where: Whereabouts) -> Finding:
    options = client.get_connection_kwargs()
    place = options.get("host", "localhost"), options.get("port", DEFAULT_PORT)
    log = f"sudo tail -n 20 {server.log}"
    for refusal in REFUSALS:
        if isinstance(error, refusal.kind) and str(error).startswith(refusal.begins):
            evidence = f"{place[0]}:{place[1]}: {refusal.name}"
            cause = refusal.cause.format(setting=server.kind.setting)
            remedy = f"{server.info} {refusal.look_at}" if refusal.look_at else log
            return Finding(Result.FAILED, (evidence,), cause, remedy, refusal.due_to)
    if isinstance(error, AwayError | SilentError):
        found = servers.unreachable(server.kind, where, {place: _met(error)})
        return replace(found, due_to=("memory",)) if _met(error) == servers.REFUSED else found
    evidence = f"{place[0]}:{place[1]}: {type(error).__name__}"
    return Finding(Result.FAILED, (evidence,), "what answers there is not a healthy Redis", log)


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
