"""The notice to the authority begins from a template with what article 33(3) of the GDPR asks."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import override_settings

from ops.incidents import notice

KNOWN = datetime(2030, 5, 1, 12, tzinfo=UTC)
INCIDENT: dict[str, Any] = {
    "_id": "inc_1",
    "opened_at": KNOWN,
    "impact": {"users": 7, "families": None},
    "follow_ups": [{"what": "New keys", "due": "2030-05-09", "done_at": None}],
    "notice": {"known_at": KNOWN, "due_at": KNOWN + timedelta(hours=72), "text": None, "sent_at": None},
}


def test_it_holds_all_that_is_asked_for() -> None:
    contacts = {"legal": "law@families.test", "security_team": ""}
    with override_settings(CONTACTS=contacts):
        text = notice.template(INCIDENT, KNOWN)

    assert [line for line in text.splitlines() if line.startswith("## ")] == [
        "## (a) What happened",
        "## (b) Whom to ask",
        "## (c) What is likely to follow for the persons",
        "## (d) What was done, and what is proposed",
    ]
    assert "- Due: 2030-05-04 12:00 UTC, 72 hours after that" in text
    assert "- Number of persons, about: 7; " in text
    assert "- Number of families, about: (to be written)" in text
    assert "- Data protection: law@families.test\n- Security: (to be written)" in text
    assert "- New keys: due 2030-05-09" in text
    assert "delay" not in text


def test_after_the_72_hours_it_asks_for_the_reasons() -> None:
    late = INCIDENT["notice"]["due_at"] + timedelta(seconds=1)

    assert "- Reasons for the delay: (to be written)" in notice.template(INCIDENT, late)


def test_what_was_written_stays_and_of_other_incidents_there_is_none() -> None:
    written = INCIDENT | {"notice": INCIDENT["notice"] | {"text": "As told by phone."}}

    assert notice.template(written, KNOWN) == "As told by phone."
    with pytest.raises(ValueError, match="inc_1"):
        notice.template(INCIDENT | {"notice": None}, KNOWN)
