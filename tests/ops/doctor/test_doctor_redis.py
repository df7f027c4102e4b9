"""What doctor says of a Redis that answers, and is well, or is not."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ops.doctor.check import Finding, Result
from ops.doctor.checks import redis, redis_state
from ops.doctor.whereabouts import Whereabouts
from ops.redis import store

INFO = ".venv/bin/python manage.py redis_cli info"
CONF = "grep -n maxmemory /etc/redis/redis.conf"
Configure = Callable[..., object]


@pytest.fixture
def deployed(where: Whereabouts) -> Whereabouts:
    return replace(where, mode="production")


@pytest.fixture
def configure() -> Iterator[Configure]:
    """``configure(maxmemory="1")`` configures Redis; put back after the test."""
    before: dict[str, Any] = {}

    def configured(**changed: str) -> None:
        for name, value in changed.items():
            option = name.replace("_", "-")
            before.setdefault(option, store().config_get(option)[option])
            store().config_set(option, value)

    yield configured
    for option, value in before.items():
        store().config_set(option, value)


@pytest.fixture
def info() -> dict[str, Any]:
    """What a Redis tells that is well, and large enough to be judged by its ratios."""
    return {
        "redis_version": "6.2.14",
        "role": "master",
        "used_memory": 500 * 2**20,
        "used_memory_human": "500.00M",
        "maxmemory": 2**30,
        "maxmemory_human": "1.00G",
        "maxmemory_policy": "volatile-lru",
        "mem_fragmentation_ratio": 1.1,
        "rdb_last_bgsave_status": "ok",
        "aof_last_write_status": "ok",
        "aof_last_bgrewrite_status": "ok",
        "connected_clients": 12,
        "maxclients": 10000,
        "blocked_clients": 4,
        "evicted_keys": 0,
        "rejected_connections": 0,
    }


def told(found: Finding) -> tuple[Result, str, str | None, str | None]:
    """Return result, what stands before the facts, cause and remedy."""
    return found.result, found.evidence[0].partition("; ")[0], found.cause, found.remedy


def first(info: dict[str, Any], **changed: Any) -> tuple[str, str, str]:
    """Return what is said of the one trouble that there is after a change."""
    (trouble,) = redis_state.troubles(info | changed, 0.2, deployed=True)
    assert trouble.result == Result.DEGRADED
    return trouble.evidence, trouble.cause, trouble.remedy


# A server ------------------------------------------------------------------------------------------


def test_the_demos_own_is_well_though_its_memory_has_no_limit(where: Whereabouts) -> None:
    found = redis.look(where)

    assert found.result == Result.OK
    (evidence,) = found.evidence
    assert ", master, " in evidence
    assert " of no limit (maxmemory 0), noeviction, " in evidence
    assert re.search(r" of \d+ clients, \d+ blocked$", evidence)


def test_the_limit_of_the_memory_is_told(where: Whereabouts, configure: Configure) -> None:
    configure(maxmemory="100mb", maxmemory_policy="volatile-lru")

    found = redis.look(where)

    assert found.result == Result.OK
    assert " of 100.00M, volatile-lru, " in found.evidence[0]


def test_a_deployed_one_needs_a_limit(deployed: Whereabouts) -> None:
    assert told(redis.look(deployed)) == (
        Result.DEGRADED,
        "its memory has no limit",
        "maxmemory was not set: it grows until the kernel kills it",
        CONF,
    )


@pytest.mark.parametrize("policy", ["noeviction", "allkeys-lru"])
def test_a_deployed_one_evicts_only_what_ends(
    deployed: Whereabouts, configure: Configure, policy: str
) -> None:
    configure(maxmemory="100mb", maxmemory_policy=policy)

    assert told(redis.look(deployed)) == (
        Result.DEGRADED,
        f"maxmemory-policy is {policy}",
        "maxmemory-policy was not set to volatile-lru",
        CONF,
    )


def test_a_deployed_one_that_is_as_it_should_be_is_well(deployed: Whereabouts, configure: Configure) -> None:
    configure(maxmemory="100mb", maxmemory_policy="volatile-lru")

    assert redis.look(deployed).result == Result.OK


def test_one_that_is_almost_full_is_degraded_before_it_refuses(
    where: Whereabouts, configure: Configure
) -> None:
    store().set("large", b"x" * 10 * 2**20)
    configure(maxmemory=str(int(store().info("memory")["used_memory"] * 1.05)))

    result, evidence, cause, remedy = told(redis.look(where))

    assert (result, remedy) == (Result.DEGRADED, f"{INFO} memory")
    assert evidence.endswith("% of the memory it may have is used")
    assert cause == "it is as good as full, and soon refuses writes"


def test_a_replica_that_takes_writes_is_a_fault_all_the_same(
    where: Whereabouts, configure: Configure
) -> None:
    configure(replica_read_only="no")
    store().replicaof("127.0.0.1", "1")
    found = redis.look(where)
    store().replicaof("NO", "ONE")

    assert told(found) == (
        Result.FAILED,
        "it is a replica",
        "a failover, or REDIS_URL names another server: what is written to a replica is lost",
        f"{INFO} replication",
    )


def test_a_snapshot_that_failed_is_told_also_where_writes_go_on(
    where: Whereabouts, configure: Configure
) -> None:
    directory = str(store().config_get("dir")["dir"])
    Path(directory, "in-the-way.rdb").mkdir()
    configure(stop_writes_on_bgsave_error="no", dbfilename="in-the-way.rdb")
    store().bgsave()
    while store().info("persistence")["rdb_bgsave_in_progress"]:
        pass
    found = redis.look(where)
    store().config_set("dbfilename", "dump.rdb")
    Path(directory, "in-the-way.rdb").rmdir()
    store().save()

    assert told(found) == (
        Result.DEGRADED,
        "the last snapshot failed",
        "it cannot save its data: the disk is full, or the directory is not its own",
        f"{INFO} persistence",
    )


def test_clients_near_their_limit_are_told(where: Whereabouts, configure: Configure) -> None:
    connected = store().info("clients")["connected_clients"]
    configure(maxclients=str(connected + 1))

    result, evidence, _, remedy = told(redis.look(where))

    assert (result, remedy) == (Result.DEGRADED, f"{INFO} clients")
    assert evidence.endswith(f" of {connected + 1} clients are connected")


def test_a_login_that_may_not_read_info_is_enough(where: Whereabouts) -> None:
    assert where.redis is not None
    store().acl_setuser("guest", enabled=True, passwords=["+open"], categories=["+@all"], keys=["*"])
    store().acl_setuser("guest", enabled=True, commands=["-info"])
    found = redis.look(replace(where, redis=where.redis.replace("//", "//guest:open@")))
    store().acl_deluser("guest")

    assert (found.result, found.evidence) == (Result.OK, ("INFO may not be read",))


# What it tells of itself ---------------------------------------------------------------------------


def test_nothing_is_amiss_with_one_that_is_well(info: dict[str, Any]) -> None:
    assert redis_state.troubles(info, 0.2, deployed=True) == []
    assert redis_state.facts(info, 0.2) == (
        "6.2.14, master, 0.2 ms, memory 500.00M of 1.00G, volatile-lru, 12 of 10000 clients, 4 blocked"
    )


def test_what_was_evicted_and_rejected_is_told_and_blames_nobody(info: dict[str, Any]) -> None:
    info |= {"evicted_keys": 7, "rejected_connections": 3}

    assert redis_state.troubles(info, 0.2, deployed=True) == []
    assert redis_state.facts(info, 0.2).endswith(", 7 keys evicted, 3 connections rejected")


def test_memory_in_holes_or_in_swap(info: dict[str, Any]) -> None:
    holes = first(info, mem_fragmentation_ratio=1.51)
    swapped = first(info, mem_fragmentation_ratio=0.89)
    small = info | {"used_memory": 2**20, "mem_fragmentation_ratio": 9.5}

    assert holes == ("fragmentation is 1.51", "much of its memory lies in holes", f"{INFO} memory")
    assert swapped == ("fragmentation is 0.89", "part of its memory lies in swap", f"{INFO} memory")
    assert redis_state.troubles(small, 0.2, deployed=True) == []


def test_one_that_evicts_is_full_in_another_way(info: dict[str, Any]) -> None:
    assert first(info, used_memory=2**30 * 9 // 10 + 1) == (
        "90% of the memory it may have is used",
        "it is as good as full, and throws away what would have ended later",
        f"{INFO} memory",
    )


def test_all_that_could_not_be_saved_is_told(info: dict[str, Any]) -> None:
    failed = {"aof_last_write_status": "err", "aof_last_bgrewrite_status": "err"}

    assert first(info, **failed)[0] == (
        "the last write to the append-only file and the last rewrite of the append-only file failed"
    )


def test_a_slow_one_is_told(info: dict[str, Any]) -> None:
    (trouble,) = redis_state.troubles(info, 250.0, deployed=True)

    assert (trouble.evidence, trouble.remedy) == (
        "it takes 250 ms to answer",
        ".venv/bin/python manage.py redis_cli slowlog get 10",
    )


def test_the_worst_comes_first(info: dict[str, Any]) -> None:
    found = redis_state.troubles(info | {"role": "slave", "maxmemory": 0}, 300.0, deployed=True)

    assert [each.evidence for each in found] == [
        "it is a replica",
        "its memory has no limit",
        "it takes 300 ms to answer",
    ]


def test_what_another_version_does_not_tell_is_left_out() -> None:
    told_of_itself = {
        "redis_version": "7.2",
        "role": "master",
        "used_memory": 1,
        "used_memory_human": "1B",
    }

    assert redis_state.troubles(told_of_itself, 0.2, deployed=False) == []
    assert redis_state.facts(told_of_itself, 0.2) == (
        "7.2, master, 0.2 ms, memory 1B of no limit (maxmemory 0), no policy, 0 clients, 0 blocked"
    )
