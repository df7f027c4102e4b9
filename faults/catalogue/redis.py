"""Faults of the two Redis: configuration, memory, role, disk, clients."""

import contextlib
import threading
from collections.abc import Callable
from typing import Any

from redis.exceptions import RedisError

from faults import members
from faults.fault import Cure, Deed, Fault, as_printed
from faults.ground import Ground
from faults.part import until

CACHE, BROKER = "cache", "broker"
USUAL = {
    CACHE: {"maxmemory": "64mb", "maxmemory-policy": "volatile-lru", "stop-writes-on-bgsave-error": "no"},
    BROKER: {"maxmemory": "64mb", "maxmemory-policy": "noeviction"},
}
FULL = "1mb"  # less than an empty one takes
HANG_SECONDS = 600
FEW_CLIENTS = 1


def _port(ground: Ground, which: str) -> int:
    return ground.cache_port if which == CACHE else ground.broker_port


def _set(which: str, **options: str) -> Deed:
    def change(ground: Ground) -> None:
        with members.redis_client(_port(ground, which)) as client:
            for name, value in options.items():
                client.config_set(name.replace("_", "-"), value)

    return change


def _usual(which: str) -> Cure:
    def put_back(ground: Ground, _said: object) -> None:
        with members.redis_client(_port(ground, which)) as client:
            for name, value in USUAL[which].items():
                client.config_set(name, value)

    return put_back


def _replica(which: str) -> Deed:
    def follow(ground: Ground) -> None:
        with members.redis_client(_port(ground, which)) as client:
            client.replicaof(members.LOOPBACK, 1)

    return follow


def _master(which: str) -> Cure:
    def lead(ground: Ground, _said: object) -> None:
        with members.redis_client(_port(ground, which)) as client:
            client.replicaof("NO", "ONE")

    return lead


def _cannot_save(*, stops_writes: bool) -> Deed:
    def break_directory(ground: Ground) -> None:
        gone = ground.at / "gone"
        gone.mkdir()
        with ground.redis() as client:
            client.config_set("dir", str(gone))
            gone.rmdir()
            client.config_set("stop-writes-on-bgsave-error", "yes" if stops_writes else "no")
            client.bgsave()
            until(lambda: _last_save(client) == "err", what="a snapshot that fails")

    return break_directory


def _saves_again(ground: Ground, _said: object) -> None:
    with ground.redis() as client:
        client.config_set("dir", str(ground.at / "cache"))
        client.config_set("stop-writes-on-bgsave-error", "no")
        client.bgsave()
        until(lambda: _last_save(client) == "ok", what="a snapshot")


def _last_save(client: Any) -> str:
    info = client.info("persistence")
    return "busy" if info["rdb_bgsave_in_progress"] else str(info["rdb_last_bgsave_status"])


def _another_password(which: str) -> Deed:
    return _set(which, requirepass="another")


def _old_password(which: str) -> Cure:
    """Start it anew: who does not know the new password cannot put the old one back."""

    def start_anew(ground: Ground, _said: object) -> None:
        (ground.cache if which == CACHE else ground.broker).restart()

    return start_anew


def _hang(ground: Ground) -> None:
    """Let it be busy with one command, as a `KEYS` of a very large one is."""

    def busy() -> None:
        with contextlib.suppress(RedisError), members.redis_client(ground.cache_port, seconds=1.0) as client:
            client.execute_command("DEBUG", "SLEEP", HANG_SECONDS)

    threading.Thread(target=busy, daemon=True).start()


def _killed_and_started(ground: Ground, _said: object) -> None:
    ground.cache.kill()
    ground.cache.start()


def _write(key: str, write: Callable[[Any], object]) -> Deed:
    def put(ground: Ground) -> None:
        with ground.redis() as client:
            client.delete(key)
            write(client)

    return put


_REDIS, _QUEUE = frozenset({"redis"}), frozenset({"queue"})
FAULTS = (
    Fault(
        "Redis: full, and evicts nothing",
        _REDIS,
        _set(CACHE, maxmemory=FULL, maxmemory_policy="noeviction"),
        _usual(CACHE),
        printed="redis_cli info memory",
    ),
    Fault(
        "Redis: full, and evicts what ends",
        _REDIS,
        _set(CACHE, maxmemory=FULL),
        _usual(CACHE),
        printed="redis_cli info memory",
    ),
    Fault(
        "Redis: evicts nothing",
        _REDIS,
        _set(CACHE, maxmemory_policy="noeviction"),
        _usual(CACHE),
        printed="maxmemory",
    ),
    Fault(
        "Redis: no limit of memory", _REDIS, _set(CACHE, maxmemory="0"), _usual(CACHE), printed="maxmemory"
    ),
    Fault("Redis: a replica", _REDIS, _replica(CACHE), _master(CACHE), printed="replication"),
    Fault(
        "Redis: cannot save, and refuses writes",
        _REDIS,
        _cannot_save(stops_writes=True),
        _saves_again,
        printed="persistence",
    ),
    Fault(
        "Redis: cannot save", _REDIS, _cannot_save(stops_writes=False), _saves_again, printed="persistence"
    ),
    Fault(
        "Redis: another password",
        _REDIS,
        _another_password(CACHE),
        _old_password(CACHE),
        printed="redis-server.log",
    ),
    Fault(
        "Redis: takes no more clients", _REDIS, _set(CACHE, maxclients=str(FEW_CLIENTS)), _old_password(CACHE)
    ),
    Fault("Redis: busy with one command", _REDIS, _hang, _killed_and_started, printed="status redis"),
    Fault("the jobs' Redis: full", _QUEUE, _set(BROKER, maxmemory=FULL), _usual(BROKER), shows_after=3.0),
    Fault("the jobs' Redis: a replica", _QUEUE, _replica(BROKER), _master(BROKER), shows_after=3.0),
    Fault("the jobs' Redis: another password", _QUEUE, _another_password(BROKER), _old_password(BROKER)),
    Fault(
        "Redis: a cached key without an end",
        frozenset({"cache"}),
        _write("cache:by-hand:1", lambda client: client.set("cache:by-hand:1", "1")),
        as_printed,
        printed="clear_cache",
    ),
)
