"""Backups that are not as they were written: refused before anything is changed."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import override_settings

from ops.backup import records
from ops.backup.places import Places
from ops.mongo.collections import control_collection
from tests.factories import new_person
from tests.ops.backup.filled import Server, new_founder, run

KEY = "a key of more than thirty-two characters"


def flip(path: Path, place: int = -2) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-5])


def add(path: Path) -> None:
    path.with_name("more.bson").write_bytes(b"")


def lie(path: Path) -> None:
    document = json.loads(path.read_bytes())
    document["note"] = "another"
    path.write_text(json.dumps(document))


@pytest.mark.parametrize(
    ("damage", "name", "told"),
    [
        (flip, "staff_roles.bson", "staff_roles.bson is not as it was written"),
        (flip, "users.metadata.json", "users.metadata.json is not as it was written"),
        (cut, "staff_roles.bson", "staff_roles.bson is not as it was written"),
        (Path.unlink, "users.bson", "users.bson is missing"),
        (Path.unlink, "families.metadata.json", "families.metadata.json is missing"),
        (add, "users.bson", "more.bson is none of its files"),
        (lie, "manifest.json", "is not the one that was recorded when it was made"),
        (flip, "manifest.json", "is not the one that was recorded when it was made"),
        (Path.unlink, "manifest.json", "has no manifest.json that can be read"),
    ],
)
@pytest.mark.usefixtures("quiet")
def test_a_damaged_backup_changes_nothing(
    places: Places, server: Server, damage: Callable[[Path], None], name: str, told: str
) -> None:
    run("backup")
    damage(places.latest / name)
    before = server.digest()

    said = run("restore", "--from", str(places.latest), "--apply")

    assert (said.status, server.digest()) == (1, before)
    assert told in said.err
    assert records.unfinished() is None


@pytest.mark.usefixtures("quiet")
def test_without_a_record_a_changed_byte_is_found_all_the_same(places: Places, server: Server) -> None:
    run("backup")
    control_collection(records.NAME).delete({})
    flip(places.latest / "audit_log.metadata.json")
    before = server.digest()

    said = run("restore", "--from", str(places.latest), "--apply")

    assert (said.status, server.digest()) == (1, before)
    assert "audit_log.metadata.json is not as it was written" in said.err


def test_a_backup_that_nobody_recorded_is_taken_and_that_is_said(places: Places) -> None:
    run("backup")
    control_collection(records.NAME).delete({})

    said = run("restore", "--from", str(places.latest))

    assert said.status == 0
    assert "The control database knows nothing of this backup" in said.out


@pytest.mark.parametrize("key", ["", KEY])
@pytest.mark.parametrize("damage", [flip, cut])
def test_a_damaged_archive_is_refused_and_leaves_nothing(
    places: Places, damage: Callable[[Path], None], key: str
) -> None:
    with override_settings(BACKUP_KEY=key):
        new_founder()
        run("backup")
        run("backup")
        (archive,) = places.archives()
        damage(archive)

        said = run("restore", "--from", str(archive))

    assert said.status == 1
    assert "changed, or cut off" in said.err
    assert not places.unpacked.exists()


def test_with_another_key_an_archive_is_refused(places: Places) -> None:
    with override_settings(BACKUP_KEY=KEY):
        run("backup")
        run("backup")
    (archive,) = places.archives()

    said = run("restore", "--from", str(archive))

    assert said.status == 1
    assert said.err == "The archive was encrypted with another BACKUP_KEY than the one that is set."


@pytest.mark.long
@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("key", ["", KEY])
def test_an_archive_is_restored_as_a_directory_is(
    places: Places, key: str, resume: Callable[[], None], quieten: Callable[[], None]
) -> None:
    resume()
    with override_settings(BACKUP_KEY=key):
        founder = new_founder()
        run("backup")
        new_person()
        run("backup")
        (archive,) = places.archives()
        quieten()

        said = run("restore", "--from", str(archive), "--apply")

        assert said.status == 0
        assert "All is right." in said.out
        again = run("restore", "--from", str(archive))
    rows = {line.split()[0]: line.split()[1:3] for line in again.out.splitlines() if line}
    assert rows["users"] == ["1", "1"]
    assert founder.id
    assert not places.unpacked.exists()


@pytest.mark.parametrize("name", ["nothing", "users.bson"])
def test_what_is_no_backup_is_refused(places: Places, name: str) -> None:
    run("backup")

    said = run("restore", "--from", str(places.latest / name))

    assert said.status == 1
    assert "is neither a directory with a backup nor an archive of one" in said.err


def test_what_puts_redis_back_is_printed_in_order(places: Places) -> None:
    run("backup")

    said = run("restore", "--redis")

    copied = next(line for line in said.out.splitlines() if line.startswith("sudo cp "))
    assert copied.startswith(f"sudo cp {places.redis.resolve()} /")
    assert copied.endswith("/dump.rdb")
    target = copied.split()[-1]
    assert said.out.splitlines() == [
        "sudo systemctl stop redis",
        copied,
        f"sudo chown redis:redis {target}",
        "sudo systemctl start redis",
        "redis-cli info keyspace",
    ]


def test_without_a_copy_of_redis_that_is_said(places: Places) -> None:
    said = run("restore", "--redis")

    assert (said.status, said.err) == (1, f"There is no copy of Redis at {places.redis}.")
