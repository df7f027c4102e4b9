"""What runs, and what was started when."""

import json
import os
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from ops.deployments import recording, release
from ops.mongo.collections import control_collection
from tests.api import Api
from tests.console import Console

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(autouse=True)
def _none() -> Iterator[None]:
    control_collection(recording.NAME).delete({})
    yield
    control_collection(recording.NAME).delete({})


def test_a_release_says_what_it_is(tmp_path: Path) -> None:
    told = {"version": "1.2.0", "commit": COMMIT, "built_at": "2026-11-26T10:00:00+00:00"}
    (tmp_path / "RELEASE").write_text(json.dumps(told))

    assert release.of(tmp_path, "0.0.1") == release.Release("1.2.0", COMMIT, told["built_at"])


@pytest.mark.parametrize(
    ("files", "commit"),
    [
        ({"HEAD": COMMIT}, COMMIT),
        ({"HEAD": "ref: refs/heads/main", "refs/heads/main": COMMIT}, COMMIT),
        ({"HEAD": "ref: refs/heads/main", "packed-refs": f"# pack-refs\n{COMMIT} refs/heads/main"}, COMMIT),
        ({"HEAD": "ref: refs/heads/main", "packed-refs": f"{COMMIT} refs/heads/other"}, None),
        ({}, None),
    ],
    ids=["detached", "branch", "packed", "unborn", "no checkout"],
)
def test_a_checkout_knows_its_commit(tmp_path: Path, files: dict[str, str], commit: str | None) -> None:
    for name, text in files.items():
        path = tmp_path / ".git" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n")

    assert release.of(tmp_path, "0.1.0") == release.Release("0.1.0", commit, None)


def test_a_start_is_recorded_once_whoever_of_the_unit_tells_it() -> None:
    recording.record_start("web", os.getpid())
    recording.record_start("web", os.getpid())

    (record,) = recording.latest(9)
    assert (record["role"], record["version"]) == ("web", settings.VERSION)
    assert record["commit"] == release.current().commit


def test_workers_of_another_release_that_a_reload_has_started_are_another_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recording.record_start("web", os.getpid())
    monkeypatch.setattr(release, "current", lambda: release.Release("1.2.0", COMMIT, None))
    recording.record_start("web", os.getpid())

    assert {each["version"] for each in recording.latest(9)} == {"1.2.0", settings.VERSION}


def test_each_unit_has_its_own_and_the_newest_stands_first_and_old_ones_go() -> None:
    recording.record_start("web", os.getpid())
    record = recording.latest(1)[0]
    others = [
        record | {"_id": f"{at.isoformat()} here beat 1", "at": at, "role": "beat"}
        for at in (record["at"] - timedelta(days=days) for days in range(1, recording.KEPT + 10))
    ]
    control_collection(recording.NAME).insert(*others)

    recording.record_start("worker", os.getpid())

    kept = recording.latest(recording.KEPT + 50)
    assert len(kept) == recording.KEPT
    assert {each["role"] for each in kept[:2]} == {"web", "worker"}
    assert kept[-1]["at"] == record["at"] - timedelta(days=recording.KEPT - 2)


def test_the_command_lists_them() -> None:
    recording.record_start("web", os.getpid())
    said = StringIO()

    call_command("deployments", stdout=said)

    heads, row = said.getvalue().splitlines()
    assert heads.split() == ["STARTED", "(UTC)", "UNIT", "HOST", "VERSION", "COMMIT", "BY"]
    assert row.split()[2:3] == ["web"]


def test_the_console_shows_the_latest_starts(console: Console) -> None:
    recording.record_start("web", os.getpid())

    (row,) = console.get("/admin/").table("Latest starts")

    assert (row[1], row[3]) == ("web", settings.VERSION)


def test_health_tells_the_commit_to_whom_it_tells_details() -> None:
    assert Api().get("/health").json["deployment"] == {"commit": release.current().commit, "built_at": None}
    assert "deployment" not in Api().get("/family/health").json
