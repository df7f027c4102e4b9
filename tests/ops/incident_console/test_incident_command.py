"""``manage.py incident``: the same acts by shell, with an exit status that says what became of it."""

import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from ops import clock
from ops.actors import Actor
from ops.incidents import acting, records
from ops.maintenance.errors import MaintenanceError
from tests.database import audit
from tests.maintained import maintained
from tests.ops.incidents.opened import as_it_is, looked_well, opened, texts

TEXT = "It was given more memory."
WHO = Actor.shell().id


def typed(*words: str) -> str:
    """Return what the command prints."""
    out = io.StringIO()
    call_command("incident", *words, stdout=out)
    return out.getvalue()


def status(*words: str) -> tuple[int, str]:
    """Return with which status it refuses, and its words."""
    with pytest.raises(CommandError) as refused:
        typed(*words)
    return refused.value.returncode, str(refused.value)


def test_one_is_opened_acknowledged_and_noted_by_whoever_has_the_shell() -> None:
    title = "Nobody can sign in"
    told = typed("open", "--kind", "outage", "--severity", "p1", "--title", title, "--section", "6")
    (incident,) = records.open_ones()
    name = incident["_id"]
    assert (incident["title"], incident["section"], incident["opened_by"]) == (title, 6, WHO)
    assert name in told
    assert "acknowledge in 14 min" in told or "acknowledge in 15 min" in told

    typed("ack", name)
    typed("note", name, "It is Redis.", "--concerns", "usr_7")

    assert as_it_is(name)["acknowledged_by"] == WHO
    assert ("noted", "It is Redis.\nConcerns usr_7: `manage.py timeline usr_7`") in texts(name)
    assert [each["actor"] for each in audit("incident.acknowledged")] == [WHO]


def test_every_deed_changes_what_it_names(tmp_path: Path) -> None:
    opened()
    text = tmp_path / "text.md"
    text.write_text("# Why\n\nThe disk was full.\n")

    typed("severity", "inc_one", "p2", "--reason", "nobody notices")
    typed(
        "public", "inc_one", "--state", "identified", "--text", "We found it.", "--components", "API, E-mail"
    )
    typed("tick", "inc_one", "C10", "--evidence", "run 7")
    typed("follow-up", "inc_one", "--what", "Watch the disk", "--owner", "ada", "--due", "2026-12-01")
    typed("plan", "inc_one", "2026-12-02")
    typed("link", "inc_one", "--what", "the change", "--address", "https://git.example.org/7")
    typed("post-mortem", "inc_one", "--file", str(text))
    typed("tell", "inc_one", "--text", "We expect to be back by noon.")

    incident = as_it_is()
    assert (incident["severity"], incident["investigate_on"]) == ("p2", "2026-12-02")
    assert (incident["public"]["components"], incident["boxes"]["C10"]["by"]) == (["API", "E-mail"], WHO)
    assert incident["links"][0]["what"] == "the change"
    assert "The disk was full." in incident["post_mortem"]["text"]
    assert typed("post-mortem", "inc_one").strip() == incident["post_mortem"]["text"].strip()

    typed("follow-up", "inc_one", "--done", incident["follow_ups"][0]["id"])
    typed("untick", "inc_one", "C10")
    typed("public", "inc_one", "--hide")

    incident = as_it_is()
    assert incident["follow_ups"][0]["done_by"] == WHO
    assert (incident["boxes"], incident["public"]) == ({}, None)


def test_what_is_not_well_yet_is_not_resolved_and_the_status_says_so() -> None:
    opened()

    code, words = status("resolve", "inc_one", "--text", TEXT)

    assert code == 3
    assert words.splitlines()[:2] == [
        "It is not well yet:",
        "  Doctor has not looked within the last 3 minutes.",
    ]
    looked_well(clock.now())
    typed("resolve", "inc_one", "--text", TEXT)
    assert as_it_is()["resolution"] == TEXT
    typed("reopen", "inc_one", "--reason", "it came back")
    assert as_it_is()["state"] == "open"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["ack", "inc_none"], 1),
        (["tick", "inc_one", "C99"], 1),
        (["follow-up", "inc_one", "--done", "flw_none"], 1),
        (["notice", "inc_one", "--text", "We told them."], 1),
        (["post-mortem", "inc_one", "--file", "/nowhere/at/all"], 1),
        (["public", "inc_one", "--state", "identified"], 2),
        (["follow-up", "inc_one", "--what", "Watch it"], 2),
    ],
    ids=lambda words: words[0] if isinstance(words, list) else str(words),
)
def test_what_is_refused_changes_nothing(words: list[str], code: int) -> None:
    opened()
    before = as_it_is()

    assert status(*words)[0] == code

    assert (as_it_is(), texts()) == (before, [])


def test_the_notice_to_authorities_is_kept_with_who_sent_it(tmp_path: Path) -> None:
    now = clock.now()
    notice = {
        "known_at": now,
        "due_at": now + timedelta(hours=72),
        "text": None,
        "sent_at": None,
        "sent_by": None,
    }
    opened(kind="security", notice=notice)
    letter = tmp_path / "letter"
    letter.write_text("Mails of 12 people were read.")

    typed("notice", "inc_one", "--file", str(letter))

    assert as_it_is()["notice"]["sent_by"] == WHO


def test_lists_and_one_incident_are_shown_to_people_and_to_machines() -> None:
    now = clock.now()
    opened("inc_1", at=now - timedelta(minutes=20), title="Old", kind="security")
    opened("inc_2", at=now, title="New", severity="p3")

    lines = typed("list").splitlines()
    assert [line.split()[0] for line in lines[1::2]] == ["inc_2", "inc_1"]
    assert "acknowledge: overdue by 5 min; fix at once: open for 20 min" in lines[4]
    assert [json.loads(line)["_id"] for line in typed("list", "--json").splitlines()] == ["inc_2", "inc_1"]
    assert "inc_1" not in typed("list", "--kind", "outage")
    shown: dict[str, Any] = json.loads(typed("show", "inc_2", "--json"))
    assert (shown["title"], shown["opened_at"]) == ("New", now.isoformat())

    records.note_event("inc_2", "noted", "It is odd.", by=WHO, now=now)
    whole = typed("show", "inc_2")
    assert "P3 outage, open: New" in whole
    assert "Doctor has not looked within the last 3 minutes." in whole
    assert f"noted        It is odd. ({WHO})" in typed("show", "inc_2", "--timeline")
    assert "  [ ] C46 Acknowledge alert" in typed("show", "inc_2", "--checklist")


def test_all_of_it_goes_on_during_maintenance() -> None:
    opened()
    with maintained(clock.now()):
        with pytest.raises(MaintenanceError):
            acting.acknowledge("inc_one", actor=Actor.system("tests"), now=clock.now())
        typed("ack", "inc_one")
        typed("tell", "inc_one", "--text", "We have closed all for an hour.")
        typed("open", "--kind", "data", "--severity", "p2", "--title", "Counts fell", "--concerns", "fam_1")

    assert as_it_is()["state"] == "acknowledged"
    assert "Counts fell" in [each["title"] for each in records.open_ones()]
