"""Restoring: what comes back, and when nothing is done."""

from collections.abc import Callable

import pytest
from pymongo.errors import OperationFailure

from ops import clock
from ops.actors import Actor
from ops.backup import records
from ops.backup.places import Places
from ops.jobs import heartbeats
from ops.mongo.collections import collection, control_collection
from tests.database import audit, documents
from tests.factories import Person, new_person
from tests.ops.backup.filled import CHANGED, Server, new_founder, restored, run
from tests.tokens import ledger_checker

SHELL = Actor.shell()


def test_without_apply_nothing_is_changed_and_what_would_be_lost_is_told(
    places: Places, server: Server
) -> None:
    new_founder()
    run("backup")
    new_person()
    collection("left_by_hand").insert({"_id": 1})
    before = server.digest()

    said = run("restore", "--from", str(places.latest))

    assert said.status == 0
    assert server.digest() == before
    rows = {line.split()[0]: line.split()[1:4] for line in said.out.splitlines() if line}
    assert rows["users"] == ["2", "1", "1"]
    assert rows["families"] == ["1", "1", "0"]
    assert rows["left_by_hand"] == ["1", "-", "0"]
    assert "would stay as they are, --drop drops them: left_by_hand" in said.out
    assert said.out.endswith("Nothing was changed; --apply does it.\n")
    assert records.unfinished() is None
    server.database.drop_collection("left_by_hand")


def test_while_people_write_it_is_refused(places: Places, server: Server) -> None:
    run("backup")
    before = server.digest()

    status, told = restored(places)

    assert status == 1
    assert "Maintenance is off" in told
    assert server.digest() == before


@pytest.mark.usefixtures("quiet")
def test_while_somebody_has_not_confirmed_it_is_refused(places: Places, server: Server) -> None:
    run("backup")
    now = clock.now()
    living = {"_id": "web:elsewhere:7", "role": "web", "host": "elsewhere", "pid": 7, "seen_at": now}
    control_collection(heartbeats.NAME).insert(living)
    before = server.digest()

    status, told = restored(places)

    assert (status, server.digest()) == (1, before)
    assert "These have not confirmed yet that they stand still: web 7 on elsewhere." in told


def test_everything_is_as_it_was(places: Places, quieten: Callable[[], None]) -> None:
    founder = new_founder()
    run("backup")
    before = documents()
    new_founder(50)
    collection("families").update_all({"_id": {"$exists": True}}, {"$set": {"name": "spoilt"}})
    quieten()

    status, told = restored(places)

    assert (status, told.splitlines()[-1]) == (0, "All is right.")
    after = documents()
    assert {name: each for name, each in after.items() if name not in CHANGED} == {
        name: each for name, each in before.items() if name not in CHANGED
    }
    assert ledger_checker.faults() == []
    (entry,) = audit("database.restored")
    assert (entry["actor"], entry["target"]) == (SHELL.id, "database")
    assert (
        entry["after"]["manifest_sha256"]
        == records.of_name(places.latest.resolve().name)[  # type: ignore[index]  # it is there
            "manifest_sha256"
        ]
    )
    assert [each["_id"] for each in after["users"]] == [founder.id]


@pytest.mark.long
def test_what_was_there_before_can_be_had_back(places: Places, quieten: Callable[[], None]) -> None:
    new_founder()
    run("backup")
    latecomer = new_person()
    quieten()
    restored(places)
    (safety,) = places.archives("before-restore-")

    said = run("restore", "--from", str(safety), "--apply")

    assert said.status == 0
    assert latecomer.id in {each["_id"] for each in documents("users")["users"]}
    assert places.latest.resolve().name in {each.name for each in places.plain()}
    assert [each["kind"] for each in records.every()] == [
        *("safety", "restore", "safety", "restore", "backup")
    ]


@pytest.mark.long
def test_collections_that_are_not_in_the_backup_go_only_when_told(
    places: Places, server: Server, quieten: Callable[[], None]
) -> None:
    run("backup")
    collection("left_by_hand").insert({"_id": 1})
    quieten()

    _, told = restored(places)
    assert "Not in the backup, and left as they are: left_by_hand" in told
    assert "left_by_hand" in server.database.list_collection_names()

    _, told = restored(places, "--drop")
    assert "Not in the backup, and dropped: left_by_hand" in told
    assert "left_by_hand" not in server.database.list_collection_names()


@pytest.mark.long
def test_indexes_are_there_again(places: Places, server: Server, quieten: Callable[[], None]) -> None:
    run("backup")
    before = {
        name: server.database[name].index_information() for name in server.database.list_collection_names()
    }
    server.database["email_outbox"].drop_indexes()
    server.database.drop_collection("families")
    quieten()

    assert restored(places)[0] == 0

    after = {
        name: server.database[name].index_information() for name in server.database.list_collection_names()
    }
    assert after == before


@pytest.mark.long
def test_a_backup_of_a_broken_ledger_is_restored_and_told(
    places: Places, quieten: Callable[[], None], person: Person
) -> None:
    new_founder()
    collection("sbd_accounts").update({"username": person.username}, {"$set": {"balance": 7}})
    run("backup")
    quieten()

    status, told = restored(places)

    assert status == 1
    assert "Not all is right:" in told
    assert "ledger: " in told
    assert records.every()[1]["error"] == "WrongAfterwardsError"
    assert records.unfinished() is None


def test_one_that_fails_before_the_exchange_leaves_everything_as_it_was(
    places: Places, server: Server, quieten: Callable[[], None]
) -> None:
    run("backup")
    new_person()
    quieten()
    before = server.digest()
    server.fail("createIndexes", skip=9, errorCode=8000)

    with pytest.raises(OperationFailure):
        run("restore", "--from", str(places.latest), "--apply")

    assert server.digest() == before
    assert records.unfinished() is None
    assert [(each["kind"], each["ok"], each["error"]) for each in records.every()] == [
        ("safety", True, None),
        ("restore", False, "OperationFailure"),
        ("backup", True, None),
    ]
