"""What was changed in the last hour, as doctor tells it first."""

import io
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from family_site.settings.digests import digests
from family_site.settings.environment import Environment
from ops import clock
from ops.actors import Actor
from ops.cache.clearing import Namespace, clear
from ops.deployments import recording
from ops.doctor import changes, report
from ops.doctor.change import Change
from ops.doctor.changes import Lately, recent
from ops.doctor.whereabouts import Whereabouts
from ops.mongo.collections import control_collection
from tests.factories import Person

HOUR = timedelta(hours=1)
NOW = clock.now()
Start = Callable[..., None]


@pytest.fixture(autouse=True)
def _nothing_started() -> None:
    control_collection(recording.NAME).delete({})


@pytest.fixture
def start() -> Start:
    """``start(role, minutes, commit)`` writes the record of a start so many minutes ago."""
    records = control_collection(recording.NAME)

    def write(role: str, minutes: int, commit: str | None = "a" * 40, **settings: str) -> None:
        at = NOW - timedelta(minutes=minutes)
        facts: dict[str, Any] = {"_id": f"{at.isoformat()} {role}", "at": at, "role": role, "host": "here"}
        facts |= {"version": "1.2.0", "commit": commit, "built_at": None, "by": "shell:ada", "of": role}
        records.insert(facts | ({"settings": settings} if settings else {}))

    return write


def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str | None]]:
    """Return what is told of now, without the files of this machine."""
    monkeypatch.setattr(changes, "of_files", lambda _since: [])
    return [(each.what, each.who) for each in recent(NOW + timedelta(seconds=5))]


def test_a_release_is_told_with_the_one_before_and_units_that_start_together_in_one_line(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    for role in ("web", "worker"):
        start(role, 90, "b" * 40)
        start(role, 10)
    start("web", 5)
    start("beat", 7, None)

    assert told(monkeypatch) == [
        ("started: web, release 1.2.0 (aaaaaaaaaaaa)", "shell:ada"),
        ("started: beat, release 1.2.0", "shell:ada"),
        ("started: web, worker, release 1.2.0 (aaaaaaaaaaaa), before it 1.2.0 (bbbbbbbbbbbb)", "shell:ada"),
    ]


def test_many_starts_of_one_unit_are_counted(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    for minutes in (70, 3, 2, 1):
        start("web", minutes)

    assert told(monkeypatch) == [("started: web (3 times), release 1.2.0 (aaaaaaaaaaaa)", "shell:ada")]


def test_settings_are_told_by_name_and_none_when_their_key_is_another(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    start("web", 50, PORT="1", MAIL_URL="2", SECRET_KEY="3")
    start("web", 20, PORT="1", MAIL_URL="9", SECRET_KEY="3", REDIS_URL="4")
    start("web", 10, PORT="7", MAIL_URL="8", SECRET_KEY="6", REDIS_URL="5")

    found = [what for what, _ in told(monkeypatch) if what.startswith("other settings")]

    assert found == ["other settings for web: SECRET_KEY", "other settings for web: MAIL_URL, REDIS_URL"]


def test_what_operators_did_is_told_and_not_what_people_and_jobs_did(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    del person  # to register is a change, too
    clear([Namespace.CACHE], actor=Actor.shell(), now=NOW - HOUR - timedelta(minutes=1))
    for _ in range(2):
        clear([Namespace.CACHE], actor=Actor.shell(), now=NOW)

    assert told(monkeypatch) == [("cache.cleared (2 times)", Actor.shell().id)]


def test_files_are_told_that_were_changed_since(tmp_path: Path) -> None:
    old, new, link = tmp_path / "old", tmp_path / "new", tmp_path / "current"
    for each in (old, new):
        each.touch()
    os.utime(old, (NOW.timestamp() - 7200, NOW.timestamp() - 7200))
    link.symlink_to(old)

    found = changes.of_files(NOW - HOUR, (old, new, link, tmp_path / "none"))

    assert {each.what for each in found} == {f"{new} was changed", f"{link} was changed"}


def test_without_a_database_the_files_are_told_and_that_the_rest_is_missing() -> None:
    found = changes.lately(Whereabouts("production", Path("/nowhere"), None, None, None))

    assert found.unknown == "MongoDB was not started"


def test_digests_tell_that_a_value_is_another_and_not_what_it_is() -> None:
    values: dict[str, Any] = {"secret_key": "s" * 40, "mail_url": "smtp://user:hunter2@mail", "port": 8000}
    first = digests(Environment(**values))
    second = digests(Environment(**values | {"port": 8001}))
    third = digests(Environment(**values | {"secret_key": "t" * 40}))

    assert {name for name in first if first[name] != second[name]} == {"PORT"}
    assert all(first[name] != third[name] for name in first)
    assert "hunter2" not in str(first)


def test_a_start_is_recorded_with_the_digests_of_its_settings(settings: Any) -> None:
    recording.record_start("web", os.getpid())

    (record,) = recording.latest(1)
    assert record["settings"] == settings.SETTINGS_DIGESTS


@pytest.mark.parametrize(
    ("lately", "lines"),
    [
        (Lately([]), ["Nothing was changed in the last hour."]),
        (
            Lately([Change(NOW.replace(hour=7, minute=5, second=9), "it was moved", "shell:ada")]),
            ["Changed in the last hour:", "  07:05:09  it was moved, by shell:ada"],
        ),
        (
            Lately([], "MongoDB is away"),
            ["Who did what in the last hour cannot be read: MongoDB is away."],
        ),
    ],
    ids=["nothing", "something", "unknown"],
)
def test_it_stands_first(lately: Lately, lines: list[str]) -> None:
    said = report.text([], report.Pen(io.StringIO()), lately).splitlines()

    assert said[2:] == lines


def test_many_changes_are_cut() -> None:
    many = Lately([Change(NOW, f"change {number}") for number in range(30)])

    said = report.text([], report.Pen(io.StringIO()), many).splitlines()

    assert len(said) == 3 + report.CHANGES_SHOWN + 1
    assert said[-1].strip() == "and 22 more: see the audit log, and manage.py deployments"
