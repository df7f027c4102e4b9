"""Making backups: what lies where afterwards, and what stays when it fails."""

import hashlib
import json
import shutil
import signal
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from django.test import override_settings
from redis import Redis

from ops.backup import archives, manifest, records
from ops.backup.places import Places
from ops.embedded import binaries, ports
from ops.embedded.ports import LOOPBACK
from ops.embedded.ties import die_with_parent
from ops.mongo.collections import control_collection
from ops.redis import store
from tests.ops.backup.filled import Server, database_name, names, new_founder, run, stored
from tests.waiting import until

NOWHERE = "redis://127.0.0.1:1/0"
TOO_OLD, JUST_MADE = 239, 246


def test_all_of_it_is_there_as_the_manifest_and_the_record_say(places: Places) -> None:
    person = new_founder()

    said = run("backup", "--note", "before a change")

    assert said.status == 0
    held = manifest.verify(places.latest)
    assert [each["_id"] for each in stored(places.latest, "users")] == [person.id]
    assert {name: part.documents for name, part in held.collections.items() if part.documents < 3}[
        "families"
    ] == 1
    assert len(stored(places.latest, "audit_log")) == held.collections["audit_log"].documents
    assert (held.database, held.note, held.version) == (database_name(), "before a change", settings.VERSION)
    assert "tokens.0001_initial" in held.migrations
    (record,) = records.every()
    digest = hashlib.sha256((places.latest / "manifest.json").read_bytes()).hexdigest()
    assert (record["kind"], record["ok"], record["error"]) == ("backup", True, None)
    assert record["manifest_sha256"] == digest
    assert (record["documents"], record["bytes"]) == (held.documents, held.bytes)
    assert (record["where"], record["by"]) == (str(places.latest.resolve()), held.by)
    assert f"{held.documents:,} documents of {len(held.collections)} collections" in said.out


def test_indexes_and_options_are_in_the_metadata_as_mongodbs_own_tools_write_them(places: Places) -> None:
    run("backup")

    metadata = json.loads((places.latest / "email_outbox.metadata.json").read_text())

    by_name = {each["name"]: each for each in metadata["indexes"]}
    assert by_name["_id_"] == {"v": {"$numberInt": "2"}, "key": {"_id": {"$numberInt": "1"}}, "name": "_id_"}
    assert by_name["key_1"]["unique"] is True
    assert by_name["sent_at_1"]["expireAfterSeconds"] == {"$numberInt": str(30 * 24 * 60 * 60)}
    assert (metadata["collectionName"], metadata["type"], metadata["options"]) == (
        "email_outbox",
        "collection",
        {},
    )
    assert len(metadata["uuid"]) == 32


def test_nobody_else_may_look_into_it(places: Places) -> None:
    run("backup")
    run("backup")

    modes = {
        (each.is_dir(), stat.S_IMODE(each.stat().st_mode))
        for each in places.root.rglob("*")
        if not each.is_symlink()
    }
    assert modes == {(True, 0o700), (False, 0o600)}


def test_older_ones_are_packed_and_the_oldest_go_but_not_what_is_marked(places: Places) -> None:
    made = []
    for words in (["--mark"], [], [], []):
        run("backup", "--keep", "1", *words)
        made.append(places.latest.resolve().name)

    marked, _, kept, latest = made
    assert names(places) == sorted(
        [
            f"{marked}.keep",
            f"{marked}.tar.gz",
            f"{kept}.tar.gz",
            latest,
            "latest",
        ]
    )


def test_what_is_packed_is_what_was_there(places: Places, tmp_path: Path) -> None:
    new_founder()
    run("backup")
    first = places.latest.resolve()
    before = {each.name: each.read_bytes() for each in first.iterdir()}

    run("backup")
    archives.unpack(places.mongodb / f"{first.name}.tar.gz", tmp_path / "unpacked", "")

    assert not first.exists()
    assert {each.name: each.read_bytes() for each in (tmp_path / "unpacked").iterdir()} == before


def test_with_a_key_older_ones_are_encrypted_and_the_latest_is_not(places: Places) -> None:
    person = new_founder()
    with override_settings(BACKUP_KEY="a key of more than thirty-two characters"):
        run("backup")
        first = places.latest.resolve().name
        run("backup")

    archive = places.mongodb / f"{first}.tar.gz.enc"
    assert names(places) == sorted([archive.name, places.latest.resolve().name, "latest"])
    assert archive.read_bytes().startswith(b"SBDBACKUP1\n")
    assert [each["_id"] for each in stored(places.latest, "users")] == [person.id]


