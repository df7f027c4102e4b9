"""What doctor says of MongoDB's set and its connections: of real ones, and of answers."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ops.doctor.check import Finding, Result
from ops.doctor.checks import mongo_primary, pool, replication_lag, slow_ops
from ops.doctor.checks.pool import Processes
from ops.doctor.whereabouts import Whereabouts
from tests.faults.conftest import until
from tests.faults.replica_set import replica_set
from tests.ops.doctor.conftest import NOWHERE

NOW = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
LOOKS = (mongo_primary.look, replication_lag.look, pool.look, slow_ops.look)
SETTING = "grep -n -e MONGODB_MAX_POOL_SIZE -e SBD_WORKERS .env"


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.__module__.rpartition(".")[2])
def test_a_healthy_one_is_well(where: Whereabouts, look: Callable[[Whereabouts], Finding]) -> None:
    assert look(where).result == Result.OK


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.__module__.rpartition(".")[2])
def test_what_the_login_may_not_ask_is_said(
    where: Whereabouts, admin: Any, look: Callable[[Whereabouts], Finding]
) -> None:
    refused = ["replSetGetStatus", "replSetGetConfig", "serverStatus", "currentOp"]
    refuse = {"failCommands": refused, "errorCode": 13, "appName": "sbd-shell"}
    admin.command({"configureFailPoint": "failCommand", "mode": "alwaysOn", "data": refuse})
    found = look(where)
    admin.command({"configureFailPoint": "failCommand", "mode": "off"})

    assert (found.result, found.evidence) == (Result.COULD_NOT_LOOK, ("MongoDB does not tell",))
    assert found.cause == "the product's login lacks the role clusterMonitor"


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.__module__.rpartition(".")[2])
def test_nobody_looks_without_settings(look: Callable[[Whereabouts], Finding]) -> None:
    nowhere = Whereabouts(
        "production", Path("/nowhere"), None, f"mongodb://127.0.0.1:{NOWHERE}/", None, faults=("PORT …",)
    )

    assert look(nowhere).result == Result.COULD_NOT_LOOK


# The set -------------------------------------------------------------------------------------------


def member(number: int, state: str, *, health: int = 1, behind: int = 0) -> dict[str, Any]:
    optime = NOW - timedelta(seconds=behind)
    return {"name": f"db{number}:27017", "stateStr": state, "health": health, "optimeDate": optime}


@pytest.mark.parametrize(
    ("states", "result", "cause"),
    [
        (["PRIMARY"], Result.OK, None),
        (["SECONDARY", "PRIMARY", "ARBITER"], Result.OK, None),
        (
            ["PRIMARY", "SECONDARY", "(not reachable/healthy)"],
            Result.DEGRADED,
            "db2:27017 is away; none of the others may go, or nothing can be written",
        ),
        (
            ["PRIMARY", "SECONDARY", "RECOVERING"],
            Result.DEGRADED,
            "db2:27017 catches up, or has fallen too far behind to do so; 1 more may go",
        ),
        (["PRIMARY", "PRIMARY"], Result.DEGRADED, None),
        (
            ["SECONDARY", "(not reachable/healthy)", "(not reachable/healthy)"],
            Result.FAILED,
            "no member is primary, so nothing can be written: db1:27017 is away, db2:27017 is away",
        ),
        (
            ["SECONDARY", "SECONDARY"],
            Result.FAILED,
            "no member is primary, so nothing can be written: an election goes on",
        ),
    ],
)
def test_the_states_of_the_members(states: list[str], result: Result, cause: str | None) -> None:
    found = mongo_primary.judged(
        [
            member(number, state, health=0 if state.startswith("(") else 1)
            for number, state in enumerate(states)
        ]
    )

    assert found.result == result
    assert cause in {None, found.cause}
    assert all(f"db{number}:27017 {state}" in found.evidence[0] for number, state in enumerate(states))
    assert found.due_to == (("mongo",) if result == Result.FAILED else ())


@pytest.mark.parametrize(
    ("behind", "result"),
    [(0, Result.OK), (10, Result.OK), (11, Result.DEGRADED), (60, Result.DEGRADED), (61, Result.FAILED)],
)
def test_a_secondary_that_falls_behind(behind: int, result: Result) -> None:
    members = [
        member(0, "PRIMARY"),
        member(1, "SECONDARY", behind=behind),
        member(2, "RECOVERING", behind=900),
    ]

    found = replication_lag.judged(replication_lag.seconds_behind({"members": members}, {}))

    assert (found.result, found.evidence) == (result, (f"db1:27017 is {behind} s behind",))
    assert found.due_to == (() if result == Result.OK else ("mongo_primary",))


def test_a_secondary_that_is_to_be_late_may_be() -> None:
    members = [member(0, "PRIMARY"), member(1, "SECONDARY", behind=3605)]

    assert replication_lag.seconds_behind({"members": members}, {"db1:27017": 3600}) == {"db1:27017": 5.0}
    assert replication_lag.seconds_behind({"members": members[1:]}, {}) == {}


@pytest.mark.long
def test_of_three_one_is_killed_and_then_another(tmp_path: Path) -> None:
    with replica_set(tmp_path) as three:
        primary = three.primary()
        assert primary is not None
        one, other = [each for each in three.members if each is not primary]

        def status() -> Finding:
            return mongo_primary.judged(primary.client.admin.command("replSetGetStatus")["members"])

        whole = status()
        one.kill()
        until(lambda: status().result == Result.DEGRADED)
        lame = status()
        other.kill()
        until(lambda: status().result == Result.FAILED)

    assert whole.result == Result.OK
    assert lame.cause is not None
    assert lame.cause.startswith(f"{one.host} is away")


@pytest.mark.long
def test_an_idle_set_is_not_behind_and_a_secondary_that_is_locked_is(tmp_path: Path) -> None:
    with replica_set(tmp_path) as three:
        primary = three.primary()
        assert primary is not None
        admin = primary.client.admin
        locked = next(each for each in three.members if each is not primary)
        written, idle = set(), []

        def found() -> Finding:
            status = admin.command("replSetGetStatus")
            written.add(status["optimes"]["lastCommittedOpTime"]["ts"])
            return replication_lag.judged(replication_lag.seconds_behind(status, {}))

        def is_written_twice() -> bool:
            idle.append(found())
            return len(written) > 2

        until(is_written_twice)
        locked.client.admin.command({"fsync": 1, "lock": True})
        until(lambda: found().result == Result.DEGRADED)
        locked.client.admin.command("fsyncUnlock")
        until(lambda: found().result == Result.OK)

    assert {each.result for each in idle} == {Result.OK}


# Its connections -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("current", "available", "result"),
    [(100, 700, Result.OK), (640, 160, Result.DEGRADED), (760, 40, Result.FAILED)],
)
def test_connections_near_the_servers_limit(current: int, available: int, result: Result) -> None:
    found = pool.judged({"current": current, "available": available}, Processes(6, 100), SETTING)

    assert found.result == result
    assert found.evidence == (f"{current} of 800 connections are open, 0 rejected; 6 processes may open 612",)


def test_more_pools_than_the_server_takes() -> None:
    found = pool.judged({"current": 10, "available": 790, "rejected": 3}, Processes(12, 100), SETTING)

    assert (found.result, found.remedy) == (Result.DEGRADED, SETTING)
    assert found.evidence == ("10 of 800 connections are open, 3 rejected; 12 processes may open 1224",)


def test_who_holds_the_connections_is_told_when_they_run_out(
    where: Whereabouts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "MUCH", 0.0)

    found = pool.look(where)

    assert found.result == Result.DEGRADED
    assert re.search(r"^held: .*\d+ by sbd-shell", found.evidence[1])
