"""A P1 from the first alert to the post-mortem, with a moved clock: what people do, and what ticks itself."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from ops.actors import Actor
from ops.doctor.fixes import noting
from ops.incidents import acting, checklists, opening, post_mortem, records, timeline
from ops.incidents.alerts import Alert
from ops.incidents.attending import ACTOR, attend
from ops.incidents.errors import NotGreenError
from ops.incidents.kinds import Kind, Severity
from ops.incidents.starting import CLAIMS
from ops.mongo.collections import Document, control_collection
from tests.ops.incidents.opened import ADA, MINUTE, NOW, be_alone, forget_all, looked, looked_well, started

ALERTMANAGER = Actor.system("alertmanager")
PAGES = "incident_pages"


@pytest.fixture(autouse=True)
def _none(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> Iterator[None]:
    be_alone(monkeypatch, settings, tmp_path)
    forget_it()
    yield
    forget_it()


def forget_it() -> None:
    forget_all()
    for name in (CLAIMS, PAGES):
        control_collection(name).delete({})


def at(minutes: int) -> datetime:
    return NOW + minutes * MINUTE


def alerted(minutes: int, *, ended: bool = False) -> Document:
    """Take the alert in; returns its incident."""
    alert = Alert(
        fingerprint="f" * 16,
        name="NotReady",
        severity=Severity.P1,
        kind=Kind.OUTAGE,
        section=2,
        labels={},
        summary="The web processes are not ready.",
        command="manage.py doctor --section 2",
        starts_at=at(-1),
        ends_at=at(minutes) if ended else None,
    )
    (incident,) = opening.take_alerts([alert], actor=ALERTMANAGER, now=at(minutes))
    return incident


def test_a_p1_is_played_whole() -> None:
    started(at(-120), "a" * 40)
    started(at(-20), "b" * 40)
    looked(at(0), mongo="failed", cause="its unit was stopped")
    one = str(alerted(0)["_id"])
    attend(at(0))
    acting.acknowledge(one, actor=ADA, now=at(4))
    acting.note(one, "The release of a moment ago lost its settings.", actor=ADA, now=at(5))
    noting.note("reset_pool", {}, actor=ADA, reason="too many wait", now=at(6))
    acting.set_public(one, "identified", "We know why, and mend it.", ["API"], actor=ADA, now=at(7))
    started(at(8), "a" * 40)
    started(at(9), "c" * 40)
    alerted(10, ended=True)
    looked_well(at(20), 10)
    attend(at(20))

    with pytest.raises(NotGreenError) as refused:
        acting.resolve(one, "Another release was started.", actor=ADA, now=at(20))
    assert refused.value.obstacles == ("Alert NotReady fired until 12:40, less than 15 minutes ago.",)

    looked_well(at(25))
    attend(at(25))
    acting.resolve(one, "Another release was started.", actor=ADA, now=at(26))
    acting.add_follow_up(one, "Refuse a release without settings", "Ada", "2026-12-01", actor=ADA, now=at(30))
    text = post_mortem.template(records.find(one), at(40))
    acting.write_post_mortem(one, text, actor=ADA, now=at(50))
    attend(at(51))

    _is_complete(one, text)


def _is_complete(one: str, text: str) -> None:
    """Look at what is left of it."""
    incident = records.find(one)
    ticked = incident["boxes"]
    by_itself = {box for box, each in ticked.items() if each["by"] == ACTOR}
    auto = {box.id for box in checklists.boxes(incident) if box.auto}
    # The whole ledger was not checked meanwhile; and who was told is paging's.
    assert auto - ticked.keys() <= {"C08", "C41"}
    assert {"C02", "C03", "C05", "C06", "C07", "C11", "C12", "C38", "C39"} <= by_itself
    assert ticked["C06"]["evidence"] == "doctor:mongo: its unit was stopped."
    assert ticked["C11"]["evidence"] == "web runs 1.2.0 (cccccccccccc) since 12:39."
    assert Path(incident["bundle"]["path"]).stat().st_size == incident["bundle"]["bytes"]
    told = [each.kind for each in timeline.lines(incident, at(60))]
    order = ("start", "opened", "bundle", "acknowledged", "fix", "alert_ended", "green", "resolved")
    assert sorted(order, key=told.index) == list(order)
    for words in ("its unit was stopped", "doctor.mended reset_pool", "Refuse a release without settings"):
        assert words in text
    assert incident["post_mortem"]["text"].strip() == text.strip()
