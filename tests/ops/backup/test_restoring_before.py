"""``manage.py restore --before TIME``: the newest backup of before somebody was in. Source: C29."""

from datetime import timedelta
from pathlib import Path

import pytest

from ops import clock
from ops.backup import choosing, manifest, records
from ops.backup.choosing import NoneBeforeError
from ops.backup.places import PACKED, Places
from ops.mongo.collections import control_collection
from tests.factories import new_person
from tests.ops.backup.filled import run


def as_of(places: Places) -> str:
    return manifest.read(places.latest.resolve()).as_of.isoformat()


def test_the_newest_of_before_is_taken_whether_it_is_the_latest_or_an_archive(places: Places) -> None:
    run("backup")
    first, first_name = as_of(places), places.latest.resolve().name
    new_person()
    run("backup")
    second = as_of(places)

    to_the_second = run("restore", "--before", second)
    to_now = run("restore", "--before", clock.now().isoformat())
    to_the_first = run("restore", "--before", first)

    assert f"{first_name}{PACKED}: as of" in to_the_second.out
    assert f"{places.latest.resolve().name}: as of" in to_now.out
    assert (to_the_first.status, "No backup in" in to_the_first.err) == (1, True)
    assert "Nothing was changed" in to_now.out


def test_an_archive_that_nobody_recorded_is_known_by_its_name(places: Places) -> None:
    run("backup")
    moment = manifest.read(places.latest.resolve()).as_of
    run("backup")
    control_collection(records.NAME).delete({})
    (archive,) = places.archives()

    found = choosing.before(moment + timedelta(milliseconds=1), places)
    refused = run("restore", "--before", moment.isoformat())

    assert found == archive
    assert (refused.status, "is of" in refused.err) == (1, True)


def test_where_there_is_none_it_says_so(places: Places, tmp_path: Path) -> None:
    with pytest.raises(NoneBeforeError, match="No backup in"):
        choosing.before(clock.now(), Places(tmp_path / "nowhere"))

    assert run("restore").status == 1
    assert run("restore", "--before", "2026-11-26", "--from", str(places.latest)).status == 1
