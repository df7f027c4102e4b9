"""One list of what happened: the incident's events, starts, acts and fixes, and files that were changed."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from ops import audit
from ops.actors import Actor
from ops.doctor import changes
from ops.doctor.change import Change
from ops.doctor.fixes import noting
from ops.incidents import records, timeline
from ops.incidents.timeline import Line
from ops.mongo.unit_of_work import unit_of_work
from tests.ops.incidents.opened import MINUTE, NOW, forget_all, opened, started

HOUR = timedelta(hours=1)
ADA = Actor.shell()


@pytest.fixture(autouse=True)
def _none(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(changes, "of_files", lambda _since: [])
    forget_all()
    yield
    forget_all()


@unit_of_work()
def acted(action: str, minutes: int, target: str = "x") -> None:
    audit.record(ADA, action, target=target, now=NOW + minutes * MINUTE)


def event(kind: str, text: str, minutes: int) -> None:
    records.note_event("inc_one", kind, text, by="system:attend", now=NOW + minutes * MINUTE)


def test_all_that_happened_stands_in_one_list_in_order() -> None:
    incident = opened()
    event("opened", "NotReady", 0)
    event("noted", "It is the release.", 5)
    started(NOW - 2 * HOUR, "a" * 40)
    started(NOW - 10 * MINUTE, "b" * 40)
    started(NOW + 8 * MINUTE, "a" * 40)
    acted("maintenance.begun", 6, "maintenance")
    noting.note("resync_cache", {}, actor=ADA, reason="why not", now=NOW + 7 * MINUTE)

    old, new = "1.2.0 (aaaaaaaaaaaa)", "1.2.0 (bbbbbbbbbbbb)"
    assert timeline.lines(incident, NOW + 9 * MINUTE) == [
        Line(NOW - 10 * MINUTE, "start", f"started: web, release {new}, before it {old}", "systemd"),
        Line(NOW, "opened", "NotReady", "system:attend"),
        Line(NOW + 5 * MINUTE, "noted", "It is the release.", "system:attend"),
        Line(NOW + 6 * MINUTE, "act", "maintenance.begun maintenance", ADA.id),
        Line(NOW + 7 * MINUTE, "fix", "doctor.mended resync_cache", ADA.id),
        Line(NOW + 8 * MINUTE, "start", f"started: web, release {old}, before it {new}", "systemd"),
    ]


def test_it_begins_an_hour_before_and_ends_with_the_resolution_but_for_its_own_events() -> None:
    incident = opened(resolved_at=NOW + 30 * MINUTE)
    for minutes in (-61, -60, 30, 31):
        acted("maintenance.begun", minutes, f"at {minutes}")
    event("post_mortem", "written", 90)

    found = timeline.lines(incident, NOW + 2 * HOUR)

    assert [each.text for each in found] == [
        "maintenance.begun at -60",
        "maintenance.begun at 30",
        "written",
    ]


def test_what_is_done_to_the_incident_stands_there_once() -> None:
    incident = opened()
    acted("incident.acknowledged", 1, "inc_one")
    event("acknowledged", "by Ada", 1)

    assert [each.kind for each in timeline.lines(incident, NOW + HOUR)] == ["acknowledged"]


def test_files_that_were_changed_meanwhile_are_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [Change(NOW + 3 * MINUTE, ".env was changed"), Change(NOW + 2 * HOUR, "later")]
    monkeypatch.setattr(changes, "of_files", lambda since: [each for each in found if each.at >= since])

    assert timeline.lines(opened(resolved_at=NOW + HOUR), NOW + 3 * HOUR) == [
        Line(NOW + 3 * MINUTE, "file", ".env was changed", None)
    ]


def test_of_very_many_lines_the_newest_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timeline, "MOST", 3)
    incident = opened()
    for minute in range(5):
        event("noted", f"note {minute}", minute)

    assert [each.text for each in timeline.lines(incident, NOW + HOUR)] == ["note 2", "note 3", "note 4"]
