"""How a check went in a day: a field for each quarter of an hour, in which the worst counts."""

from datetime import UTC, datetime, timedelta

import pytest

from ops.health_console.pictures import FIELDS, History, histories
from ops.mongo.collections import Document

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


def looked(minutes_ago: int, result: str) -> Document:
    return {"at": NOW - timedelta(minutes=minutes_ago), "results": {"redis": result, "gone": "failed"}}


def drawn(*seen: Document) -> History:
    found = histories(seen, ["redis"], NOW)
    assert list(found) == ["redis"]
    return found["redis"]


def test_the_worst_of_a_quarter_counts_whenever_it_was() -> None:
    found = drawn(looked(14, "ok"), looked(10, "failed"), looked(5, "degraded"), looked(0, "ok"))

    assert found.fields[-1] == "failed"
    assert set(found.fields[:-1]) == {None}
    assert found.last_ok == NOW


def test_a_day_begins_and_ends_where_it_should() -> None:
    found = drawn(looked(24 * 60 + 1, "failed"), looked(24 * 60, "degraded"), looked(15, "could_not_look"))

    assert found.fields[0] == "degraded"
    assert found.fields[-1] == "could_not_look"
    assert found.last_ok is None


def test_equal_neighbours_are_drawn_as_one_and_what_was_not_looked_at_not_at_all() -> None:
    svg = History([None, "ok", "ok", "failed", *[None] * (FIELDS - 4)], None).drawn()

    assert svg.count("<rect") == 2
    assert '<rect x="1" y="9" width="2" height="3" class="ok">' in svg
    assert '<rect x="3" y="0" width="1" height="12" class="failed">' in svg


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ([None] * FIELDS, "Not looked at in the last 24 hours."),
        (["ok"] * FIELDS, "Ok whenever doctor looked."),
        (["ok", *[None] * (FIELDS - 1)], "Ok whenever doctor looked; not looked at in 95 of 96."),
        (["ok"] * (FIELDS - 2) + ["failed"] * 2, "Of 96 quarters of an hour: failed in 2, ok in 94."),
    ],
    ids=["nothing", "well", "well for a while", "unwell"],
)
def test_the_words_say_what_the_picture_shows(fields: list[str | None], words: str) -> None:
    assert History(fields, None).words == words
    assert f'aria-label="{words}"' in History(fields, None).drawn()
