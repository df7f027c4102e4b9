"""Who is called when nobody takes an incident in hand, with a moved clock and callers at once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from family_site.settings.incidents import MATRIX
from ops.incidents import acting, escalating, pages, paging, starting
from ops.incidents.kinds import Kind, Severity, Source
from ops.incidents.starting import Report
from ops.mongo.collections import Document
from tests.maintained import maintained
from tests.ops.incidents.opened import ADA, MINUTE, NOW, as_it_is, changed, opened, texts
from tests.ops.incidents.told import Receiver, forget_pages, second_channel

HOURS = timedelta(hours=1)
SPANS = {Severity.P1: 15 * MINUTE, Severity.P2: HOURS, Severity.P3: 4 * HOURS}


@pytest.fixture(autouse=True)
def receiver() -> Iterator[Receiver]:
    """The second channel; nothing is kept of other incidents."""
    forget_pages()
    with second_channel() as found:
        yield found
    forget_pages()


def begun(kind: Kind = Kind.OUTAGE, severity: Severity = Severity.P1, at: datetime = NOW) -> Document:
    """Open an incident as the product does."""
    report = Report(kind, severity, "Something is wrong.", Source.HAND)
    return starting.opened(report, {}, actor=ADA, now=at)


def told(incident: Document) -> list[str]:
    """Return who was to be told by the second channel, in order."""
    found = pages.of(incident["_id"])
    return [each["contact"] for each in found if each["channel"] == pages.Channel.WEBHOOK]


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("severity", list(Severity))
def test_the_matrix_is_called_in_order_each_after_the_time_of_its_severity(
    kind: Kind, severity: Severity
) -> None:
    incident, span = begun(kind, severity), SPANS[severity]

    assert told(incident) == list(MATRIX[kind][:1])
    assert escalating.escalate_due(NOW + span - MINUTE) == 0
    assert escalating.escalate_due(NOW + span) == 1
    assert told(incident) == list(MATRIX[kind][:2])
    assert escalating.escalate_due(NOW + 2 * span - MINUTE) == 0
    assert escalating.escalate_due(NOW + 2 * span) == 1
    assert told(incident) == list(MATRIX[kind])
    assert as_it_is(incident["_id"])["level"] == 2
    assert escalating.escalate_due(NOW + 3 * span) == 0


def test_who_has_it_in_hand_is_left_alone_until_it_is_late() -> None:
    incident = begun(severity=Severity.P2)
    acting.acknowledge(incident["_id"], actor=ADA, now=NOW + MINUTE)

    assert escalating.escalate_due(NOW + 3 * HOURS) == 0
    assert escalating.escalate_due(NOW + 4 * HOURS) == 1
    assert escalating.escalate_due(NOW + 40 * HOURS) == 0
    assert told(incident) == ["on_call_engineer", "devops_lead"]
    assert ("escalated", "Escalated to the DevOps lead: it was not mended in time.") in texts(incident["_id"])


def test_of_a_p1_nothing_is_late_that_somebody_has_in_hand() -> None:
    incident = begun()
    acting.acknowledge(incident["_id"], actor=ADA, now=NOW + MINUTE)

    assert escalating.escalate_due(NOW + 40 * HOURS) == 0


def test_many_who_escalate_at_once_call_the_next_once(receiver: Receiver) -> None:
    incident = begun()

    with ThreadPoolExecutor(8) as callers:
        steps = list(callers.map(lambda _: escalating.escalate_due(NOW + 16 * MINUTE), range(16)))
        list(callers.map(lambda _: paging.send_due(NOW + 16 * MINUTE), range(16)))

    assert sum(steps) == 1
    assert sorted(receiver.called) == ["devops_lead", "on_call_engineer"]
    assert [kind for kind, _ in texts(incident["_id"])].count("escalated") == 1


def test_it_goes_on_during_maintenance() -> None:
    begun()
    with maintained(NOW):
        steps, posted = escalating.escalate_due(NOW + 16 * MINUTE), paging.send_due(NOW + 16 * MINUTE)

    assert (steps, posted) == (1, 2)


def test_the_legal_team_is_told_once_a_day_before_authorities_must_have_heard() -> None:
    incident = begun(Kind.SECURITY)
    acting.acknowledge(incident["_id"], actor=ADA, now=NOW)

    escalating.escalate_due(NOW + 47 * HOURS)
    assert told(incident) == ["security_team"]
    for _ in range(2):
        escalating.escalate_due(NOW + 48 * HOURS)
    assert told(incident) == ["security_team", "legal"]


def test_nobody_is_told_of_a_notice_that_was_sent() -> None:
    incident = begun(Kind.SECURITY)
    acting.acknowledge(incident["_id"], actor=ADA, now=NOW)
    acting.send_notice(incident["_id"], "What happened, and to whom.", actor=ADA, now=NOW)

    escalating.escalate_due(NOW + 71 * HOURS)
    assert told(incident) == ["security_team"]


def test_what_is_opened_anew_is_told_anew() -> None:
    incident = begun()
    changed(incident["_id"], state="resolved", resolved_at=NOW)
    acting.reopen(incident["_id"], "It is back.", actor=ADA, now=NOW + HOURS)

    assert told(incident) == ["on_call_engineer", "on_call_engineer"]
    assert escalating.escalate_due(NOW + HOURS + 15 * MINUTE) == 1


def test_what_is_resolved_is_not_escalated() -> None:
    opened(state="resolved", resolved_at=NOW)

    assert escalating.escalate_due(NOW + 100 * HOURS) == 0