def test_a_second_one_at_the_same_time_is_refused(places: Places) -> None:
    with places.locked():
        said = run("backup")

    assert (said.status, said.err) == (1, f"Another backup, restore or drill is at work in {places.root}.")
    assert not places.latest.exists()


def test_another_directory_is_taken_when_one_is_named(places: Places, tmp_path: Path) -> None:
    said = run("backup", "--to", str(tmp_path / "usb"))

    assert said.status == 0
    assert manifest.verify(tmp_path / "usb" / "mongodb" / "latest").database == database_name()
    assert not places.root.exists()


def test_a_moment_that_the_server_no_longer_has_is_told_and_the_one_before_stays(
    places: Places, server: Server
) -> None:
    run("backup")
    before = places.latest.resolve()
    server.fail("find", skip=5, errorCode=TOO_OLD)

    said = run("backup")

    assert said.status == 1
    assert "raise minSnapshotHistoryWindowInSeconds" in said.err
    assert names(places) == sorted([before.name, "latest"])
    assert manifest.verify(places.latest).database == database_name()
    failed, made = records.every()
    assert (failed["ok"], failed["error"], made["ok"]) == (False, "SnapshotLostError", True)


def test_a_collection_that_was_made_in_this_second_is_waited_for(places: Places, server: Server) -> None:
    server.fail("find", times=1, errorCode=JUST_MADE)

    assert run("backup").status == 0
    assert manifest.verify(places.latest).database == database_name()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 128 MB with room for a few files only."""
    path = tmp_path / "small"
    path.mkdir()
    options = "size=128m,nr_inodes=24"
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(path)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("NOT TRIED: a full disk needs the right to mount one")
    yield path
    subprocess.run(["umount", str(path)], check=True)


def test_on_a_disk_that_becomes_full_nothing_is_left(small_disk: Path) -> None:
    said = run("backup", "--to", str(small_disk))

    assert said.status == 1
    assert said.err == f"The disk of {small_disk} became full; nothing of this backup was kept."
    assert list((small_disk / "mongodb").iterdir()) == []
    assert [each["error"] for each in records.every()] == ["NoRoomError"]


def test_on_a_disk_that_is_too_small_nothing_is_begun(small_disk: Path) -> None:
    (small_disk / "filled").write_bytes(bytes(100 * 2**20))

    said = run("backup", "--to", str(small_disk))

    assert said.status == 1
    assert said.err.startswith(f"{small_disk}/mongodb has 28 MB free; ")
    assert list((small_disk / "mongodb").iterdir()) == []


@pytest.mark.long
def test_redis_can_be_started_from_its_copy(places: Places, tmp_path: Path) -> None:
    store().set("session:ses_1", "kept")
    run("backup")
    (tmp_path / "redis").mkdir()
    shutil.copy(places.redis, tmp_path / "redis" / "dump.rdb")

    with _redis(tmp_path / "redis") as port, Redis(port=port) as copy:
        assert copy.get("session:ses_1") == b"kept"


@contextmanager
def _redis(directory: Path) -> Iterator[int]:
    """Start it, on another port if somebody was quicker to take one; yields the port."""
    for port in ports.candidates(None, "REDIS_URL"):
        process = subprocess.Popen(
            [binaries.find("redis-server"), "--port", str(port), "--bind", LOOPBACK, "--dir", str(directory)],
            stdout=subprocess.DEVNULL,
            preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509  # the hook takes no lock
        )
        try:
            if _has_started(process, port):
                yield port
                return
        finally:
            process.kill()
            process.wait()
    raise AssertionError("it never answered")


def _has_started(process: "subprocess.Popen[bytes]", port: int) -> bool:
    """Wait until it answers or has ended; tells which."""
    return until(lambda: process.poll() is not None or ports.answers(port), 30) and process.poll() is None


def test_without_redis_the_database_is_backed_up_and_the_older_copy_stays(places: Places) -> None:
    run("backup")
    before = places.redis.read_bytes()
    with override_settings(REDIS_URL=NOWHERE):
        said = run("backup")

    assert said.status == 0
    assert said.err.startswith("Redis gave no copy: ConnectionError.")
    assert places.redis.read_bytes() == before
    assert [each.name for each in places.redis.parent.iterdir()] == ["dump.rdb"]
    assert [each["redis"]["ok"] for each in records.every()] == [False, True]


def test_records_of_long_ago_go(places: Places) -> None:
    old = {"_id": "2020-11-26T03:00:00+00:00 backup_1", "kind": "backup", "ok": True, "where": "/"}
    control_collection(records.NAME).insert(old)

    run("backup")

    assert [each["where"] for each in records.every()] == [str(places.latest.resolve())]
