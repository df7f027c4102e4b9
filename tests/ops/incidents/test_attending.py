"""What the system does about an incident by itself: each thing once, whatever else fails."""

import hashlib
import tarfile
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ops import deadline
from ops.bundle import parts
from ops.bundle.part import Part
from ops.doctor import recording
from ops.incidents import attending, bundling, impact
from ops.incidents.attending import attend
from ops.mongo.collections import Document
from tests.maintained import maintained
from tests.ops.incidents.opened import (
    ADA,
    MINUTE,
    NOW,
    as_it_is,
    be_alone,
    forget_all,
    looked,
    looked_well,
    opened,
    take_no_bundle,
    texts,
    ticked,
)

SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _none(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> Iterator[None]:
    be_alone(monkeypatch, settings, tmp_path)
    forget_all()
    yield
    forget_all()


@pytest.fixture
def bundles(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    return take_no_bundle(monkeypatch)


def test_a_real_bundle_is_taken_at_once_and_once(tmp_path: Path) -> None:
    opened(section=7)

    attend(NOW + SECOND)
    attend(NOW + MINUTE)

    kept = as_it_is()["bundle"]
    path = tmp_path / "bundles" / "incidents" / "inc_one.tar.gz"
    assert kept["path"] == str(path)
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert kept["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (kept["bytes"], kept["at"]) == (path.stat().st_size, NOW + SECOND)
    with tarfile.open(path) as archive:
        files = {Path(name).name[:3] for name in archive.getnames()}
    assert {"00-", "E19", "E20", "E21"} <= files
    assert "E01" not in files
    assert [kind for kind, _ in texts()].count("bundle") == 1


def test_a_section_without_parts_is_given_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int | None] = []

    def nothing_of(section: int | None) -> tuple[Part, ...]:
        asked.append(section)
        return ()

    monkeypatch.setattr(parts, "of", nothing_of)

    for number, section in enumerate((17, None, 3)):
        bundling.take(opened(f"inc_{number}", section=section), NOW)

    assert asked == [None, None, 3]


def test_many_who_attend_at_once_take_one_bundle_and_tick_each_box_once(bundles: list[str]) -> None:
    opened()
    looked(NOW, mongo="failed")
    begin = threading.Barrier(8)

    def run() -> None:
        begin.wait()
        attend(NOW + SECOND)

    threads = [threading.Thread(target=run) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    attend(NOW + 15 * SECOND)  # whoever ticks may not have seen what another did at that moment

    told = [kind + text[:4] for kind, text in texts() if kind != "impact"]
    assert bundles == ["inc_one"]
    assert sorted(told) == sorted(set(told))
    assert {"C02", "C05", "C06", "C07", "C38"} <= ticked().keys()


def test_of_several_incidents_the_worst_has_its_bundle_first_and_one_is_taken_in_a_call(
    bundles: list[str],
) -> None:
    opened("inc_small", severity="p3")
    opened("inc_large", severity="p1", at=NOW + SECOND)

    for number in range(3):
        attend(NOW + number * MINUTE)

    assert bundles == ["inc_large", "inc_small"]


def test_a_bundle_that_fails_is_tried_three_times_and_the_rest_is_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def take(_incident: Document, _now: datetime) -> Document:
        raise OSError

    monkeypatch.setattr(bundling, "take", take)
    opened()
    looked(NOW, mongo="failed")

    for number in range(8):
        attend(NOW + number * attending.BUNDLE_SPAN)

    assert [text for kind, text in texts() if kind == "bundle"] == [
        f"No bundle was taken, try {number}: OSError." for number in (1, 2, 3)
    ]
    assert as_it_is()["bundle"] is None
    assert {"C02", "C06", "C07"} <= ticked().keys()


def test_a_bundle_whose_taker_was_killed_is_taken_by_another(
    bundles: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(_incident: Document, _now: datetime) -> Document:
        raise Killed

    opened()
    with monkeypatch.context() as patched:
        patched.setattr(bundling, "take", die)
        with pytest.raises(Killed):
            attend(NOW)

    attend(NOW + MINUTE)
    assert bundles == []
    attend(NOW + attending.BUNDLE_SPAN)
    assert bundles == ["inc_one"]


def test_what_doctor_saw_is_kept_with_its_cause(bundles: list[str]) -> None:
    opened()
    looked(NOW - 30 * SECOND, mongo="failed", cause="its unit was stopped")

    attend(NOW)
    looked(NOW + MINUTE, redis="failed")
    attend(NOW + MINUTE)

    kept = as_it_is()["doctor"]
    assert (kept["at"], kept["result"], [each["name"] for each in kept["unwell"]]) == (
        NOW - 30 * SECOND,
        "failed",
        ["mongo"],
    )
    assert ("doctor", "Doctor: failed, cause mongo.") in texts()
    assert ticked()["C06"] == "doctor:mongo: its unit was stopped."
    assert ticked()["C38"] == "Doctor found unwell: mongo; logs are in the bundle."
    assert bundles == ["inc_one"]


def test_doctor_is_waited_for_and_then_looks_here(
    bundles: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    del bundles
    looks: list[datetime] = []

    def look(now: datetime, *, patience: float) -> None:
        assert patience == attending.DOCTOR_SECONDS
        looks.append(now)
        looked(now, worker="failed")

    monkeypatch.setattr(recording, "look", look)
    opened()
    looked(NOW - 5 * MINUTE)

    attend(NOW + 2 * MINUTE - SECOND)
    assert as_it_is()["doctor"] is None
    attend(NOW + 2 * MINUTE)

    assert looks == [NOW + 2 * MINUTE]
    assert as_it_is()["doctor"]["at"] == NOW + 2 * MINUTE


def test_the_cost_is_measured_each_minute_and_told_once(bundles: list[str]) -> None:
    del bundles
    opened()

    for seconds in (0, 15, 59, 60, 75):
        attend(NOW + seconds * SECOND)

    measured = as_it_is()["impact"]
    assert (measured["since"], measured["at"], measured["users"]) == (NOW, NOW + MINUTE, 1)
    assert [kind for kind, _ in texts()].count("impact") == 1
    assert ticked()["C02"] == "1 users and 0 families met one; since 12:30."


def test_green_is_told_when_it_becomes_so_and_when_it_ceases(bundles: list[str]) -> None:
    del bundles
    opened()
    looked_well(NOW, 5)
    attend(NOW)
    looked_well(NOW + 10 * MINUTE)
    for seconds in (0, 15):
        attend(NOW + 10 * MINUTE + seconds * SECOND)
    assert "C12" in ticked()
    looked(NOW + 11 * MINUTE, mongo="failed")
    attend(NOW + 11 * MINUTE)

    assert [each for each in texts() if "green" in each[0]] == [
        ("green", "All has been well for 15 minutes."),
        ("not_green", "doctor:mongo was failed at 12:41."),
    ]
    assert "C12" in ticked()


def test_what_fails_for_one_incident_is_logged_and_costs_the_others_nothing(
    bundles: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened("inc_bad")
    opened("inc_good")
    measure = impact.measure

    def fails(incident: Document, now: datetime) -> Document:
        if incident["_id"] == "inc_bad":
            raise ValueError
        return measure(incident, now)

    monkeypatch.setattr(impact, "measure", fails)
    for number in range(2):
        attend(NOW + number * MINUTE)

    assert sorted(bundles) == ["inc_bad", "inc_good"]
    assert "C02" in ticked("inc_good")
    assert "C02" not in ticked("inc_bad")
    assert "C07" in ticked("inc_bad")


def test_what_there_is_no_time_for_is_done_the_next_time(bundles: list[str]) -> None:
    opened()
    with deadline.within(0.0):
        assert attend(NOW) == 0
    assert bundles == []

    attend(NOW + 15 * SECOND)
    assert bundles == ["inc_one"]


def test_it_goes_on_during_maintenance(bundles: list[str]) -> None:
    opened(kind="security")
    looked_well(NOW + 2 * MINUTE)
    with maintained(NOW + MINUTE):
        attend(NOW + 2 * MINUTE)

    assert bundles == ["inc_one"]
    assert ticked()["C17"] == f"maintenance.begun maintenance by {ADA.id} at 12:31."
    assert "C32" not in ticked()


def test_nothing_is_open_so_nothing_is_done(bundles: list[str]) -> None:
    assert attend(NOW) == 0
    assert bundles == []
