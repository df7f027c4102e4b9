"""The ledger's check each night, and what doctor and `/health` say of it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ops import clock
from ops.doctor import whereabouts
from ops.doctor.check import Finding, Result
from ops.mongo.collections import control_collection
from tests.api import Api
from tests.races import at_once
from tests.tokens.damage import ACCOUNTS, ENTRIES, Books, change, checked
from tokens import checks, tasks
from tokens.actions import checking
from tokens.actions.checking import Scope
from tokens.ledger.posting import entry_id

pytestmark = pytest.mark.usefixtures("_forgotten")
COUNTS = "7 accounts, 20 entries, 10 transactions"
DAY = timedelta(days=1)


def looked() -> Finding:
    return checks.look(whereabouts.from_settings())


def last() -> dict[str, Any]:
    found = checking.standing().last
    assert found is not None
    return found


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """``later(hours)`` sets the clock forward."""

    def set_forward(by: timedelta) -> None:
        moment = clock.now() + by
        monkeypatch.setattr(clock, "now", lambda: moment)

    return set_forward


@pytest.mark.usefixtures("books")
def test_each_night_it_is_checked_once() -> None:
    now = clock.now()

    read = [checking.check_slice(now=each) for each in (now, now, now + DAY, now + DAY)]

    assert read == [30, 0, 30, 0]
    assert (last()["began_at"], last()["broken"]) == (now + DAY, {})


@pytest.mark.usefixtures("books")
@pytest.mark.parametrize(("minute", "is_due"), [(-1, False), (0, True)])
def test_the_night_begins_at_two(minute: int, *, is_due: bool) -> None:
    two = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)
    checking.check_slice(now=two - DAY + timedelta(minutes=1))

    assert bool(checking.check_slice(now=two + timedelta(minutes=minute))) is is_due


def test_slice_by_slice_it_comes_to_the_same_end(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "SLICE_SECONDS", 0.0)
    change(ENTRIES, entry_id(books.bob, 2), balance_after=36)
    now = clock.now()

    read = [checking.check_slice(now=now)]
    while checking.standing().last is None:
        read += at_once([lambda: checking.check_slice(now=now)] * 2)

    assert len(read) > 4
    assert (last()["accounts"], last()["entries"], last()["transactions"]) == (7, 20, 10)
    assert last()["broken"] == {"balance_after_right_along_the_entries": 1}
    running = control_collection(checking.NAME).find_one({"_id": checking.RUNNING})
    # The other of the last two may have looked before the end was told, and begun anew: it finds the same.
    assert running is None or running["began_at"] == now


def test_only_a_check_of_everything_is_kept(books: Books) -> None:
    checked(Scope(account=books.ann))
    assert checking.standing().last is None

    checked()
    assert last()["entries"] == 20


@pytest.mark.usefixtures("books")
def test_the_job_checks_and_leaves_a_heartbeat() -> None:
    assert tasks.verify() == 30

    beat = control_collection("heartbeats").find_one({"_id": "tokens.ledger.verify"})
    assert beat is not None
    assert (beat["error"], last()["broken"]) == (None, {})


def test_a_ledger_that_was_just_opened_need_not_have_been_checked() -> None:
    found = looked()

    assert (found.result, checks.probe()) == (Result.OK, None)
    assert found.evidence[0].startswith("never checked; the ledger was opened 0 h ")


def test_a_ledger_that_nobody_checks_is_said(later: Callable[[timedelta], None]) -> None:
    later(timedelta(hours=27))

    found = looked()

    assert found.result == Result.DEGRADED
    assert found.evidence[0].startswith("never checked; the ledger was opened 27 h ")
    assert found.cause == "the job tokens.ledger.verify does not run, or fails"
    assert found.remedy == ".venv/bin/python manage.py verify_ledger"


@pytest.mark.usefixtures("books")
@pytest.mark.parametrize(("hours", "result"), [(25, Result.OK), (27, Result.DEGRADED)])
def test_a_check_holds_for_a_day_and_two_hours(
    later: Callable[[timedelta], None], hours: int, result: Result
) -> None:
    checked()
    later(timedelta(hours=hours))

    found = looked()

    assert found.result == result
    assert found.evidence == (f"all invariants held {hours} h 0 min ago: {COUNTS}",)
    assert checks.probe() == (None if result == Result.OK else found.evidence[0])


def test_what_is_broken_is_told_until_a_check_finds_it_whole(books: Books) -> None:
    change(ACCOUNTS, books.ann, last_at=books.at(71))
    checked()

    found, health = looked(), checks.probe()
    change(ACCOUNTS, books.ann, last_at=books.at(70))
    checked()

    assert found.result == Result.FAILED
    assert found.evidence[0] == health == "broken 0 h 0 min ago: last_at_is_the_last_entrys (1)"
    assert found.evidence[1].startswith(f"{books.ann} says ")
    assert len(found.evidence) == 2
    assert (looked().result, checks.probe()) == (Result.OK, None)


def test_of_many_faults_the_first_are_told_and_the_rest_counted(books: Books) -> None:
    for number in range(1, 7):
        change(ENTRIES, entry_id(books.ann, number), kind="gift")
    checked()

    evidence = looked().evidence

    assert evidence[0] == "broken 0 h 0 min ago: postings_and_entries_agree (6)"
    assert (len(evidence), evidence[-1]) == (7, "and 1 more")


def test_health_tells_of_it(books: Books) -> None:
    change(ACCOUNTS, books.ann, balance=88)
    checked()
    checks_of_health = Api().get("/health").json["components"]

    assert checks_of_health["sbd_tokens"]["status"] == "unhealthy"
    assert checks_of_health["sbd_tokens"]["detail"] == (
        "broken 0 h 0 min ago: balance_is_the_sum_of_entries (2)"
    )
