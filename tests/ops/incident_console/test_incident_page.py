"""/admin/incidents/<id>/: an incident whole, escaped, with what there is to be done by whom."""

from datetime import datetime, timedelta

import pytest

from ops import clock
from ops.incidents import records
from tests.console import Console, Page
from tests.ops.incidents.opened import alert, looked_well, opened

PATH = "/admin/incidents/inc_one/"
MINUTE = timedelta(minutes=1)
ACTS = (
    "acknowledge",
    "note",
    "severity",
    "public",
    "tell",
    "plan",
    "link",
    "follow-up",
    "post-mortem",
    "resolve",
)

FINDING = {
    "name": "redis",
    "section": 3,
    "title": "redis is well",
    "result": "failed",
    "cause": "it was <stopped>",
    "evidence": ["no answer"],
    "remedy": "systemctl start redis",
    "explained_by": [],
}


def buttons(html: str) -> set[str]:
    """Return which acts the page offers beside its boxes."""
    _, _, rest = html.partition('<div class="console-actions">')
    offered = rest.partition("</div>")[0]
    return {each for each in (*ACTS, "hide", "notice", "reopen") if f'"{each}/"' in offered}


def test_it_shows_how_it_is_who_was_told_and_what_was_found(operator: Console) -> None:
    now = clock.now()
    symptom = {**FINDING, "name": "limits", "explained_by": ["redis"]}
    impact = {
        "since": now,
        "at": now,
        "requests": 1200,
        "failed": 30,
        "users": 7,
        "families": 3,
        "late": None,
        "unknown": [],
        "routes": [{"route": "/family/{id}", "requests": 200, "failed": 30}],
    }
    bundle = {"path": "/var/b.tar.gz", "sha256": "ab" * 32, "bytes": 1234, "at": now, "missing": ["E04"]}
    opened(
        title="Redis is <away>",
        at=now - 20 * MINUTE,
        section=3,
        level=1,
        acknowledge_by=now + 10 * MINUTE,
        doctor={"at": now, "result": "failed", "unwell": [FINDING, symptom]},
        impact=impact,
        bundle=bundle,
        alerts={"a": alert("RedisDown")},
        checks=["redis"],
    )

    page = operator.get(PATH)

    assert page.status == 200
    assert "Redis is &lt;away&gt;" in page.html
    assert "<away>" not in page.html
    assert "on-call engineer, DevOps lead (level 1); CTO next" in page.text
    ((check, result, evidence, cause, *_),) = page.table(f"What doctor found, {now:%H:%M} UTC")
    assert (check, result, cause) == ("redis", "failed", "it was <stopped>")
    assert evidence == "no answer. Explains limits."
    _tells_what_it_costs(page, now)
    assert "Alert RedisDown still fires." in page.text
    assert "/admin/runbook/3/" in page.links


def _tells_what_it_costs(page: Page, now: datetime) -> None:
    rows = page.table(f"Impact, {now:%Y-%m-%d %H:%M} to {now:%H:%M} UTC")
    assert rows[:2] == [["all", "1,200", "30"], ["/family/{id}", "200", "30"]]
    assert rows[2][0] == "7 users and 3 families met a failure"
    assert page.table("Support bundle")[0][4] == "E04"
    assert page.table("Alerts")[0][3] == "still fires"


def test_each_phase_has_its_boxes_with_evidence_or_with_what_helps(
    operator: Console, support: Console
) -> None:
    ticked = {"at": clock.now(), "by": "shell:ada", "evidence": "tried on <staging>", "note": "twice"}
    opened(boxes={"C10": {**ticked, "link": "doctor"}})

    page = operator.get(PATH)

    boxes = {row[0][:3]: row for row in page.table("Checklist: Resolution")}
    assert boxes["C10"][1] == "☑ ticked Take back…"
    assert boxes["C10"][3] == "tried on <staging> twice health"
    assert boxes["C09"][1] == "☐ open Tick…"
    assert "manage.py incident link" in boxes["C09"][4]
    assert f"{PATH}tick/?of=C09" in page.links
    assert "Critical alert (P1)" in page.text
    assert f"{PATH}tick/?of=C09" not in support.get(PATH).links


def test_what_it_concerns_leads_to_whatever_is_found_by_it(operator: Console) -> None:
    opened()
    operator.post(f"{PATH}note/", {"text": "He has complained.", "concerns": "usr_<1>"})

    page = operator.get(PATH)

    assert page.table("What it concerns") == [["usr_<1>", "manage.py timeline usr_<1>"]]
    assert "/admin/find/?q=usr_%3C1%3E" in page.links
    assert "He has complained." in page.text
    assert "usr_<1>" not in page.html


def test_buttons_are_those_that_make_sense_now_for_who_may_press_them(
    operator: Console, auditor: Console
) -> None:
    opened()
    assert buttons(operator.get(PATH).html) == set(ACTS)
    assert buttons(auditor.get(PATH).html) == set()

    opened("inc_over", state="resolved", resolved_at=clock.now(), resolution="It was restarted.")
    over = buttons(operator.get("/admin/incidents/inc_over/").html)
    assert "reopen" in over
    assert not over & {"acknowledge", "resolve", "severity", "plan"}

    notice = {"known_at": clock.now(), "due_at": clock.now() + 72 * 60 * MINUTE, "text": None}
    opened("inc_sec", kind="security", notice={**notice, "sent_at": None, "sent_by": None})
    page = operator.get("/admin/incidents/inc_sec/")
    assert "notice" in buttons(page.html)
    assert (
        "tell the authorities in 71 h 59 min" in page.text or "tell the authorities in 2 d 23 h" in page.text
    )


def test_it_says_that_it_can_be_resolved_once_all_has_been_well(operator: Console) -> None:
    opened(at=clock.now())
    assert "Doctor has not looked within the last 3 minutes." in operator.get(PATH).text

    looked_well(clock.now())

    page = operator.get(PATH)
    assert "All has been well for 15 minutes: it can be resolved." in page.text
    assert 'aria-label="Not well yet"' not in page.html


def test_the_post_mortem_is_shown_as_it_was_written(operator: Console) -> None:
    opened(post_mortem={"text": "# Why\n\n<script>alert(1)</script>", "at": clock.now(), "by": "shell:ada"})

    page = operator.get(PATH)

    assert "# Why\n\n&lt;script&gt;alert(1)&lt;/script&gt;" in page.html


def test_the_timeline_is_in_order_and_its_commands_can_be_copied(operator: Console) -> None:
    now = clock.now()
    opened(at=now - 5 * MINUTE)
    for minute, text in ((2, "Then <this>."), (4, "First `manage.py doctor`.")):
        records.note_event("inc_one", "noted", text, by="shell:ada", now=now - minute * MINUTE)

    page = operator.get(PATH)

    told = [row[2] for row in page.table("Timeline") if row[1] == "noted"]
    assert told == ["First manage.py doctor.", "Then <this>."]
    assert "<code>manage.py doctor</code>" in page.html


@pytest.mark.parametrize("path", [PATH, f"{PATH}note/", "/admin/incidents/open/"])
def test_who_may_not_see_incidents_is_refused(path: str, finance: Console) -> None:
    opened()

    assert finance.get(path).status == 403
