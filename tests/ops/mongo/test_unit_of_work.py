"""The unit of work when the server is well: joining, refusing, effects, isolation."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from django.db import IntegrityError, connections
from pymongo.errors import DuplicateKeyError

from ops.mongo.collections import collection
from ops.mongo.unit_of_work import (
    is_open,
    on_commit,
    unit_of_work,
)
from tests.ops.mongo.pots import Add, Move, Pot, Server, add_by_driver, assert_clean, new_pot

BEFORE, AFTER = {"a": 100, "b": 0}, {"a": 90, "b": 10}


def test_a_unit_writes_all_and_then_runs_its_effects(move: Move, server: Server) -> None:
    seen_by_the_effect = []

    @unit_of_work()
    def unit() -> str:
        on_commit(lambda: seen_by_the_effect.append((server.balances(), is_open())))
        assert is_open()
        return move.body()

    assert unit() == "run 1"
    assert seen_by_the_effect == [(AFTER, False)]
    assert move.effects == [1]
    assert server.balances() == AFTER
    assert_clean(server)


def test_nobody_sees_a_unit_before_its_commit(move: Move, server: Server) -> None:
    @unit_of_work()
    def unit() -> tuple[dict[str, int], dict[str, int]]:
        move.body()
        inside = {pot.id: pot.balance for pot in Pot.objects.order_by("id")}
        return inside, server.balances()

    assert unit() == (AFTER, BEFORE)
    assert server.balances() == AFTER


def test_a_unit_reads_one_moment_of_the_database(move: Move, server: Server) -> None:
    @unit_of_work()
    def unit() -> list[int]:
        first = Pot.objects.get(pk="a").balance
        server.write("b", 5)
        again = collection("pots").find_one({"_id": "b"}) or {}
        return [first, Pot.objects.get(pk="b").balance, again["balance"]]

    assert unit() == [100, 0, 0]
    assert move.runs == 0


def test_a_unit_asks_the_server_for_a_snapshot(move: Move, server: Server) -> None:
    @unit_of_work()
    def unit() -> list[dict[str, Any]]:
        move.body()
        return [found["parameters"] for found in server.transactions()]

    [parameters] = unit()

    assert parameters["autocommit"] is False
    assert parameters["readConcern"]["level"] == "snapshot"


def test_an_exception_undoes_all_and_drops_the_effects(move: Move, server: Server) -> None:
    @unit_of_work()
    def unit() -> None:
        move.body()
        raise LookupError

    with pytest.raises(LookupError):
        unit()

    assert (move.runs, move.effects) == (1, [])
    assert server.balances() == BEFORE
    assert_clean(server)


def test_an_interruption_undoes_all(move: Move, server: Server) -> None:
    @unit_of_work()
    def unit() -> None:
        move.body()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        unit()

    assert move.effects == []
    assert server.balances() == BEFORE
    assert_clean(server)


def test_a_key_that_is_taken_undoes_all(move: Move, server: Server) -> None:
    @unit_of_work()
    def by_orm() -> None:
        move.body()
        Pot.objects.create(id="c", owner="a")

    @unit_of_work()
    def by_driver() -> None:
        move.body()
        collection("pots").insert({"_id": "c", "owner": "a", "shelf": "low"})

    with pytest.raises(IntegrityError):
        by_orm()
    with pytest.raises(DuplicateKeyError):
        by_driver()

    assert (move.runs, move.effects) == (2, [])
    assert server.balances() == BEFORE
    assert_clean(server)


def test_get_or_create_finds_what_another_made_meanwhile(server: Server) -> None:
    runs = []

    @unit_of_work()
    def unit() -> tuple[int, bool]:
        runs.append(1)
        Pot.objects.filter(pk="c").exists()  # the snapshot begins here
        if len(runs) == 1:
            server.pots.insert_one({"_id": "c", "owner": "c", "shelf": "top", "balance": 3})
        pot, made = Pot.objects.get_or_create(id="c", defaults={"owner": "c"})
        return pot.balance, made

    assert unit() == (3, False)
    assert len(runs) == 2
    assert_clean(server)


def test_a_failing_effect_undoes_nothing_and_the_next_still_runs(move: Move, server: Server) -> None:
    @unit_of_work()
    def unit() -> str:
        on_commit(lambda: 1 // 0)
        return move.body()

    assert unit() == "run 1"
    assert move.effects == [1]
    assert server.balances() == AFTER
    assert_clean(server)


def test_an_effect_may_open_a_unit_of_its_own(move: Move, server: Server) -> None:
    @unit_of_work()
    def unit() -> None:
        add_by_driver("b", 1)
        on_commit(move)

    unit()

    assert server.balances() == {"a": 90, "b": 11}
    assert move.effects == [1]
    assert_clean(server)


def test_without_a_unit_an_effect_runs_at_once() -> None:
    effects = []

    on_commit(lambda: effects.append(is_open()))

    assert effects == [False]


def test_a_unit_that_writes_nothing_still_runs_its_effects(server: Server) -> None:
    effects = []

    @unit_of_work()
    def unit() -> None:
        on_commit(lambda: effects.append(1))

    unit()

    assert effects == [1]
    assert_clean(server)


def test_a_session_left_behind_is_cleared_away(move: Move, server: Server) -> None:
    connection: Any = connections["default"]
    connection.session = connection.connection.start_session()
    connection.session.start_transaction()
    connection.database["pots"].update_one({"_id": "a"}, {"$inc": {"balance": 1}}, session=connection.session)

    with pytest.raises(RuntimeError, match="left behind"):
        move()

    assert move.runs == 0
    assert_clean(server)
    assert move() == "run 1"


def test_a_body_that_would_outlive_its_unit_is_refused() -> None:
    def generator() -> Iterator[int]:
        yield 1

    async def coroutine() -> None:
        """Do nothing."""

    async def both() -> AsyncIterator[int]:
        yield 1

    for body in (generator, coroutine, both):
        with pytest.raises(TypeError, match="would run after its unit of work"):
            unit_of_work()(body)


def test_a_new_document_and_its_collection_are_made_in_the_unit(add: Add, server: Server) -> None:
    new_pot("a", 1)

    @unit_of_work()
    def unit() -> None:
        collection("made_in_a_unit").insert({"_id": 1}, {"_id": 2})
        add("a", 1)
        raise LookupError

    with pytest.raises(LookupError):
        unit()

    assert "made_in_a_unit" not in server.pots.database.list_collection_names()
    assert server.balances() == {"a": 1}
