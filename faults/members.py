"""The databases of the system: three members of a replica set, the cache's Redis and the jobs'."""

import contextlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from pymongo import MongoClient
from pymongo.errors import PyMongoError
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from faults.part import Part, until
from ops.embedded import binaries
from ops.embedded.mongod import SET_SETTINGS, WIRED_TIGER

LOOPBACK = "127.0.0.1"
SET_NAME = "sbd"
PRIMARY, SECONDARY = 1, 2  # states, as `replSetGetStatus` has them
MOST_CONNECTIONS = 400
PASSWORD = "of-this-run-only"
CACHE_OPTIONS = (
    *("--maxmemory", "64mb", "--maxmemory-policy", "volatile-lru", "--save", "900 1"),
    *("--stop-writes-on-bgsave-error", "no", "--appendonly", "no"),
)
BROKER_OPTIONS = (
    *("--maxmemory", "64mb", "--maxmemory-policy", "noeviction", "--save", ""),
    *("--appendonly", "yes", "--appendfsync", "everysec"),
)
Client: TypeAlias = MongoClient[dict[str, Any]]


def mongod(number: int, port: int, at: Path) -> Part:
    """Describe one member of the replica set."""
    data = at / f"mongodb-{number}"
    data.mkdir()
    command = [
        *(str(binaries.find("mongod")), "--dbpath", str(data), "--nounixsocket", "--quiet"),
        *("--bind_ip", LOOPBACK, "--port", str(port), "--replSet", SET_NAME, "--oplogSize", "64"),
        *("--wiredTigerCacheSizeGB", "0.25", "--wiredTigerEngineConfigString", WIRED_TIGER),
        *("--maxConns", str(MOST_CONNECTIONS), "--setParameter", "transactionLifetimeLimitSeconds=5"),
        *(
            "--setParameter",
            "diagnosticDataCollectionEnabled=false",
            "--setParameter",
            "enableTestCommands=1",
        ),
    ]
    return Part(
        f"mongod {number}",
        command,
        dict(os.environ, LC_ALL="C"),
        at / "log" / f"mongod-{number}.log",
        lambda: state(port) in {0, PRIMARY, SECONDARY},
    )


def redis_server(name: str, port: int, at: Path, options: Sequence[str]) -> Part:
    """Describe one of the two."""
    data = at / name
    data.mkdir()
    command = [
        *(str(binaries.find("redis-server")), "--port", str(port), "--bind", LOOPBACK, "--dir", str(data)),
        *("--requirepass", PASSWORD, *options),
    ]
    return Part(
        name, command, dict(os.environ, LC_ALL="C"), at / "log" / f"{name}.log", lambda: _answers(port)
    )


def redis_client(port: int, *, seconds: float = 2.0) -> Redis:
    """Return a client that waits for nobody."""
    return Redis(
        LOOPBACK,
        port,
        password=PASSWORD,
        socket_timeout=seconds,
        socket_connect_timeout=seconds,
        retry=Retry(NoBackoff(), 0),
    )


def member_client(port: int) -> Client:
    """Return a client of one member alone."""
    return MongoClient(
        LOOPBACK, port, directConnection=True, serverSelectionTimeoutMS=1000, socketTimeoutMS=3000
    )


def state(port: int) -> int | None:
    """Return the state of a member by its own word, 0: it belongs to no set yet; ``None``: it gives none."""
    with contextlib.suppress(PyMongoError), member_client(port) as client:
        if not client.admin.command("hello").get("setName"):
            return 0
        return int(client.admin.command("replSetGetStatus")["myState"])
    return None


@dataclass(frozen=True)
class ReplicaSet:
    """The three members."""

    ports: Sequence[int]
    parts: Sequence[Part]

    @property
    def uri(self) -> str:
        """The address for clients."""
        hosts = ",".join(f"{LOOPBACK}:{port}" for port in self.ports)
        return f"mongodb://{hosts}/?replicaSet={SET_NAME}"

    def initiate(self) -> None:
        """Make them a set, and wait until it is whole."""
        hosts = [{"_id": number, "host": f"{LOOPBACK}:{port}"} for number, port in enumerate(self.ports)]
        config = {"_id": SET_NAME, "members": hosts, "settings": SET_SETTINGS}
        with member_client(self.ports[0]) as client:
            client.admin.command("replSetInitiate", config)
        until(self.is_whole, what="the replica set")

    def is_whole(self) -> bool:
        """Tell whether there are a primary and two secondaries."""
        return sorted(state(port) or 0 for port in self.ports) == [PRIMARY, SECONDARY, SECONDARY]

    def primary(self) -> int:
        """Return the number of the primary.

        Raises:
            StopIteration: there is none.
        """
        return next(number for number, port in enumerate(self.ports) if state(port) == PRIMARY)

    def secondaries(self) -> list[int]:
        """Return the numbers of the others."""
        primary = self.primary()
        return [number for number in range(len(self.ports)) if number != primary]


def _answers(port: int) -> bool:
    with contextlib.suppress(RedisError), redis_client(port) as client:
        return bool(client.ping())
    return False
