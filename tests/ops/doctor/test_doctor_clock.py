"""What doctor says of this machine's clock against those of MongoDB and Redis."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ops import clock as house_clock
from ops.doctor.check import Result
from ops.doctor.checks import clock
from ops.doctor.checks.clock import Reading
from ops.doctor.whereabouts import Whereabouts

NOBODY = "127.0.0.1:1"
TOLD = r"[+-]\d+\.\d{3} s \(± \d+\.\d{3} s\)"


@pytest.fixture
def ahead(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """``ahead(5)`` puts this machine's clock five seconds forward."""
    return lambda seconds: monkeypatch.setattr(
        house_clock, "now", lambda: datetime.now(UTC) + timedelta(seconds=seconds)
    )


def test_a_clock_in_step_is_told_with_its_figures(where: Whereabouts) -> None:
    found = clock.look(where)

    assert (found.result, found.cause, found.remedy) == (Result.OK, None, None)
    assert re.fullmatch(rf"against MongoDB {TOLD}, Redis {TOLD}", found.evidence[0])


@pytest.mark.parametrize(
    ("seconds", "result"),
    [(5.0, Result.DEGRADED), (-5.0, Result.DEGRADED), (40.0, Result.FAILED), (-40.0, Result.FAILED)],
)
def test_one_that_is_off_against_both_is_wrong_itself(
    where: Whereabouts, ahead: Callable[[float], None], seconds: float, result: Result
) -> None:
    ahead(seconds)

    found = clock.look(where)

    assert found.result == result
    assert found.cause is not None
    assert found.cause.startswith("this machine's clock is wrong: codes of second factors are refused")
    assert found.remedy == "timedatectl status"
    sign = "+" if seconds > 0 else "-"
    assert len(re.findall(rf" \{sign}\d+\.\d{{3}} s \(", found.evidence[0])) == 2


@pytest.mark.parametrize(
    ("reading", "result"),
    [
        (Reading(1.9, 0.0), Result.OK),
        (Reading(-2.0, 0.0), Result.DEGRADED),
        (Reading(2.4, 0.5), Result.OK),  # the answer was so long on its way that it may be in step
        (Reading(30.0, 0.0), Result.DEGRADED),
        (Reading(30.2, 0.1), Result.FAILED),
    ],
)
def test_only_what_the_round_trip_does_not_explain_counts(reading: Reading, result: Result) -> None:
    assert clock.judged({"MongoDB": reading}).result == result


def test_of_two_servers_the_one_that_is_off_is_named() -> None:
    found = clock.judged({"MongoDB": Reading(0.0, 0.0), "Redis": Reading(50.0, 0.0)})

    assert found.result == Result.FAILED
    assert found.cause is not None
    assert found.cause.startswith("the clock of Redis's machine is wrong")


def test_of_several_looks_the_quickest_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = iter([100.0, 104.0, 200.0, 200.5, 300.0, 302.0])
    monkeypatch.setattr(house_clock, "now", lambda: datetime.fromtimestamp(next(seconds), UTC))

    assert clock.compared(lambda: 100.0) == Reading(ahead=100.25, uncertain=0.25)


def test_one_server_is_enough(where: Whereabouts) -> None:
    without_redis = clock.look(replace(where, redis=f"redis://:open-sesame@{NOBODY}/0"))
    without_mongodb = clock.look(replace(where, mongodb=f"mongodb://u:open-sesame@{NOBODY}/?replicaSet=x"))

    assert (without_redis.result, without_mongodb.result) == (Result.OK, Result.OK)
    assert re.fullmatch(rf"against MongoDB {TOLD}", without_redis.evidence[0])
    assert re.fullmatch(rf"against Redis {TOLD}", without_mongodb.evidence[0])


@pytest.mark.long
@pytest.mark.parametrize("mongodb", [None, f"mongodb://u:open-sesame@{NOBODY}/", "mongodb://", "open-sesame"])
@pytest.mark.parametrize("redis", [None, f"redis://:open-sesame@{NOBODY}/0", "open-sesame"])
def test_without_any_nobody_can_look(where: Whereabouts, mongodb: str | None, redis: str | None) -> None:
    found = clock.look(replace(where, mongodb=mongodb, redis=redis))

    assert found.result == Result.COULD_NOT_LOOK
    assert found.evidence == ("neither MongoDB nor Redis tells the time",)
    assert "sesame" not in str(found)
