"""Acting on an incident: said, done once, audited; what is refused keeps what was typed; second factors."""

import time
from datetime import timedelta
from typing import Any

import pytest

from ops import clock, second_factor
from ops.actors import SecondFactor
from ops.incidents import records
from ops.web import browsing
from tests.console import Console, Page
from tests.database import audit
from tests.ops.incidents.opened import as_it_is, looked_well, opened, texts

PATH, OPEN = "/admin/incidents/inc_one/", "/admin/incidents/open/"
MINUTE = timedelta(minutes=1)
TEXT = "It was given more memory."
REASON = "it is worse than it seemed"
FORM = {"kind": "outage", "severity": "p2", "title": "Nobody can sign in"}


def act(console: Console, name: str, **form: Any) -> Page:
    """Send the form of an act."""
    return console.post(f"{PATH}{name}/", form)


def test_acknowledging_takes_one_press_and_is_done_once(operator: Console) -> None:
    opened()

    pressed = act(operator, "acknowledge")

    assert (pressed.status, pressed.goes_to) == (302, PATH)
    assert "Acknowledge: done." in operator.get(PATH).told
    incident = as_it_is()
    (entry,) = audit("incident.acknowledged")
    assert (incident["state"], incident["acknowledged_by"]) == ("acknowledged", entry["actor"])
    act(operator, "acknowledge")
    assert "there is nothing to be done to it any more" in operator.get(PATH).told
    assert len(audit("incident.acknowledged")) == 1


def test_what_is_said_stands_on_the_incident(operator: Console) -> None:
    opened()
    day = (clock.now() + timedelta(days=3)).date().isoformat()

    act(operator, "severity", severity="p2", reason=REASON)
    act(operator, "plan", on=day)
    act(operator, "link", what="the change", address="https://git.example.org/7")
    act(operator, "follow-up", what="Watch the memory", owner="ada", due=day)
    act(operator, "tick", box="C10", evidence="staging, run 7", note="")
    act(operator, "public", state="identified", text="We found it: <b>soon</b>.", components=["API"])

    incident = as_it_is()
    assert (incident["severity"], incident["investigate_on"]) == ("p2", day)
    assert incident["links"][0]["address"] == "https://git.example.org/7"
    assert incident["boxes"]["C10"]["evidence"] == "staging, run 7"
    assert incident["public"]["components"] == ["API"]
    page = operator.get(PATH)
    assert page.table("Follow-ups")[0][:3] == ["Watch the memory", "ada", day]
    assert page.table("What users are told about API")[0][1:] == ["identified", "We found it: <b>soon</b>."]
    assert "<b>soon</b>" not in page.html

    act(operator, "follow-up-done", follow_up=incident["follow_ups"][0]["id"])
    act(operator, "untick", box="C10")
    act(operator, "hide")

    incident = as_it_is()
    assert incident["follow_ups"][0]["done_at"] is not None
    assert (incident["boxes"], incident["public"]) == ({}, None)


def test_the_form_for_users_begins_with_what_they_were_told_last(operator: Console) -> None:
    opened()
    assert "We know of it" in operator.get(f"{PATH}public/").html

    act(operator, "public", state="monitoring", text="It is mended, we watch it.", components=["Sign-in"])

    page = operator.get(f"{PATH}public/")
    assert "It is mended, we watch it." in page.html
    assert '<option value="monitoring" selected>' in page.html
    assert 'value="Sign-in" id="id_components_1" checked' in page.html or "checked" in page.html


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("note", {"text": "no"}),
        ("note", {"text": "a\u202etxt of odd letters"}),
        ("severity", {"severity": "p1", "reason": REASON}),
        ("severity", {"severity": "p2", "reason": ""}),
        ("public", {"state": "gone", "text": TEXT}),
        ("tick", {"box": "C99"}),
        ("follow-up", {"what": "Watch it well", "owner": "ada", "due": "soon"}),
        ("link", {"what": "the change", "address": "javascript:alert(1)"}),
        ("plan", {"on": "2026-13-01"}),
        ("follow-up-done", {"follow_up": "flw_none"}),
    ],
    ids=["short", "characters", "same", "reason", "state", "box", "day", "address", "month", "other"],
)
def test_what_cannot_be_taken_changes_nothing_and_is_asked_for_again(
    operator: Console, name: str, form: dict[str, str]
) -> None:
    left = {"id": "flw_1", "what": "Watch it", "owner": "ada", "due": "2026-12-01", "done_at": None}
    opened(follow_ups=[left])
    before = as_it_is()

    page = act(operator, name, **form)

    assert page.status == 200
    assert "This cannot be taken so. Nothing was changed." in page.text
    assert 'class="errorlist"' in page.html
    assert (as_it_is(), texts()) == (before, [])


def test_it_is_resolved_only_when_all_has_been_well_and_then_can_be_reopened(operator: Console) -> None:
    opened(state="acknowledged", acknowledged_at=clock.now(), acknowledged_by="shell:ada")
    assert "Doctor has not looked within the last 3 minutes." in operator.get(f"{PATH}resolve/").text

    refused = act(operator, "resolve", text=TEXT)

    assert refused.status == 200
    assert "Nothing was changed: It is not over yet." in refused.text
    assert TEXT in refused.html
    assert as_it_is()["state"] == "acknowledged"
    looked_well(clock.now())
    assert act(operator, "resolve", text=TEXT).goes_to == PATH
    assert (as_it_is()["state"], as_it_is()["resolution"]) == ("resolved", TEXT)
    act(operator, "reopen", reason="it came back at once")
    assert as_it_is()["state"] == "open"


