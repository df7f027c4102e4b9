"""Incidents opened by hand, and lists of them."""

from datetime import UTC, datetime, timedelta

import pytest

from ops.actors import Actor
from ops.errors import ValidationFailedError
from ops.incidents import opening, records, starting
from ops.mongo.collections import Document
from ops.paging import Part
from tests.ops.incidents.opened import fields_of

pytestmark = pytest.mark.usefixtures("empty")
NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
ADA = Actor.shell()


def every() -> list[Document]:
    return records.latest(100)


def happened(incident: Document) -> list[str]:
    """Return the kinds of its events, without who was told."""
    found = [each["kind"] for each in records.events(incident["_id"])]
    return [each for each in found if each not in {"told", "noted"}]


def test_by_hand_a_security_incident_has_the_clock_of_the_notice_and_tells_users_nothing() -> None:
    known = NOW - 2 * HOUR
    made = opening.open_by_hand("security", "p1", "A stolen token", known_at=known, actor=ADA, now=NOW)

    assert made["notice"]["due_at"] == known + timedelta(hours=72)
    assert (made["public"], made["about"], made["opened_by"]) == (None, None, ADA.id)
    assert happened(made) == ["opened"]


@pytest.mark.parametrize(
    ("kind", "severity", "title", "field"),
    [
        ("fire", "p1", "It burns", "kind"),
        ("outage", "p9", "It burns", "severity"),
        ("outage", "p1", " a ", "title"),
        ("outage", "p1", "x" * 201, "title"),
    ],
)
def test_by_hand_bad_words_open_nothing(kind: str, severity: str, title: str, field: str) -> None:
    with pytest.raises(ValidationFailedError) as refused:
        opening.open_by_hand(kind, severity, title, actor=ADA, now=NOW)

    assert fields_of(refused.value) == [field]
    assert every() == []


def test_lists_go_page_by_page_and_without_security_for_who_may_not_see_it() -> None:
    made = [
        opening.open_by_hand(kind, "p3", f"Number {number}", actor=ADA, now=NOW + number * MINUTE)
        for number, kind in enumerate(["outage", "security", "data"])
    ]
    part = Part(1)

    first = records.page(part)
    assert first.older is not None
    second = records.page(Part(1, first.older))

    assert [each["_id"] for each in (*first.rows, *second.rows)] == [made[2]["_id"], made[0]["_id"]]
    assert second.older is None
    assert second.newer is not None
    assert records.page(Part(1, second.newer, backwards=True)).rows == first.rows
    assert len(records.page(Part(9), with_security=True).rows) == 3
    assert [each["_id"] for each in records.open_ones()] == [each["_id"] for each in made]
    assert starting.is_open(made[0])
