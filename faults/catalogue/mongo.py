"""Faults of MongoDB: members away, no majority, what it is told, what lies in it."""

import contextlib
import socket
import threading
from typing import Any

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from faults import members
from faults.fault import Cure, Deed, Fault, as_printed
from faults.ground import Ground
from faults.part import until

DATABASE = "second_brain_database"
OUT_OF_DISK = 14031
SLOW_MS = 900
HANG_MS = 600_000
OURS = "sbd-web"  # how a worker of the web process calls itself
LIFETIME = "transactionLifetimeLimitSeconds"
ELECTION_SECONDS = 12.0
WRITES = ("insert", "update", "delete", "findAndModify")
READS = ("find", "aggregate")


def _members_lost(how_many: int, *, freeze: bool = False, primary: bool = False) -> Deed:
    def lose(ground: Ground) -> None:
        first = [ground.set.primary()] if primary else []
        for number in [*first, *ground.set.secondaries()][:how_many]:
            part = ground.set.parts[number]
            part.freeze() if freeze else part.kill()

    return lose


def _whole(ground: Ground, _said: object) -> None:
    for part in ground.set.parts:
        part.thaw()
        part.start()
    until(ground.set.is_whole, what="the replica set")


def _fail_point(name: str, **data: Any) -> Deed:
    """Set it at the primary, for the processes of the product and nobody else."""

    def on(ground: Ground) -> None:
        with members.member_client(ground.set.ports[ground.set.primary()]) as client:
            client.admin.command("configureFailPoint", name, mode="alwaysOn", data=data)

    return on


def _without(name: str) -> Cure:
    def off(ground: Ground, _said: object) -> None:
        for port in ground.set.ports:
            with members.member_client(port) as client:
                client.admin.command("configureFailPoint", name, mode="off")

    return off


def _lag(ground: Ground) -> None:
    """Let one secondary take nothing over."""
    with members.member_client(ground.set.ports[ground.set.secondaries()[0]]) as client:
        client.admin.command("configureFailPoint", "stopReplProducer", mode="alwaysOn")


def _parameter(name: str, value: int) -> Deed:
    def change(ground: Ground) -> None:
        with ground.client() as client:
            client.admin.command({"setParameter": 1, name: value})

    return change


def _put_back(name: str, value: int) -> Cure:
    return lambda ground, _said: _parameter(name, value)(ground)


def _election(milliseconds: int) -> Deed:
    def change(ground: Ground) -> None:
        with ground.client() as client:
            config = client.admin.command("replSetGetConfig")["config"]
            config["settings"]["electionTimeoutMillis"] = milliseconds
            config["version"] += 1
            client.admin.command("replSetReconfig", config)

    return change


def _locked(ground: Ground) -> None:
    with members.member_client(ground.set.ports[ground.set.primary()]) as client:
        client.admin.command("fsync", lock=True)


def _unlocked(ground: Ground, _said: object) -> None:
    with members.member_client(ground.set.ports[ground.set.primary()]) as client:
        client.admin.command("fsyncUnlock")


def _slow_operation(ground: Ground) -> None:
    """Let something that calls itself one of ours search for a very long time."""

    def search() -> None:
        with (
            contextlib.suppress(PyMongoError),
            MongoClient[dict[str, Any]](ground.set.uri, appname=OURS) as client,
        ):
            client[DATABASE].command("find", "families", filter={"$where": f"sleep({HANG_MS}) || true"})

    threading.Thread(target=search, daemon=True).start()


def _as_printed_for_good(ground: Ground, said: Any) -> None:
    """Run the printed fix for good: what doctor prints of a fix is its dry run."""
    words = said.remedy.split()
    ground.manage(*words[2:], "--apply", "--reason", "it takes too long")


def _connections(ground: Ground) -> None:
    """Open as many as the primary takes."""
    port = ground.set.ports[ground.set.primary()]
    with contextlib.suppress(OSError):
        ground.held.extend(
            socket.create_connection((members.LOOPBACK, port), timeout=1)
            for _ in range(members.MOST_CONNECTIONS)
        )


def _let_go(ground: Ground, _said: object) -> None:
    while ground.held:
        ground.held.pop().close()