def test_the_post_mortem_begins_with_what_is_known_and_is_kept_as_it_was_written(operator: Console) -> None:
    opened(title="Redis was away")
    assert "# Redis was away" in operator.get(f"{PATH}post-mortem/").text

    act(operator, "post-mortem", text="# Mine\r\n\r\nIt was the disk.")

    assert as_it_is()["post_mortem"]["text"] == "# Mine\n\nIt was the disk."
    assert "It was the disk." in operator.get(f"{PATH}post-mortem/").text


def test_the_notice_ends_the_clock_of_a_security_incident_and_of_no_other(operator: Console) -> None:
    now = clock.now()
    notice = {"known_at": now, "due_at": now + timedelta(hours=72), "text": None, "sent_at": None}
    opened(kind="security", notice={**notice, "sent_by": None})

    act(operator, "notice", text="Mails of 12 people were read.")

    assert as_it_is()["notice"]["text"] == "Mails of 12 people were read."
    assert "tell the authorities" not in operator.get(PATH).text
    opened("inc_o")
    operator.post("/admin/incidents/inc_o/notice/", {"text": "Mails of 12 people were read."})
    assert "nothing to be done" in operator.get(PATH).told


def test_an_incident_is_opened_by_hand_with_what_is_known_of_it(operator: Console) -> None:
    since = (clock.now() - timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M")
    told = {"known": "A user wrote to us.", "known_at": since, "concerns": "fam_1", "section": "6"}

    answer = operator.post(OPEN, {**FORM, **told, "kind": "security"})

    (incident,) = records.open_ones()
    assert answer.goes_to == f"/admin/incidents/{incident['_id']}/"
    assert (incident["kind"], incident["section"], incident["source"]) == ("security", 6, "hand")
    assert incident["notice"]["known_at"].strftime("%Y-%m-%dT%H:%M") == since
    noted = [text for kind, text in texts(incident["_id"]) if kind == "noted"]
    assert noted[-2:] == ["A user wrote to us.", "Concerns fam_1: `manage.py timeline fam_1`"]


@pytest.mark.parametrize(
    "form",
    [
        {"title": "x"},
        {"kind": "odd"},
        {"severity": "p0"},
        {"known_at": "2999-01-01T00:00"},
        {"section": "99"},
    ],
    ids=["title", "kind", "severity", "future", "section"],
)
def test_what_is_not_as_it_must_be_opens_nothing(operator: Console, form: dict[str, str]) -> None:
    page = operator.post(OPEN, {**FORM, **form})

    assert (page.status, "This cannot be taken so." in page.text) == (200, True)
    assert records.latest(1) == []


def test_who_may_only_look_changes_nothing(auditor: Console, support: Console) -> None:
    opened()
    before = as_it_is()

    for console in (auditor, support):
        assert console.get(f"{PATH}note/").status == 403
        assert act(console, "acknowledge").status == 403
        assert act(console, "resolve", text=TEXT).status == 403
        assert console.post(OPEN, FORM).status == 403
    assert (as_it_is(), len(records.latest(2))) == (before, 1)


def test_what_is_not_there_is_not_found(operator: Console) -> None:
    opened()

    assert operator.get(f"{PATH}dance/").status == 404
    assert operator.post("/admin/incidents/inc_none/note/", {"text": TEXT}).status == 404


@pytest.mark.parametrize("name", ["resolve", "tell"])
def test_where_people_outside_hear_of_it_the_second_factor_comes_before_the_form(
    operator: Console, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(at=clock.now() - 20 * MINUTE)
    looked_well(clock.now())
    monkeypatch.setattr(second_factor, "standing", lambda **_facts: SecondFactor.SHOWN)
    asked = f"/second-factor/confirm?next={PATH}{name}/"

    assert operator.get(f"{PATH}{name}/").goes_to == asked
    assert act(operator, name, text=TEXT).goes_to == asked
    assert texts() == []

    session = operator.client.session
    session[browsing.FRESH_UNTIL] = time.time() + 60
    session.save()
    assert act(operator, name, text=TEXT).goes_to == PATH
    assert texts() != []


def test_stakeholders_are_told_once_of_one_text_and_the_page_says_how_far_that_is(operator: Console) -> None:
    opened()

    act(operator, "tell", text="We expect to be back by noon.")

    page = operator.get(PATH)
    assert "Notify stakeholders: done." in page.told
    told = page.table("Who is told")
    assert {(row[0], row[2]) for row in told} == {
        (who, "a text for all") for who in ("on-call engineer", "DevOps lead", "CTO")
    }
    again = act(operator, "tell", text="We expect to be back by noon.")
    assert "Nothing was changed: They were told just that already." in again.text
    assert len(operator.get(PATH).table("Who is told")) == len(told)
    assert len(audit("incident.stakeholders_told")) == 1
