"""What people do about an incident: once each, audited, and only to what they may see."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ops.actors import Actor, ActorKind
from ops.errors import NotFoundError, ValidationFailedError
from ops.incidents import acting, green, opening, records, seeing
from ops.incidents.errors import NotGreenError, WrongStateError
from ops.mongo.collections import Document
from tests.database import audit
from tests.ops.incidents.opened import fields_of
from tests.races import at_once

pytestmark = pytest.mark.usefixtures("empty")
NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ADA = Actor.shell()
WHY = "the primary was restarted"


def staff(*permissions: str) -> Actor:
    return Actor(ActorKind.STAFF, "user_staff", "staff", permissions=frozenset(permissions))


@pytest.fixture
def incident() -> Document:
    return opening.open_by_hand("outage", "p1", "Nothing answers", actor=ADA, now=NOW)


@pytest.fixture
def well(monkeypatch: pytest.MonkeyPatch) -> None:
    """Alerts, doctor and requests have been well for long."""
    monkeypatch.setattr(green, "obstacles", lambda _incident, _now: [])


def events(incident: Document, kind: str) -> list[str]:
    return [each["text"] for each in records.events(incident["_id"]) if each["kind"] == kind]


Act = Callable[[str], Document]


def act(name: str, *words: Any, minutes: int = 1) -> Act:
    return lambda incident_id: getattr(acting, name)(
        incident_id, *words, actor=ADA, now=NOW + minutes * MINUTE
    )


@pytest.mark.parametrize(
    ("do", "kind", "action"),
    [
        (act("acknowledge"), "acknowledged", "incident.acknowledged"),
        (act("set_severity", "p2", WHY), "severity", "incident.severity"),
        (act("tick", "C09", "https://example.com/1", None), "ticked", "incident.ticked"),
        (act("plan_search", "2026-12-01"), "noted", "incident.planned"),
        (act("write_post_mortem", "What happened, and why"), "post_mortem", "incident.post_mortem"),
        (act("hide_public"), "public", "incident.public"),
    ],
    ids=["acknowledge", "severity", "tick", "plan", "post_mortem", "hide"],
)
def test_an_act_is_an_event_and_an_audit_entry_and_the_same_again_is_neither(
    incident: Document, do: Act, kind: str, action: str
) -> None:
    before = len(events(incident, kind))

    changed = do(incident["_id"])
    again = do(incident["_id"])

    assert again == changed
    assert changed["version"] == incident["version"] + 1
    assert len(events(incident, kind)) == before + 1
    (entry,) = audit(action)
    assert (entry["actor"], entry["target"]) == (ADA.id, incident["_id"])


def test_of_many_who_acknowledge_at_once_one_has_it(incident: Document) -> None:
    people = [Actor(ActorKind.SYSTEM, f"system:{number}") for number in range(8)]
    calls = [lambda who=who: acting.acknowledge(incident["_id"], actor=who, now=NOW) for who in people]

    assert len({each["acknowledged_by"] for each in at_once(calls)}) == 1
    assert len(events(incident, "acknowledged")) == 1
    assert len(audit("incident.acknowledged")) == 1


def test_it_is_resolved_only_when_it_is_green_and_users_are_told(
    incident: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(green, "obstacles", lambda _incident, _now: ["Alert NotReady still fires."])
    with pytest.raises(NotGreenError) as refused:
        act("resolve", WHY)(incident["_id"])
    assert refused.value.obstacles == ("Alert NotReady still fires.",)
    assert records.find(incident["_id"]) == incident

    monkeypatch.setattr(green, "obstacles", lambda _incident, _now: [])
    over = act("resolve", WHY)(incident["_id"])

    assert (over["state"], over["resolution"], over["resolved_by"]) == ("resolved", WHY, ADA.id)
    assert [each["state"] for each in over["public"]["updates"]] == ["investigating", "resolved"]
    assert act("resolve", WHY)(incident["_id"]) == over
    assert records.open_ones() == []


@pytest.mark.usefixtures("well")
def test_reopened_its_clocks_run_anew(incident: Document) -> None:
    act("acknowledge")(incident["_id"])
    act("resolve", WHY)(incident["_id"])

    again = act("reopen", "it has come back", minutes=30)(incident["_id"])

    assert (again["state"], again["acknowledged_at"], again["resolution"]) == ("open", None, None)
    assert again["acknowledge_by"] == NOW + 45 * MINUTE
    assert act("reopen", "it has come back")(incident["_id"]) == again
    with pytest.raises(WrongStateError):
        act("send_notice", "To the authority")(incident["_id"])


@pytest.mark.usefixtures("well")
def test_what_is_resolved_changes_its_severity_no_more(incident: Document) -> None:
    act("resolve", WHY)(incident["_id"])

    with pytest.raises(WrongStateError):
        act("set_severity", "p3", WHY)(incident["_id"])


def test_a_follow_up_is_planned_and_done_once(incident: Document) -> None:
    (planned,) = act("add_follow_up", "Watch the primary", "Ada", "2026-12-01")(incident["_id"])["follow_ups"]
    assert (planned["owner"], planned["due"], planned["done_at"]) == ("Ada", "2026-12-01", None)

    done = act("end_follow_up", planned["id"])(incident["_id"])

    assert done["follow_ups"][0]["done_by"] == ADA.id
    assert act("end_follow_up", planned["id"])(incident["_id"]) == done
    with pytest.raises(NotFoundError):
        act("end_follow_up", "flw_none")(incident["_id"])


def test_a_tick_is_taken_back(incident: Document) -> None:
    act("tick", "C09", None, "by hand")(incident["_id"])

    assert act("untick", "C09")(incident["_id"])["boxes"] == {}
    assert act("untick", "C09")(incident["_id"])["boxes"] == {}
    assert len(events(incident, "ticked")) == 2


def test_users_are_told_more_and_of_other_parts(incident: Document) -> None:
    told = act("set_public", "identified", "A server was lost.", ["Sign-in"])(incident["_id"])

    assert told["public"]["components"] == ["Sign-in"]
    assert [each["state"] for each in told["public"]["updates"]] == ["investigating", "identified"]


def test_a_notice_ends_its_clock_the_first_time() -> None:
    made = opening.open_by_hand("security", "p1", "A stolen token", actor=ADA, now=NOW)

    act("send_notice", "To the authority, first")(made["_id"])
    later = act("send_notice", "To the authority, more", minutes=9)(made["_id"])

    assert later["notice"]["sent_at"] == NOW + MINUTE
    assert later["notice"]["text"] == "To the authority, more"
    assert len(events(made, "notice")) == 2


@pytest.mark.parametrize(
    ("do", "field"),
    [
        (act("note", " a "), "text"),
        (act("set_severity", "p9", WHY), "severity"),
        (act("set_public", "over", "It is over", []), "state"),
        (act("tick", "C17", None, None), "box"),
        (act("plan_search", "tomorrow"), "on"),
        (act("add_link", "the change", "javascript:1"), "address"),
        (act("add_follow_up", "Watch it", "Ada", "2026-13-01"), "due"),
        (act("resolve", "ok"), "text"),
    ],
    ids=["note", "severity", "public", "tick", "plan", "link", "follow_up", "resolve"],
)
def test_bad_words_change_nothing(incident: Document, do: Act, field: str) -> None:
    with pytest.raises(ValidationFailedError) as refused:
        do(incident["_id"])

    assert fields_of(refused.value) == [field]
    assert records.find(incident["_id"]) == incident


def test_alerts_that_monitoring_has_forgotten_can_be_ended_once() -> None:
    made = opening.open_by_hand("outage", "p1", "Nothing answers", actor=ADA, now=NOW)
    told = {"name": "NotReady", "labels": {}, "summary": "x", "command": "y", "starts_at": NOW}
    over = {**told, "name": "Gone", "ends_at": NOW}
    records.change(made["_id"], {"alerts": {"a1": {**told, "ends_at": None}, "b2": over}})
    later = NOW + timedelta(hours=1)

    ended = acting.end_alerts(made["_id"], "Alertmanager was set up anew.", actor=ADA, now=later)
    again = acting.end_alerts(made["_id"], "Alertmanager was set up anew.", actor=ADA, now=later)

    assert {name: each["ends_at"] for name, each in ended["alerts"].items()} == {"a1": later, "b2": NOW}
    assert again == ended
    said = [each["text"] for each in records.events(made["_id"]) if each["kind"] == "alert_ended"]
    assert said == ["Said to be over: NotReady."]
    assert len(audit("incident.alerts_ended")) == 1


def test_what_is_about_security_is_not_there_for_who_may_not_see_it() -> None:
    made = opening.open_by_hand("security", "p1", "A stolen token", actor=ADA, now=NOW)
    other = opening.open_by_hand("outage", "p1", "Nothing answers", actor=ADA, now=NOW)
    helper, guard = staff("ops.view_incident"), staff("ops.view_incident", "ops.view_security")
    nobody = Actor(ActorKind.ANONYMOUS, "anonymous")

    assert [seeing.may_see(each, made) for each in (helper, guard, ADA, nobody)] == [False, True, True, False]
    assert [seeing.may_see(each, other) for each in (helper, staff(), nobody)] == [True, False, False]
    with pytest.raises(NotFoundError):
        acting.acknowledge(made["_id"], actor=helper, now=NOW)
    assert acting.acknowledge(made["_id"], actor=guard, now=NOW)["state"] == "acknowledged"


def test_who_opens_a_security_incident_may_write_down_what_they_know_and_no_more() -> None:
    helper = staff("ops.view_incident", "ops.manage_incident")
    made = opening.open_by_hand("security", "p1", "A stolen token", actor=helper, now=NOW)

    acting.note(made["_id"], "It was in a mail", actor=helper, now=NOW)

    assert "It was in a mail" in events(made, "noted")
    with pytest.raises(NotFoundError):
        acting.acknowledge(made["_id"], actor=helper, now=NOW)


def test_a_note_of_the_audit_log_is_private(incident: Document) -> None:
    act("note", "Robin rang")(incident["_id"])
    act("add_link", "the change", "https://example.com/1")(incident["_id"])

    (noted,), (linked,) = audit("incident.noted"), audit("incident.link_added")
    assert noted["private"]["text"] == "Robin rang"
    assert linked["private"]["address"] == "https://example.com/1"
    assert (noted["after"], linked["after"]) == ({}, {})
