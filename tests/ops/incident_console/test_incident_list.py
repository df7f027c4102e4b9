"""/admin/incidents/ and the boards: the open ones first, with their clocks; security only for some."""

from datetime import timedelta

import pytest
from django.conf import settings

from ops import clock
from ops.incident_console import pages
from tests.console import Console, Page
from tests.ops.incidents.opened import opened

PATH, FRONT = "/admin/incidents/", "/admin/"
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
OPEN, ALL, SECURITY, LEFT = (
    *("Open incidents", "Incidents, the newest first"),
    *("Security incidents", "Overdue follow-ups"),
)


def titles(page: Page, table: str) -> list[str]:
    """Return the titles in a table of incidents."""
    return [row[1] for row in page.table(table)]


def test_open_ones_stand_first_the_worst_of_them_at_the_top_with_how_much_time_is_left(
    operator: Console,
) -> None:
    now = clock.now()
    opened("inc_1", at=now - 7 * MINUTE - MINUTE / 2, severity="p1", title="All is <down>")
    opened("inc_2", at=now - 63 * MINUTE - MINUTE / 2, severity="p2", title="It is slow")
    opened("inc_3", at=now, severity="p3", title="It was odd", state="resolved", resolved_at=now)

    page = operator.get(PATH)

    rows = {row[1]: row for row in page.table(OPEN)}
    assert list(rows) == ["All is <down>", "It is slow"]
    assert rows["All is <down>"][0] == "P1"
    assert rows["All is <down>"][3] == "acknowledge in 7 minfix at once: open for 7 min"
    assert rows["It is slow"][3] == "acknowledge: overdue by 3 minfix in 2 h 56 min"
    assert '<span class="due late">acknowledge: overdue by 3 min</span>' in page.html
    assert titles(page, ALL) == ["It was odd", "It is slow", "All is <down>"]
    assert "/admin/incidents/inc_1/" in page.links
    assert set(settings.OPERATORS_LINKS.values()) <= page.links


def test_a_filter_leaves_what_fits(operator: Console) -> None:
    now = clock.now()
    opened("inc_1", at=now, kind="data", title="Drift")
    opened("inc_2", at=now, kind="data", title="Old drift", state="resolved", resolved_at=now)
    opened("inc_3", at=now, title="Away")

    assert titles(operator.get(PATH, kind="data"), ALL) == ["Old drift", "Drift"]
    both = operator.get(PATH, kind="data", state="open")
    assert titles(both, ALL) == ["Drift"]
    assert "?state=open" in both.links
    assert 'href="?kind=data&amp;state=open" aria-current="true"' in both.html


@pytest.mark.parametrize(
    "query",
    [{"state": "odd"}, {"kind": "$ne"}, {"older": "x"}, {"newer": "9" * 15 + "-inc_1"}],
    ids=["state", "kind", "position", "far"],
)
def test_what_no_link_has_is_refused(operator: Console, query: dict[str, str]) -> None:
    assert operator.get(PATH, **query).status == 400


def test_older_and_newer_pages_lead_through_all(operator: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "ROWS", 2)
    for number in range(5):
        opened(f"inc_{number}", at=clock.now(), title=f"number {number}")
    seen, address = [], PATH
    for _ in range(3):
        page = operator.get(address)
        seen.append(titles(page, ALL))
        address = PATH + next((each for each in page.links if each.startswith("?older=")), "")

    assert seen == [["number 4", "number 3"], ["number 2", "number 1"], ["number 0"]]
    back = next(each for each in page.links if each.startswith("?newer="))
    assert titles(operator.get(PATH + back), ALL) == ["number 2", "number 1"]
    assert address == PATH


def test_security_incidents_are_nowhere_for_who_may_not_see_them(operator: Console, support: Console) -> None:
    opened("inc_s", at=clock.now(), kind="security", title="Planted breach")
    opened("inc_o", at=clock.now(), title="Away")

    for path in (PATH, FRONT):
        page = support.get(path)
        assert "Away" in page.text
        assert "Planted breach" not in page.text
    assert support.get(f"{PATH}inc_s/").status == support.get(f"{PATH}inc_none/").status == 404
    assert support.post(f"{PATH}inc_s/acknowledge/").status == 404
    assert titles(operator.get(PATH), OPEN) == ["Away", "Planted breach"]
    front = operator.get(FRONT)
    assert titles(front, SECURITY) == ["Planted breach"]
    assert titles(front, OPEN) == ["Away"]


def test_the_first_page_names_follow_ups_whose_day_is_over(operator: Console, support: Console) -> None:
    today = clock.now().date()

    def follow_up(what: str, days: int, *, done: bool = False) -> dict[str, object]:
        due = (today + days * DAY).isoformat()
        told = {"id": what, "what": what, "owner": "ada", "due": due}
        return {**told, "done_at": clock.now() if done else None, "done_by": None}

    left = [
        follow_up("late", -1),
        follow_up("later", -3),
        follow_up("today", 0),
        follow_up("done", -5, done=True),
    ]
    over = {"state": "resolved", "resolved_at": clock.now()}
    opened("inc_1", at=clock.now(), title="Past", follow_ups=left, **over)
    opened(
        "inc_s", at=clock.now(), kind="security", title="Breach", follow_ups=[follow_up("hush", -1)], **over
    )

    page = operator.get(FRONT)

    rows = page.table(LEFT)
    assert [(row[0], row[1], row[3]) for row in rows] == [("later", "ada", "Past"), ("late", "ada", "Past")]
    assert rows[0][2] == f"{today - 3 * DAY} overdue"
    assert titles(page, SECURITY) == ["Breach"]
    assert "hush" not in support.get(FRONT).text
