"""What doctor says of the jobs' Redis where that is a server of its own, and of either when it fills."""

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from ops import embedded
from ops.doctor import whereabouts
from ops.doctor.check import Result
from ops.doctor.checks import jobs, redis, redis_state
from ops.doctor.whereabouts import Whereabouts
from tests.ops.doctor.conftest import NOWHERE
from tests.ops.doctor.processes import port_of

INFO: dict[str, Any] = {
    "redis_version": "6.2.14",
    "role": "master",
    "used_memory": 500,
    "used_memory_human": "500B",
    "maxmemory": 1000,
    "maxmemory_human": "1000B",
    "maxmemory_policy": "noeviction",
    "aof_enabled": 1,
}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Address of a Redis that is the jobs' alone."""
    var = Path(tempfile.mkdtemp(prefix="sbd-doctor-"))
    try:
        yield str(embedded.start(var, tie_to_parent=True, preferred_ports=False, mongodb=False).redis_url)
    finally:
        embedded.stop(var)
        shutil.rmtree(var, ignore_errors=True)


@pytest.fixture
def where(address: str) -> Whereabouts:
    return replace(whereabouts.from_settings(), broker=address)


@pytest.fixture
def client(address: str) -> Iterator["Redis"]:
    with Redis.from_url(address) as client:
        yield client


def test_one_that_is_well_is_told_with_its_queue(where: Whereabouts) -> None:
    found = jobs.look_at_queue(where)

    assert found.result == Result.OK
    assert found.evidence[0].startswith("0 wait in the queue; ")
    assert ", master, " in found.evidence[0]


def test_a_full_one_takes_no_jobs(where: Whereabouts, client: "Redis", address: str) -> None:
    client.config_set("maxmemory", "1")
    found = jobs.look_at_queue(where)
    client.config_set("maxmemory", "0")

    assert found.result == Result.FAILED
    assert found.evidence == (f"127.0.0.1:{port_of(address)}: OOM: it refuses writes",)
    assert found.remedy == f"redis-cli -h 127.0.0.1 -p {port_of(address)} info memory"


def test_a_login_that_is_refused_names_the_queues_setting(where: Whereabouts, client: "Redis") -> None:
    client.config_set("requirepass", "open-sesame")
    found = jobs.look_at_queue(where)
    client.config_set("requirepass", "")

    assert (found.result, found.remedy) == (Result.FAILED, "sudo tail -n 20 /var/log/redis/redis-broker.log")
    assert str(found.cause).startswith("user or password in CELERY_BROKER_URL are wrong")


def test_a_replica_takes_no_jobs(where: Whereabouts, client: "Redis") -> None:
    client.replicaof("127.0.0.1", str(NOWHERE))
    found = jobs.look_at_queue(where)
    client.replicaof("NO", "ONE")

    assert found.result == Result.FAILED
    assert found.cause == "it is a replica: a failover, or CELERY_BROKER_URL names another server"


def test_a_deployed_one_needs_a_limit_and_a_log_of_changes(where: Whereabouts, client: "Redis") -> None:
    bare = jobs.look_at_queue(replace(where, mode="production"))
    client.config_set("maxmemory", "100mb")
    client.config_set("appendonly", "yes")
    found = jobs.look_at_queue(replace(where, mode="production"))
    client.config_set("appendonly", "no")
    client.config_set("maxmemory", "0")

    assert bare.result == Result.DEGRADED
    assert bare.evidence[0].startswith("0 wait in the queue; its memory has no limit; ")
    assert bare.evidence[1:] == ("it keeps no log of changes",)
    assert bare.remedy == "grep -n maxmemory /etc/redis/redis-broker.conf"
    assert found.result == Result.OK


def test_one_that_takes_no_further_clients(client: "Redis", address: str) -> None:
    most = client.config_get("maxclients")["maxclients"]
    client.config_set("maxclients", "1")
    found = redis.look(replace(whereabouts.from_settings(), redis=address))
    client.config_set("maxclients", str(most))

    assert found.result == Result.FAILED
    assert found.evidence == (f"127.0.0.1:{port_of(address)}: it takes no further clients",)


# What it tells of itself ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("used", "policy", "result"),
    [
        (799, "noeviction", None),
        (800, "noeviction", Result.DEGRADED),
        (1000, "noeviction", Result.FAILED),
        (1000, "volatile-lru", Result.DEGRADED),
    ],
)
def test_it_fills(used: int, policy: str, result: Result | None) -> None:
    info = INFO | {"used_memory": used, "maxmemory_policy": policy}

    found = redis_state.troubles(info, 0.2, deployed=False)

    assert [each.result for each in found] == ([] if result is None else [result])


def test_a_queue_throws_nothing_away() -> None:
    (found,) = redis_state.troubles(
        INFO | {"maxmemory_policy": "allkeys-lru"}, 0.2, deployed=True, wanted=redis_state.OF_BROKER
    )

    assert found.evidence == "maxmemory-policy is allkeys-lru"
    assert found.cause == "maxmemory-policy was not set to noeviction"


@pytest.mark.parametrize(
    ("changed", "took_ms", "due_to"),
    [
        ({"rdb_last_bgsave_status": "err"}, 0.2, ("disk",)),
        ({"used_memory": 2**27, "maxmemory": 2**30, "mem_fragmentation_ratio": 0.5}, 0.2, ("memory",)),
        ({}, 300.0, ("saturation", "memory")),
    ],
    ids=["cannot save", "in swap", "slow"],
)
def test_what_would_explain_it(changed: dict[str, Any], took_ms: float, due_to: tuple[str, ...]) -> None:
    (found,) = redis_state.troubles(INFO | changed, took_ms, deployed=False)

    assert found.due_to == due_to
