"""The unit of work against a server that fails: whatever it does, all is written, or nothing."""

from http import HTTPStatus
from typing import Any

import pymongo
import pytest
from django.db.utils import DatabaseError
from pymongo.errors import PyMongoError

from ops import deadline
from ops.mongo import faults
from ops.mongo.unit_of_work import (
    CommitOutcomeUnknownError,
    UnitGaveUpError,
    unit_of_work,
)
from ops.web.problems import as_domain_error
from tests.ops.mongo.pots import Move, Server, assert_clean

pytestmark = pytest.mark.long

TRANSIENT = ["TransientTransactionError"]
BEFORE, AFTER = {"a": 100, "b": 0}, {"a": 90, "b": 10}

# What fails, how often, in which way, and how often the body must have run in the end.
PASSING_FAULTS: dict[str, tuple[str, int, dict[str, Any], int]] = {
    "write conflict in the body": ("update", 3, {"errorCode": 112, "errorLabels": TRANSIENT}, 4),
    "transaction lost in the body": ("update", 2, {"errorCode": 251, "errorLabels": TRANSIENT}, 3),
    "connection closed in the body": ("update", 1, {"closeConnection": True}, 2),
    "primary stepped down in the body": ("update", 1, {"errorCode": 10107}, 2),
    "election in the body": ("update", 2, {"errorCode": 11602}, 3),
    "primary shutting down in the body": ("update", 1, {"errorCode": 91}, 2),
    "transient fault at the commit": (
        "commitTransaction",
        2,
        {"errorCode": 251, "errorLabels": TRANSIENT},
        3,
    ),
    "write conflict at the commit": (
        "commitTransaction",
        2,
        {"errorCode": 112, "errorLabels": TRANSIENT},
        3,
    ),
    "connection closed at the commit": ("commitTransaction", 3, {"closeConnection": True}, 1),
    "primary stepped down at the commit": ("commitTransaction", 2, {"errorCode": 10107}, 1),
    "commit not confirmed by a majority": (
        "commitTransaction",
        2,
        {"writeConcernError": {"code": 91, "errmsg": "shutdown"}},
        1,
    ),
    "commit's confirmation too late": (
        "commitTransaction",
        2,
        {"writeConcernError": {"code": 64, "errmsg": "waiting", "errInfo": {"wtimeout": True}}},
        1,
    ),
}


@pytest.mark.parametrize("fault", PASSING_FAULTS.values(), ids=PASSING_FAULTS.keys())
def test_a_passing_fault_is_not_noticed(
    move: Move, server: Server, fault: tuple[str, int, dict[str, Any], int]
) -> None:
    command, times, how, runs = fault
    server.fail(command, times=times, **how)

    answer = move()

    assert answer == f"run {runs}"
    assert move.effects == [runs]
    assert server.balances() == AFTER
    server.mend()
    assert_clean(server)


def test_a_commit_without_an_answer_has_an_unknown_outcome(move: Move, server: Server) -> None:
    server.fail("commitTransaction", closeConnection=True)
    move.seconds = 0.6

    with deadline.within(60), pytest.raises(CommitOutcomeUnknownError) as raised:
        move()

    assert_unavailable(raised.value)
    assert (move.runs, move.effects) == (1, [])
    assert server.balances() == BEFORE
    assert_clean(server)


def test_a_transaction_that_could_not_be_ended_is_ended_when_the_server_is_back(
    move: Move, server: Server
) -> None:
    server.fail("commitTransaction", "killSessions", closeConnection=True)
    move.seconds = 0.5

    with pytest.raises(CommitOutcomeUnknownError):
        move()

    assert len(server.transactions()) == 1
    server.mend()
    assert_clean(server)
    assert server.balances() == BEFORE


def test_a_commit_that_hangs_has_an_unknown_outcome(move: Move, server: Server) -> None:
    server.fail("commitTransaction", times=1, blockConnection=True, blockTimeMS=1500)
    move.seconds = 0.5

    with pytest.raises(CommitOutcomeUnknownError) as raised:
        move()

    assert_unavailable(raised.value)
    assert (move.runs, move.effects) == (1, [])
    assert server.balances() in (BEFORE, AFTER)
    assert_clean(server)


