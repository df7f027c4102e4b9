"""What Redis tells of itself, and what of that is amiss. No connection: what ``INFO`` answered comes in."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ops.doctor.check import Result

Info = Mapping[str, Any]
ASK = ".venv/bin/python manage.py redis_cli info"
# Shares of the most memory and of the most clients from which on there is little left.
FULL, MUCH = 0.8, 0.9
SLOW_MS = 250.0  # the product waits no longer than this
# Of a Redis that holds less the ratio says nothing: the program itself is most of it.
LARGE_BYTES = 100 * 2**20
MOST_FRAGMENTED, LEAST_RESIDENT = 1.5, 0.9


class Trouble(NamedTuple):
    """Something that is amiss: how bad, what was seen, why it most likely is so, what to look at next.

    ``due_to``: checks that would explain it.
    """

    result: Result
    evidence: str
    cause: str
    remedy: str
    due_to: tuple[str, ...] = ()


class Wanted(NamedTuple):
    """How a deployed one is configured.

    Attributes:
        policy: what becomes of keys when the memory is full.
        policies: how those begin that do as well.
        log_of_changes: whether it keeps one (AOF).
        file: where that stands.
    """

    policy: str
    policies: str
    log_of_changes: bool
    file: str


# What evicts takes only keys that end anyway; the mirror of the overrides of limits has no end.
OF_CACHE = Wanted("volatile-lru", "volatile-", log_of_changes=False, file="/etc/redis/redis.conf")
# A queue throws nothing away.
OF_BROKER = Wanted("noeviction", "noeviction", log_of_changes=True, file="/etc/redis/redis-broker.conf")


def facts(info: Info, took_ms: float) -> str:
    """Return a line of what it is and holds."""
    most = info["maxmemory_human"] if info.get("maxmemory") else "no limit (maxmemory 0)"
    line = (
        f"{info['redis_version']}, {info['role']}, {took_ms:.1f} ms, "
        f"memory {info['used_memory_human']} of {most}, {info.get('maxmemory_policy', 'no policy')}, "
        f"{_clients(info)}, {info.get('blocked_clients', 0)} blocked"
    )
    counted = {"evicted_keys": "keys evicted", "rejected_connections": "connections rejected"}
    return ", ".join([line, *(f"{info[name]} {what}" for name, what in counted.items() if info.get(name))])


def troubles(info: Info, took_ms: float, *, deployed: bool, wanted: Wanted = OF_CACHE) -> list[Trouble]:
    """Return what is amiss, the worst first.

    Args:
        info: what ``INFO`` answered.
        took_ms: how long it takes to answer.
        deployed: whether it is to be configured as the deploy files have it; the demo's own is not.
        wanted: how those have it.
    """
    found = [
        *_of_the_role(info),
        *_of_saving(info),
        *_of_memory(info),
        *(_of_configuration(info, wanted) if deployed else ()),
        *_of_load(info, took_ms),
    ]
    return sorted(found, key=lambda each: -each.result.severity)


def _clients(info: Info) -> str:
    most = info.get("maxclients")
    return f"{info.get('connected_clients', 0)}{f' of {most}' if most else ''} clients"


def _of_the_role(info: Info) -> Iterator[Trouble]:
    if info["role"] != "master":
        cause = "a failover, or REDIS_URL names another server: what is written to a replica is lost"
        yield Trouble(Result.FAILED, "it is a replica", cause, f"{ASK} replication")


def _of_saving(info: Info) -> Iterator[Trouble]:
    failed = [
        what
        for name, what in (
            ("rdb_last_bgsave_status", "snapshot"),
            ("aof_last_write_status", "write to the append-only file"),
            ("aof_last_bgrewrite_status", "rewrite of the append-only file"),
        )
        if info.get(name, "ok") != "ok"
    ]
    if failed:
        cause = "it cannot save its data: the disk is full, or the directory is not its own"
        evidence = f"the last {' and the last '.join(failed)} failed"
        yield Trouble(Result.DEGRADED, evidence, cause, f"{ASK} persistence", ("disk",))


def _of_memory(info: Info) -> Iterator[Trouble]:
    used, most, ratio = (
        info["used_memory"],
        info.get("maxmemory", 0),
        info.get("mem_fragmentation_ratio", 1.0),
    )
    if most and used >= FULL * most:
        evicts = info.get("maxmemory_policy", "noeviction") != "noeviction"
        then = "throws away what would have ended later" if evicts else "soon refuses writes"
        evidence = f"{used / most:.0%} of the memory it may have is used"
        result = Result.DEGRADED if evicts or used < most else Result.FAILED
        yield Trouble(result, evidence, f"it is as good as full, and {then}", f"{ASK} memory")
    if used >= LARGE_BYTES and not LEAST_RESIDENT <= ratio <= MOST_FRAGMENTED:
        holes, swapped = "much of its memory lies in holes", "part of its memory lies in swap"
        cause, due_to = (holes, ()) if ratio > MOST_FRAGMENTED else (swapped, ("memory",))
        yield Trouble(Result.DEGRADED, f"fragmentation is {ratio:g}", cause, f"{ASK} memory", due_to)


def _of_configuration(info: Info, wanted: Wanted) -> Iterator[Trouble]:
    policy = info.get("maxmemory_policy", "noeviction")
    configured = f"grep -n maxmemory {wanted.file}"
    if not info.get("maxmemory"):
        cause = "maxmemory was not set: it grows until the kernel kills it"
        yield Trouble(Result.DEGRADED, "its memory has no limit", cause, configured)
    elif not policy.startswith(wanted.policies):
        cause = f"maxmemory-policy was not set to {wanted.policy}"
        yield Trouble(Result.DEGRADED, f"maxmemory-policy is {policy}", cause, configured)
    if wanted.log_of_changes and not info.get("aof_enabled", 1):
        cause = "appendonly was not set to yes: with a restart what waits in it is gone"
        yield Trouble(Result.DEGRADED, "it keeps no log of changes", cause, f"grep -n append {wanted.file}")


def _of_load(info: Info, took_ms: float) -> Iterator[Trouble]:
    most = info.get("maxclients", 0)
    if most and info.get("connected_clients", 0) >= MUCH * most:
        cause = "somebody keeps connections open, or maxclients is too low for the workers' pools"
        yield Trouble(Result.DEGRADED, f"{_clients(info)} are connected", cause, f"{ASK} clients")
    if took_ms >= SLOW_MS:
        cause = "it is busy with slow commands, such as KEYS, or the machine is"
        remedy = ".venv/bin/python manage.py redis_cli slowlog get 10"
        said = f"it takes {took_ms:.0f} ms to answer"
        yield Trouble(Result.DEGRADED, said, cause, remedy, ("saturation", "memory"))
