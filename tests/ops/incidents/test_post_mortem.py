"""The text that a post-mortem begins with: filled with what is known, and what nobody knows is asked."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from ops.doctor import changes
from ops.incidents import post_mortem, records
from tests.ops.incidents.opened import MINUTE, NOW, forget_all, opened

HOUR = timedelta(hours=1)
DOCTOR = {
    "at": NOW,
    "result": "failed",
    "unwell": [
        {"name": "mongo", "evidence": ["no answer"], "cause": "it was stopped", "explained_by": []},
        {"name": "pool", "evidence": ["empty"], "cause": None, "explained_by": ["mongo"]},
    ],
}
IMPACT = {
    "since": NOW,
    "at": NOW + HOUR,
    "requests": 1200,
    "failed": 31,
    "routes": [
        {"route": "/me", "requests": 200, "failed": 31},
        {"route": "/health", "requests": 1000, "failed": 0},
    ],
    "users": None,
    "families": None,
    "late": None,
    "unknown": ["Users and families: there is no journal."],
}
KNOWN = (
    "| Kind and severity | outage, P2 |",
    "| Runbook | section 5 |",
    "| Opened | 2026-11-26 12:30:00, by system:alertmanager |",
    "| Acknowledged | 2026-11-26 12:50:00, after 20 min (due within 1 h 0 min) |",
    "| Resolved | 2026-11-26 17:30:00, after 5 h 0 min (due within 4 h 0 min, 1 h 0 min late) |",
    "| Resolution | Its unit was started again. |",
    "| Requests | 1,200 |",
    "| of them failed | 31 |",
    "| Users who met a failure | not known |",
    "| `/me` | 200 | 31 |",
    "Users and families: there is no journal.",
    "Graphs: `E13-resource-graphs.svg`, `E15-response-times.svg` in the bundle.",
    "| 2026-11-26 12:33:00 | noted | It was stopped. | user_ada |",
    "- doctor:mongo: no answer",
    "  Cause: it was stopped.",
    "| Alert \\| earlier | Ada | 2026-12-01 | open |",
    "| Write it down | Bert | 2026-12-02 | 2026-11-26 18:30:00 |",
)


@pytest.fixture(autouse=True)
def _none(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(changes, "of_files", lambda _since: [])
    forget_all()
    yield
    forget_all()


def test_what_is_known_is_filled_in() -> None:
    incident = opened(
        acknowledged_at=NOW + 20 * MINUTE,
        state="resolved",
        severity="p2",
        section=5,
        resolved_at=NOW + 5 * HOUR,
        resolution="Its unit was started again.",
        doctor=DOCTOR,
        impact=IMPACT,
        bundle={"path": "/var/bundle.tar.gz"},
        follow_ups=[
            {"what": "Alert | earlier", "owner": "Ada", "due": "2026-12-01", "done_at": None},
            {"what": "Write it down", "owner": "Bert", "due": "2026-12-02", "done_at": NOW + 6 * HOUR},
        ],
    )
    records.note_event("inc_one", "noted", "It\nwas stopped.", by="user_ada", now=NOW + 3 * MINUTE)

    lines = post_mortem.template(incident, NOW + 7 * HOUR).splitlines()

    assert lines[0] == "# The web processes are not ready."
    for line in KNOWN:
        assert line in lines, line
    assert not [line for line in lines if "doctor:pool" in line or "/health" in line]
    assert [line for line in lines if "Why" in line and line[0].isdigit()] == [
        f"1. Why did it happen? {post_mortem.OPEN}",
        *(f"{number}. Why was that? {post_mortem.OPEN}" for number in range(2, 6)),
    ]
    assert f"- What went well? {post_mortem.OPEN}" in lines


def test_what_is_not_known_is_asked() -> None:
    lines = post_mortem.template(opened(), NOW + HOUR).splitlines()

    for line in (
        "| Runbook | - |",
        "| Acknowledged | not yet |",
        "| Resolved | not yet |",
        f"| Resolution | {post_mortem.OPEN} |",
        f"Nothing was measured. {post_mortem.OPEN}",
        f"Doctor named no cause. {post_mortem.OPEN}",
        f"Nothing is planned. {post_mortem.OPEN}",
    ):
        assert line in lines, line


def test_a_p1_is_due_at_once_which_nobody_is_told_off_for() -> None:
    incident = opened(resolved_at=NOW + 50 * MINUTE, acknowledged_at=NOW + 16 * MINUTE)

    text = post_mortem.template(incident, NOW + HOUR)

    assert "| Acknowledged | 2026-11-26 12:46:00, after 16 min (due within 15 min, 1 min late) |" in text
    assert "| Resolved | 2026-11-26 13:20:00, after 50 min (due at once) |" in text


def test_what_somebody_has_written_stays_as_it_is() -> None:
    incident = opened(post_mortem={"text": "# Mine\n", "at": NOW, "by": "user_ada"})

    assert post_mortem.template(incident, NOW) == "# Mine\n"