def test_a_commit_never_confirmed_has_an_unknown_outcome_though_it_is_written(
    move: Move, server: Server
) -> None:
    server.fail("commitTransaction", writeConcernError={"code": 91, "errmsg": "shutdown"})
    move.seconds = 0.5

    with pytest.raises(CommitOutcomeUnknownError) as raised:
        move()

    assert_unavailable(raised.value)
    assert (move.runs, move.effects) == (1, [])
    assert server.balances() == AFTER
    assert_clean(server)


def test_a_commit_that_no_majority_can_keep_is_not_called_undone(move: Move, server: Server) -> None:
    server.fail("commitTransaction", times=1, writeConcernError={"code": 100, "errmsg": "no such majority"})

    with pytest.raises(CommitOutcomeUnknownError) as raised:
        move()

    assert_unavailable(raised.value)
    assert move.effects == []
    assert server.balances() == AFTER
    assert_clean(server)


def test_a_refused_commit_writes_nothing(move: Move, server: Server) -> None:
    server.fail("commitTransaction", times=1, errorCode=13)  # Unauthorized

    with pytest.raises(PyMongoError) as raised:
        move()

    assert getattr(raised.value, "code", None) == 13
    assert (move.runs, move.effects) == (1, [])
    assert server.balances() == BEFORE
    assert_clean(server)


@pytest.mark.parametrize("command", ["update", "commitTransaction"])
def test_a_conflict_that_stays_is_given_up(move: Move, server: Server, command: str) -> None:
    server.fail(command, errorCode=112, errorLabels=TRANSIENT)
    move.seconds = 0.5

    with deadline.within(60), pytest.raises(UnitGaveUpError) as raised:
        move()

    refusal = as_domain_error(raised.value)
    assert (refusal.code, refusal.status) == ("CONFLICT", HTTPStatus.CONFLICT)
    assert move.runs > 1
    assert move.effects == []
    assert server.balances() == BEFORE
    assert_clean(server)


AWAY: dict[str, dict[str, Any]] = {
    "connection closed": {"closeConnection": True},
    "no primary": {"errorCode": 10107},
    "interrupted by an election": {"errorCode": 11602},
    "shutting down": {"errorCode": 91},
}


@pytest.mark.parametrize("how", AWAY.values(), ids=AWAY.keys())
def test_a_database_that_is_away_is_called_so(move: Move, server: Server, how: dict[str, Any]) -> None:
    server.fail("update", **how)
    move.seconds = 0.8

    with deadline.within(60), pytest.raises((PyMongoError, DatabaseError)) as raised:
        move()

    assert_unavailable(raised.value)
    assert move.effects == []
    server.mend()
    assert server.balances() == BEFORE
    assert_clean(server)


def test_a_new_client_that_nobody_answers_is_unavailable() -> None:
    client: pymongo.MongoClient[Any] = pymongo.MongoClient("127.0.0.1", 1, serverSelectionTimeoutMS=50)
    with client, pytest.raises(PyMongoError) as raised:
        client.admin.command("ping")

    assert_unavailable(raised.value)


def test_a_refusal_after_a_conflict_elsewhere_is_not_repeated(move: Move, server: Server) -> None:
    """Python hangs the conflict behind the refusal, since it was being handled; it is another unit's."""
    runs = []

    @unit_of_work()
    def refuse() -> None:
        runs.append(1)
        move.add("a", -10)
        raise LookupError

    server.fail("update", errorCode=112, errorLabels=TRANSIENT)
    move.seconds = 0.3

    def fall_back() -> None:
        try:
            move()
        except UnitGaveUpError:
            server.mend()
            refuse()

    with pytest.raises(LookupError):
        fall_back()

    assert runs == [1]
    assert server.balances() == BEFORE
    assert_clean(server)


def assert_unavailable(error: BaseException) -> None:
    """The caller is told that the database cannot be reached, not that somebody was quicker."""
    assert faults.is_unavailable(error)
    refusal = as_domain_error(error)
    assert (refusal.code, refusal.status) == ("DATABASE_UNAVAILABLE", HTTPStatus.SERVICE_UNAVAILABLE)
