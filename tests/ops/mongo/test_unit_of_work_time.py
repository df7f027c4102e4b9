"""The time of a unit of work: its own, or the caller's, whichever is less."""

import time
from http import HTTPStatus

import pytest
from django.db.utils import DatabaseError
from pymongo.errors import PyMongoError

from ops import deadline
from ops.mongo import faults
from ops.mongo.unit_of_work import COMMIT_SECONDS, UnitGaveUpError, UnitTooLateError
from ops.web.problems import as_domain_error
from tests.ops.mongo.pots import Move, Server, add_by_driver, assert_clean

TRANSIENT = ["TransientTransactionError"]
BEFORE = {"a": 100, "b": 0}


def test_a_unit_ends_by_its_own_time(move: Move, server: Server) -> None:
    server.fail("update", times=1, blockConnection=True, blockTimeMS=1500)
    move.seconds = 0.3

    with deadline.within(60), pytest.raises((PyMongoError, DatabaseError)) as raised:
        move()

    assert faults.is_timeout(raised.value)
    assert (move.runs, move.effects) == (1, [])
    assert server.balances() == BEFORE
    server.wait_for("a")
    assert_clean(server)


def test_the_callers_shorter_time_wins(move: Move, server: Server) -> None:
    server.fail("update", times=1, blockConnection=True, blockTimeMS=1500)
    move.seconds = 60

    with deadline.within(0.3), pytest.raises((PyMongoError, DatabaseError)) as raised:
        move()

    assert faults.is_timeout(raised.value)
    assert (move.runs, move.effects) == (1, [])
    assert server.balances() == BEFORE
    server.wait_for("a")
    assert_clean(server)


def test_a_unit_without_time_is_not_begun(move: Move, server: Server) -> None:
    with deadline.within(0), pytest.raises(UnitTooLateError) as raised:
        move()

    refusal = as_domain_error(raised.value)
    assert (refusal.code, refusal.status) == ("SERVICE_UNAVAILABLE", HTTPStatus.SERVICE_UNAVAILABLE)
    assert move.runs == 0
    assert server.balances() == BEFORE
    assert_clean(server)


def test_a_commit_without_time_for_its_answer_is_not_sent(move: Move, server: Server) -> None:
    """It would be one whose outcome nobody knows."""
    move.seconds = 0.4
    add = move.add

    def add_slowly(name: str, amount: int) -> None:
        add(name, amount)
        if name == "b":
            time.sleep((deadline.remaining() or 0.0) - COMMIT_SECONDS / 2)

    move.add = add_slowly
    server.fail("commitTransaction", closeConnection=True)

    with pytest.raises(UnitTooLateError):
        move()

    assert (move.runs, move.effects) == (1, [])
    assert server.balances() == BEFORE
    assert_clean(server)


def test_a_time_out_after_lost_conflicts_is_a_conflict(move: Move, server: Server) -> None:
    """On a busy account the last attempt is cut short; that must not shut the database for everybody."""
    move.seconds = 0.6
    move.add = lambda name, amount: lose_then_hang(move.runs, name, amount)

    def lose_then_hang(run: int, name: str, amount: int) -> None:
        if run == 1:
            server.fail("update", times=1, errorCode=112, errorLabels=TRANSIENT)
        elif name == "a":
            server.fail("update", times=1, blockConnection=True, blockTimeMS=1500)
        add_by_driver(name, amount)

    with pytest.raises(UnitGaveUpError):
        move()

    assert move.runs == 2
    assert server.balances() == BEFORE
