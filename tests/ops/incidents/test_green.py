"""Whether it is over: what stands against it is said in sentences, and a quarter of an hour is a quarter."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from ops.incidents import green
from tests.ops.incidents.opened import MINUTE, NOW, alert, forget_all, looked, looked_well, opened

SECOND = timedelta(seconds=1)
FIRES = "Alert NotReady still fires."


@pytest.fixture(autouse=True)
def _none() -> Iterator[None]:
    forget_all()
    yield
    forget_all()


def test_nothing_stands_against_it_when_all_was_well_for_a_quarter_of_an_hour() -> None:
    looked_well(NOW, mongo="ok")

    assert (
        green.obstacles(opened(checks=["mongo"], alerts={"a": alert("NotReady", NOW - 15 * MINUTE)}), NOW)
        == []
    )


@pytest.mark.parametrize(
    ("ends_at", "told"),
    [
        (None, [FIRES]),
        (NOW - 15 * MINUTE + SECOND, ["Alert NotReady fired until 12:15, less than 15 minutes ago."]),
        (NOW - 15 * MINUTE, []),
    ],
    ids=["fires", "ended too late", "ended in time"],
)
def test_an_alert_must_have_ended_a_quarter_of_an_hour_ago(ends_at: Any, told: list[str]) -> None:
    looked_well(NOW)

    assert green.obstacles(opened(alerts={"a": alert("NotReady", ends_at)}), NOW) == told


def test_an_alert_of_many_series_is_told_once_and_as_firing_if_one_of_them_fires() -> None:
    looked_well(NOW)
    alerts = {"a": alert("NotReady", NOW - MINUTE), "b": alert("NotReady"), "c": alert("NotReady")}

    assert green.obstacles(opened(alerts=alerts), NOW) == [FIRES]


@pytest.mark.parametrize(
    ("minutes", "results", "told"),
    [
        (3, {"mongo": "failed"}, ["doctor:mongo was failed at 12:27."]),
        (3, {"redis": "failed"}, ["doctor:redis was failed at 12:27."]),
        (14, {"mongo": "degraded"}, ["doctor:mongo was degraded at 12:16."]),
        (3, {"mongo": "could_not_look"}, ["doctor:mongo was could not look at 12:27."]),
        (3, {"redis": "degraded"}, []),
        (15, {"mongo": "failed"}, []),
    ],
    ids=["its own", "another", "its own a little", "unseen", "another a little", "long ago"],
)
def test_doctor_must_have_found_its_checks_well_and_none_failed(
    minutes: int, results: dict[str, str], told: list[str]
) -> None:
    looked_well(NOW)
    looked(NOW - minutes * MINUTE, **results)

    assert green.obstacles(opened(checks=["mongo"]), NOW) == told


def test_a_check_that_is_made_elsewhere_now_stands_against_nothing() -> None:
    looked_well(NOW)

    assert green.obstacles(opened(checks=["port"]), NOW) == []


@pytest.mark.parametrize(
    ("times", "ago", "told"),
    [
        (10, 0, []),
        (9, 0, ["Doctor looked 9 times in the last 15 minutes, not 10 times."]),
        (10, 3, []),
        (10, 4, ["Doctor has not looked within the last 3 minutes."]),
        (
            0,
            0,
            [
                "Doctor has not looked within the last 3 minutes.",
                "Doctor looked 0 times in the last 15 minutes, not 10 times.",
            ],
        ),
    ],
)
def test_doctor_must_have_looked(times: int, ago: int, told: list[str]) -> None:
    looked_well(NOW - ago * MINUTE, times)

    assert green.obstacles(opened(), NOW) == told


@pytest.mark.parametrize(
    ("requests", "failed", "told"),
    [
        (100, 4, []),
        (100, 5, ["5.0% of the requests of the last 15 minutes failed; it must be below 5%."]),
        (0, 0, []),
    ],
)
def test_few_requests_may_fail(requests: int, failed: int, told: list[str]) -> None:
    looked_well(NOW)
    late = {"requests": requests, "failed": failed}

    assert green.obstacles(opened(impact={"at": NOW - MINUTE, "late": late}), NOW) == told


@pytest.mark.parametrize(
    "impact",
    [None, {"at": NOW, "late": None}, {"at": NOW - 4 * MINUTE, "late": {"requests": 1, "failed": 1}}],
    ids=["not measured", "not counted", "measured long ago"],
)
def test_where_nobody_knows_how_many_failed_that_stands_against_nothing(impact: Any) -> None:
    looked_well(NOW)

    assert green.obstacles(opened(impact=impact), NOW) == []