def _profiler(level: int) -> Deed:
    def switch(ground: Ground) -> None:
        with ground.client() as client:
            client[DATABASE].command("profile", level)

    return switch


def _drop_index(collection: str, *, unique: bool) -> Deed:
    def drop(ground: Ground) -> None:
        with ground.client() as client:
            every = client[DATABASE][collection].index_information()
            name = next(
                name
                for name, each in sorted(every.items())
                if name != "_id_" and bool(each.get("unique")) == unique
            )
            client[DATABASE][collection].drop_index(name)

    return drop


def _forget_migration(ground: Ground) -> None:
    with ground.client() as client:
        applied = client[DATABASE]["django_migrations"]
        last = applied.find_one({"app": "ops"}, sort=[("name", -1)])
        applied.delete_one({"_id": last["_id"] if last else None})


_MONGO, _SET = frozenset({"mongo"}), frozenset({"mongo_primary"})
_AWAY = frozenset({"mongo", "mongo_primary"})
FAULTS = (
    Fault(
        "MongoDB: one member is killed",
        _SET,
        _members_lost(1),
        _whole,
        printed="rs.status",
        shows_after=ELECTION_SECONDS,
    ),
    Fault(
        "MongoDB: the primary is frozen",
        _SET,
        _members_lost(1, freeze=True, primary=True),
        _whole,
        shows_after=ELECTION_SECONDS,
    ),
    Fault(
        "MongoDB: no majority lives",
        _AWAY,
        _members_lost(2),
        _whole,
        printed="rs.status",
        shows_after=ELECTION_SECONDS,
    ),
    Fault(
        "MongoDB: a secondary takes nothing over",
        frozenset({"replication_lag"}),
        _lag,
        _without("stopReplProducer"),
        shows_after=25.0,
    ),
    Fault(
        "MongoDB: its disk is full",
        _AWAY | {"disk"},
        _fail_point("failCommand", failCommands=WRITES, errorCode=OUT_OF_DISK),
        _without("failCommand"),
    ),
    Fault(
        "MongoDB: every read takes 0.9 s",
        frozenset({"speed", "mongo", "slow_ops"}),
        _fail_point("failCommand", failCommands=READS, blockConnection=True, blockTimeMS=SLOW_MS),
        _without("failCommand"),
        shows_after=3.0,
    ),
    Fault(
        "MongoDB: locked for a copy of its files", _AWAY | {"slow_ops"}, _locked, _unlocked, shows_after=3.0
    ),
    Fault(
        "MongoDB: transactions may live for 60 s",
        _MONGO,
        _parameter(LIFETIME, 60),
        _put_back(LIFETIME, 5),
        printed="mongod.conf",
    ),
    Fault(
        "MongoDB: elections take 10 s",
        _MONGO,
        _election(10_000),
        lambda ground, _said: _election(2_000)(ground),
        printed="rs.conf",
    ),
    Fault(
        "MongoDB: an operation of ours takes long",
        frozenset({"slow_ops"}),
        _slow_operation,
        _as_printed_for_good,
        printed="--fix kill_op",
        shows_after=7.0,
    ),
    Fault(
        "MongoDB: all connections are taken",
        frozenset({"pool", "mongo"}),
        _connections,
        _let_go,
        shows_after=2.0,
    ),
    Fault(
        "MongoDB: the profiler is on level 2",
        frozenset({"profiler"}),
        _profiler(2),
        as_printed,
        printed="profile off",
    ),
    Fault(
        "MongoDB: the profiler is on, without an end",
        frozenset({"profiler"}),
        _profiler(1),
        as_printed,
        printed="profile off",
    ),
    Fault(
        "an index is dropped",
        frozenset({"schema"}),
        _drop_index("families", unique=False),
        as_printed,
        printed="migrate",
    ),
    Fault(
        "a unique index is dropped",
        frozenset({"schema"}),
        _drop_index("users", unique=True),
        as_printed,
        printed="migrate",
    ),
    Fault(
        "a migration is not applied", frozenset({"schema"}), _forget_migration, as_printed, printed="migrate"
    ),
)
