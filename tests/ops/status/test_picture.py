"""The picture of 90 days, and its words."""

from datetime import timedelta
from typing import Any

import pytest

from ops.status import picture, report
from ops.status.knowing import Known
from ops.status.picture import HIGH, LEAST
from ops.status.states import Look, Web
from tests.ops.status.conftest import NOON

TODAY, YESTERDAY = "2030-03-05", "2030-03-04"


def part(days: dict[str, dict[str, int]]) -> dict[str, Any]:
    known = Known(NOON, {day: {"api": minutes} for day, minutes in days.items()})
    found: dict[str, Any] = report.made(Look(Web.ANSWERS, {"mongodb": False}), known, NOON)["components"][0]
    return found


def test_there_is_a_bar_for_each_of_90_days_and_none_is_painted_well_unseen() -> None:
    drawn = picture.drawn(part({}), NOON)

    assert len(drawn.bars) == 90
    assert {piece.kind for bar in drawn.bars for piece in bar.pieces} == {"unseen"}
    assert drawn.words == "API: not seen in the last 90 days."
    assert (drawn.bars[0].words, drawn.bars[-1].words) == ("6 December: not seen", "5 March: not seen")


def test_a_bar_shows_the_shares_of_its_day_and_the_shortest_outage() -> None:
    minutes = {"seen": 720, "down": 1, "degraded": 360}
    drawn = picture.drawn(part({YESTERDAY: minutes}), NOON)
    bar = drawn.bars[-2]

    assert [(piece.kind, piece.y, piece.height) for piece in bar.pieces] == [
        ("down", 0, LEAST),
        ("degraded", LEAST, 7),
        ("unseen", LEAST + 7, 15),
        ("operational", LEAST + 22, HIGH - LEAST - 22),
    ]
    assert drawn.troubled == ["4 March: 1 min down, 360 min degraded, 720 min seen"]


def test_of_today_only_what_has_passed_can_be_missing() -> None:
    whole, half = (picture.drawn(part({TODAY: {"seen": seen}}), NOON).bars[-1].pieces for seen in (720, 360))

    assert [(piece.kind, piece.height) for piece in whole] == [("operational", HIGH)]
    assert [(piece.kind, piece.height) for piece in half] == [("unseen", 15), ("operational", 15)]


def test_no_bar_is_higher_than_the_picture() -> None:
    minutes = {"seen": 1440, "down": 1438, "degraded": 1, "maintenance": 1}
    pieces = picture.drawn(part({YESTERDAY: minutes}), NOON).bars[-2].pieces

    assert sum(piece.height for piece in pieces) == HIGH
    assert all(piece.height > 0 for piece in pieces)


@pytest.mark.parametrize(
    ("minutes", "percent"),
    [
        ({}, None),
        ({"seen": 1440}, 100.0),
        ({"seen": 100_000, "down": 1}, 99.99),
        ({"seen": 1_000_000, "down": 1}, 99.99),
        ({"seen": 1000, "degraded": 1000}, 100.0),
        ({"seen": 1000, "maintenance": 500, "down": 250}, 50.0),
        ({"seen": 10, "maintenance": 10}, None),
        ({"seen": 7, "down": 7}, 0.0),
    ],
)
def test_the_percentage_is_of_the_minutes_seen_and_never_flatters(
    minutes: dict[str, int], percent: float | None
) -> None:
    assert report.uptime([minutes, {}]) == percent


def test_the_words_tell_the_share_and_how_much_was_seen() -> None:
    days = {YESTERDAY: {"seen": 1440, "down": 36}, TODAY: {"seen": 0}}
    days["2030-03-03"] = {"seen": 1440}

    assert picture.drawn(part(days), NOON).words == (
        "API: worked 98.75 % of the time seen; 2 of 90 days seen, 1 of them with trouble."
    )


def test_a_year_that_turns_does_not_move_the_days() -> None:
    january = NOON - timedelta(days=60)
    made = report.made(Look(Web.ANSWERS, {}), Known(), january)

    dates = [day["date"] for day in made["components"][0]["days"]]
    assert (dates[0], dates[-1], len(set(dates))) == ("2029-10-07", "2030-01-04", 90)
