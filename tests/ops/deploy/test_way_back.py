"""Which release may run on which data: decided by the migrations that are applied, carried and marked."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from ops import migrations
from ops.deploy import way_back
from ops.mongo.collections import control_collection

LATER = "9001_by_a_later_release"
# The last one of ops, on which none of another app depends.
NEWEST = max(path.stem for path in Path(migrations.__path__[0]).glob("0*.py"))


@pytest.fixture(autouse=True)
def recorder() -> Iterator[MigrationRecorder]:
    """What is applied; as it was, when the test is over."""
    recorder = MigrationRecorder(connection)
    yield recorder
    recorder.record_unapplied("ops", LATER)
    if ("ops", NEWEST) not in recorder.applied_migrations():
        recorder.record_applied("ops", NEWEST)
    control_collection(way_back.DECLARED).delete({})


def test_what_is_carried_here_can_be_read(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("can_read_data")

    assert capsys.readouterr().out == "This release can read the data.\n"
    assert way_back.standing() == way_back.Standing(unknown=[], pending=[], one_way=[])


def test_what_a_later_release_has_changed_cannot_be_read(recorder: MigrationRecorder) -> None:
    recorder.record_applied("ops", LATER)

    with pytest.raises(CommandError, match=rf"unknown to this one: ops\.{LATER}$") as refused:
        call_command("can_read_data")
    assert refused.value.returncode == 1


def test_what_the_later_release_has_declared_can_be_left_out_of_account(recorder: MigrationRecorder) -> None:
    recorder.record_applied("ops", LATER)
    control_collection(way_back.DECLARED).insert({"_id": f"ops.{LATER}"})

    assert way_back.standing().unknown == []


def test_there_is_no_way_back_after_a_migration_that_is_not_marked(
    recorder: MigrationRecorder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    recorder.record_unapplied("ops", NEWEST)
    with pytest.raises(CommandError, match=rf"No way back after these migrations: ops\.{NEWEST}$"):
        call_command("can_read_data", "--way-back")

    monkeypatch.setattr(_migration(NEWEST), way_back.MARK, True, raising=False)
    call_command("can_read_data", "--way-back")

    said = f"pending: ops.{NEWEST}\n1 migrations are pending; there is a way back after them.\n"
    assert capsys.readouterr().out == said


def test_only_applied_migrations_with_the_mark_are_declared_and_once(
    recorder: MigrationRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_migration(NEWEST), way_back.MARK, True, raising=False)
    recorder.record_unapplied("ops", NEWEST)
    pending = way_back.declare()
    recorder.record_applied("ops", NEWEST)
    applied = [way_back.declare(), way_back.declare()]

    assert (pending, applied) == ([], [[f"ops.{NEWEST}"]] * 2)
    kept = control_collection(way_back.DECLARED).find({}, limit=10)
    assert [each["_id"] for each in kept] == [f"ops.{NEWEST}"]


def _migration(name: str) -> type:
    found: type = import_module(f"ops.migrations.{name}").Migration
    return found
