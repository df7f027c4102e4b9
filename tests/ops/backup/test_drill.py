"""The drill: is the latest backup good? And the people who use the system notice nothing."""

import pytest

from ops.backup import records
from ops.backup.drilling import DATABASE
from ops.backup.places import Places
from ops.mongo.collections import collection, control_collection
from ops.mongo.unit_of_work import unit_of_work
from tests.database import documents
from tests.factories import Person, new_person
from tests.ops.backup.filled import Server, new_founder, run
from tests.ops.backup.test_damaged import flip
from tokens.actions import checking


def is_gone(server: Server) -> bool:
    return DATABASE not in server.client.list_database_names()


@unit_of_work()
def spoil(person: Person) -> None:
    collection("sbd_accounts").update({"username": person.username}, {"$set": {"balance": 7}})


def test_a_good_backup_passes_and_nothing_is_left_of_it(places: Places, server: Server) -> None:
    new_founder()
    run("backup")
    before = server.digest()

    said = run("restore_drill")

    assert (said.status, said.err) == (0, "")
    assert "can be restored, and hold together" in said.out
    assert is_gone(server)
    assert server.digest() == before
    drill, made = records.every()
    assert (drill["kind"], drill["ok"], drill["of"]) == ("drill", True, str(places.latest.resolve()))
    assert (drill["documents"], drill["of_manifest"]) == (made["documents"], made["manifest_sha256"])
    assert records.standing().drill == drill


@pytest.mark.long
def test_it_looks_at_the_backup_and_not_at_the_product(server: Server, person: Person) -> None:
    run("backup")
    spoil(person)

    assert run("restore_drill").status == 0

    assert collection("sbd_accounts").find_one({"username": person.username, "balance": 7}) is not None
    assert control_collection(checking.NAME).find_one({"_id": checking.LAST}) is None
    assert is_gone(server)


@pytest.mark.long
def test_a_backup_of_a_broken_ledger_fails_and_says_why(server: Server, person: Person) -> None:
    spoil(person)
    run("backup")

    said = run("restore_drill")

    assert said.status == 1
    assert "can be restored, but: ledger: " in said.err
    assert is_gone(server)
    assert (records.every()[0]["ok"], records.every()[0]["error"]) == (False, "DrillFailedError")
    assert records.standing().failed_drill is not None


def test_a_damaged_backup_fails_before_anything_is_filled(places: Places, server: Server) -> None:
    run("backup")
    flip(places.latest / "staff_roles.bson")

    said = run("restore_drill")

    assert said.status == 1
    assert "staff_roles.bson is not as it was written" in said.err
    assert is_gone(server)
    assert records.every()[0]["error"] == "DamagedError"


@pytest.mark.long
def test_what_a_killed_drill_has_left_is_no_hindrance(server: Server) -> None:
    server.client[DATABASE]["users"].insert_one({"_id": "left"})
    run("backup")

    assert run("restore_drill").status == 0
    assert is_gone(server)


def test_without_a_backup_it_fails(places: Places) -> None:
    said = run("restore_drill")

    assert said.status == 1
    assert said.err == f"{places.latest} is neither a directory with a backup nor an archive of one."


@pytest.mark.long
@pytest.mark.usefixtures("quiet")
def test_it_may_run_during_maintenance() -> None:
    run("backup")

    assert run("restore_drill").status == 0


def test_people_may_write_meanwhile() -> None:
    run("backup")

    assert run("restore_drill").status == 0
    assert len(documents("users")["users"]) == 0
    assert new_person().id in {each["_id"] for each in documents("users")["users"]}
