"""Units inside a unit: one commit for all; a part that failed, or an error that was swallowed, undoes all."""

import pytest
from django.db import IntegrityError, transaction
from django_mongodb_backend import transaction as mongo_transaction
from pymongo.errors import DuplicateKeyError, OperationFailure

from ops.mongo.collections import collection
from ops.mongo.unit_of_work import HalfDoneError, UnitGaveUpError, on_commit, unit_of_work
from tests.ops.mongo.pots import Move, Pot, Server, add_by_driver, add_by_orm, assert_clean

BEFORE, AFTER = {"a": 100, "b": 0}, {"a": 90, "b": 10}


def test_units_inside_join_and_commit_once(move: Move, server: Server) -> None:
    seen = []

    @unit_of_work()
    def inner(amount: int) -> None:
        add_by_orm("b", amount)
        on_commit(lambda: seen.append(("inner", server.balances())))

    @unit_of_work()
    def outer() -> None:
        inner(1)
        with mongo_transaction.atomic(), transaction.atomic():
            add_by_driver("a", 2)
            transaction.on_commit(lambda: seen.append(("django", server.balances())))
        inner(3)
        seen.append(("body", server.balances()))

    outer()

    end = {"a": 102, "b": 4}
    assert seen == [("body", BEFORE), ("inner", end), ("django", end), ("inner", end)]
    assert move.runs == 0
    assert_clean(server)


def test_a_failed_part_dooms_the_whole_though_its_error_is_caught(move: Move, server: Server) -> None:
    @unit_of_work()
    def part() -> None:
        add_by_driver("b", 1)
        raise LookupError

    @unit_of_work()
    def whole() -> None:
        move.body()
        with pytest.raises(LookupError):
            part()

    with pytest.raises(HalfDoneError) as raised:
        whole()

    assert isinstance(raised.value.__cause__, LookupError)
    assert (move.runs, move.effects) == (1, [])
    assert server.balances() == BEFORE
    assert_clean(server)
    assert move() == "run 2"  # the next unit is not doomed
    assert server.balances() == AFTER


def test_a_failed_block_of_django_dooms_the_whole_though_its_error_is_caught(
    move: Move, server: Server
) -> None:
    """The admin and ``get_or_create`` open such blocks; MongoDB cannot undo them alone."""

    @transaction.atomic
    def part() -> None:
        add_by_orm("b", 1)
        raise LookupError

    @unit_of_work()
    def whole() -> None:
        move.body()
        with pytest.raises(LookupError):
            part()

    with pytest.raises(HalfDoneError):
        whole()

    assert move.effects == []
    assert server.balances() == BEFORE
    assert_clean(server)


def test_a_transient_fault_that_a_caller_swallowed_runs_the_whole_again(move: Move, server: Server) -> None:
    swallowed: list[int | None] = []

    @unit_of_work()
    def part() -> None:
        add_by_driver("b", 10)

    @unit_of_work()
    def whole() -> None:
        add_by_driver("a", -10)
        if not swallowed:
            server.fail("update", times=1, errorCode=112, errorLabels=["TransientTransactionError"])
        try:
            part()
        except OperationFailure as error:
            swallowed.append(error.code)

    whole()

    assert swallowed == [112]
    assert move.runs == 0
    assert server.balances() == AFTER
    assert_clean(server)


def test_a_swallowed_duplicate_ends_and_writes_nothing(move: Move, server: Server) -> None:
    """A duplicate kills the server's transaction, so whoever goes on can never commit."""

    @unit_of_work(seconds=0.5)
    def unit() -> None:
        move.add("a", -10)
        with pytest.raises(IntegrityError):
            Pot.objects.create(id="b", owner="b")
        move.add("b", 10)

    with pytest.raises(UnitGaveUpError):
        unit()

    assert server.balances() == BEFORE
    assert_clean(server)


def test_a_duplicate_swallowed_at_the_end_writes_nothing(move: Move, server: Server) -> None:
    @unit_of_work(seconds=1.0)
    def unit() -> None:
        move.body()
        with pytest.raises(DuplicateKeyError):
            collection("pots").insert({"_id": "b"})

    with pytest.raises(UnitGaveUpError):
        unit()

    assert move.effects == []
    assert server.balances() == BEFORE
    assert_clean(server)
