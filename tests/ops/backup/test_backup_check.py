"""What doctor says of backups."""

import shutil
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ops import clock
from ops.backup import records
from ops.backup.places import Places
from ops.backup.records import Kind
from ops.doctor import whereabouts
from ops.doctor.check import Finding, Result
from ops.doctor.checks import backup
from ops.mongo.collections import control_collection
from tests.factories import Person
from tests.ops.backup.filled import run
from tests.ops.backup.test_drill import spoil


def looked(mode: str = "production") -> Finding:
    return backup.look(replace(whereabouts.from_settings(), mode=mode))


def change(kind: Kind, facts: Mapping[str, Any]) -> None:
    control_collection(records.NAME).update_all({"kind": str(kind)}, {"$set": dict(facts)})


def test_outside_of_production_none_is_missed() -> None:
    told = "no backup was made; outside of production none is missed"

    assert looked("demo") == Finding(Result.OK, (told,))


def test_in_production_the_first_is_missed() -> None:
    found = looked()

    assert (found.result, found.evidence[0]) == (Result.FAILED, "there is no backup")
    assert found.remedy == ".venv/bin/python manage.py backup"


def test_one_of_today_that_was_tried_is_well() -> None:
    run("backup")
    run("restore_drill")
    (_, made) = records.every()

    told = f"the last backup is of {made['as_of']:%Y-%m-%d %H:%M:%S} UTC, {made['documents']:,} documents"
    assert looked() == Finding(Result.OK, (told,))


def test_one_that_was_never_tried_is_said() -> None:
    run("backup")

    found = looked()

    assert (found.result, found.evidence) == (Result.DEGRADED, ("no backup was ever tried",))
    assert found.remedy == ".venv/bin/python manage.py restore_drill"
    assert looked("demo").result == Result.OK


def test_it_grows_old() -> None:
    run("backup")
    run("restore_drill")
    found = {}
    for hours in (25, 27, 71, 73):
        change(Kind.BACKUP, {"ended_at": clock.now() - timedelta(hours=hours)})
        found[hours] = looked().result
        assert looked("demo").result == Result.OK

    assert found == {25: Result.OK, 27: Result.DEGRADED, 71: Result.DEGRADED, 73: Result.FAILED}


def test_the_drill_grows_old() -> None:
    run("backup")
    run("restore_drill")
    found = {}
    for days in (7, 9):
        change(Kind.DRILL, {"ended_at": clock.now() - timedelta(days=days)})
        found[days] = looked().result

    assert found == {7: Result.OK, 9: Result.DEGRADED}


@pytest.mark.long
def test_a_drill_that_failed_is_said_everywhere(person: Person) -> None:
    spoil(person)
    run("backup")
    run("restore_drill")

    for mode in ("production", "demo"):
        found = looked(mode)
        assert found.result == Result.FAILED
        assert found.evidence[0].endswith("UTC: DrillFailedError")


def test_a_failure_after_the_last_good_one_is_said_until_one_goes_well(places: Places) -> None:
    run("backup")
    run("restore_drill")
    blocked = places.redis.parent
    shutil.rmtree(blocked)
    blocked.write_text("in the way")
    with pytest.raises(FileExistsError):
        run("backup")
    assert looked().result == Result.OK  # it could not even begin
    blocked.unlink()
    control_collection(records.NAME).insert(
        {
            "_id": f"{clock.now().isoformat()} backup_1",
            "kind": "backup",
            "started_at": clock.now(),
            "ended_at": clock.now(),
            "ok": False,
            "error": "NoRoomError",
            "where": "/",
            "host": "here",
            "root": "/",
        }
    )

    found = looked()
    run("backup")

    assert found.result == Result.DEGRADED
    assert found.evidence[0].endswith("UTC: NoRoomError")
    assert looked().result == Result.OK


@pytest.mark.parametrize("damage", ["moved", "shortened", "exchanged"])
def test_files_that_are_not_there_any_more_are_said(places: Places, damage: str) -> None:
    run("backup")
    run("restore_drill")
    if damage == "moved":
        places.latest.resolve().rename(places.mongodb / "elsewhere")
    elif damage == "shortened":
        path = places.latest / "staff_roles.bson"
        path.write_bytes(path.read_bytes()[:-1])
    else:
        (places.latest / "manifest.json").write_text("{}")

    found = looked()

    told = {
        "moved": f"{places.latest} cannot be read: DamagedError",
        "shortened": "not as long as they were: staff_roles",
        "exchanged": f"{places.latest} is not the backup that was made last",
    }
    assert (found.result, found.evidence) == (Result.FAILED, (told[damage],))


@pytest.mark.long
def test_one_that_was_made_elsewhere_is_not_looked_for_here(places: Places) -> None:
    run("backup", "--to", str(places.root.with_name("usb")))
    run("backup", "--to", str(places.root))
    run("restore_drill")
    run("backup", "--to", str(places.root.with_name("usb")))

    assert looked().result == Result.OK


def test_broken_settings_leave_nothing_to_look_at() -> None:
    where = replace(whereabouts.from_settings(), faults=("BACKUP_KEEP is not right",))

    assert backup.look(where).result == Result.COULD_NOT_LOOK
