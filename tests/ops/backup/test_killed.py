"""Backups and restores that are killed in their middle, and run again."""

import signal
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import pytest

from ops.backup import manifest, records
from ops.backup.places import Places
from ops.doctor import whereabouts
from ops.doctor.check import Result
from ops.doctor.checks import backup
from tests.database import audit, documents
from tests.ops.backup.filled import CHANGED, Server, new_founder, run, spawned
from tests.tokens import ledger_checker
from tests.waiting import until

if TYPE_CHECKING:
    import subprocess

HANGS_MS = 60_000
WAIT_SECONDS = 60.0
COMMANDS = ("find", "insert", "renameCollection", "aggregate", "createIndexes", "create")


def kill_when_it_hangs(server: Server, process: "subprocess.Popen[bytes]") -> None:
    """Kill a process whose command the server holds, and see to it that the server forgets the command."""

    def held() -> list[int]:
        found = server.client.admin.aggregate(
            [{"$currentOp": {}}, {"$match": {"appName": "sbd-backup", "active": True}}]
        )
        return [each["opid"] for each in found if set(COMMANDS) & each.get("command", {}).keys()]

    assert until(lambda: bool(held()) and bool(_stands(held)), WAIT_SECONDS)
    process.send_signal(signal.SIGKILL)
    assert process.wait(WAIT_SECONDS) == -signal.SIGKILL
    for each in held():
        server.client.admin.command("killOp", op=each)
    server.mend()
    assert until(lambda: not held(), WAIT_SECONDS)


def _stands(held: Callable[[], list[int]]) -> bool:
    """Tell whether the same command is held for a while."""
    first = held()
    time.sleep(0.5)
    return bool(first) and first == held()


@pytest.mark.parametrize("skip", [pytest.param(1, marks=pytest.mark.long), 20])
def test_a_backup_that_is_killed_leaves_the_one_before_and_the_next_one_tidies_up(
    places: Places, server: Server, skip: int
) -> None:
    new_founder()
    run("backup")
    before = places.latest.resolve()
    server.fail("find", skip=skip, blockConnection=True, blockTimeMS=HANGS_MS)

    kill_when_it_hangs(server, spawned("backup"))

    assert places.latest.resolve() == before
    assert manifest.verify(places.latest).documents > 0
    assert [each.name for each in places.mongodb.glob(".unfinished-*")] != []
    assert run("backup").status == 0
    assert [each.name for each in places.mongodb.glob(".*")] == []
    assert places.latest.resolve() != before
    assert [(each["ok"], each["error"]) for each in records.every()] == [
        *((True, None), (False, "Killed"), (True, None))
    ]


def product(server: Server) -> dict[str, str]:
    """Return the digest of each collection of the product."""
    found: dict[str, str] = server.database.command("dbHash")["collections"]
    return {name: digest for name, digest in found.items() if not name.startswith("restoring.")}


class Moment(NamedTuple):
    """At which command a restore is killed.

    ``looks``: before anything is changed each collection is looked at once, and counted once it is filled.
    """

    command: str
    skip: int
    looks: int = 0


@pytest.mark.long
@pytest.mark.parametrize(
    "moment",
    [
        Moment("insert", 4),
        Moment("createIndexes", 3),
        Moment("aggregate", 5, 1),
        Moment("aggregate", 1, 2),
        Moment("renameCollection", 0),
        Moment("renameCollection", 17),
    ],
)
def test_a_restore_that_is_killed_is_told_and_ends_well_when_it_is_run_again(
    places: Places, server: Server, quieten: Callable[[], None], moment: Moment
) -> None:
    new_founder()
    assert run("backup").status == 0
    before = documents()
    latecomer = new_founder()
    quieten()
    now = product(server)
    words = ("restore", "--from", str(places.latest), "--apply")
    skip = moment.skip + moment.looks * len(manifest.read(places.latest).collections)
    server.fail(moment.command, skip=skip, blockConnection=True, blockTimeMS=HANGS_MS)

    kill_when_it_hangs(server, spawned(*words))

    begun, found = records.unfinished(), backup.look(whereabouts.from_settings())
    if moment.command == "renameCollection":
        again = f".venv/bin/python manage.py restore --from {places.latest.resolve()} --apply"
        assert (found.result, found.remedy) == (Result.FAILED, again)
        assert begun is not None
    else:
        assert (found.result, begun) == (Result.OK, None)
        assert product(server) == now
    said = run(*words)
    assert (said.status, said.err) == (0, "")
    after = documents()
    assert {name: each for name, each in after.items() if name not in CHANGED} == {
        name: each for name, each in before.items() if name not in CHANGED
    }
    assert records.unfinished() is None
    assert [name for name in server.database.list_collection_names() if name.startswith("restoring.")] == []
    assert len(places.archives("before-restore-")) == (2 if begun is None else 1)
    assert len(audit("database.restored")) == 1
    assert ledger_checker.faults() == []
    assert latecomer.id not in {each["_id"] for each in after["users"]}
