"""Units of work side by side: no update is lost, no key is given twice."""

import threading
from collections.abc import Callable
from typing import Any

from django.db import IntegrityError
from pymongo.errors import DuplicateKeyError

from ops.mongo.collections import collection
from ops.mongo.unit_of_work import on_commit, unit_of_work
from tests.ops.mongo.pots import Pot, Server, add_by_driver, add_by_orm, assert_clean, new_pot

THREADS, ROUNDS = 8, 10


def in_threads(*bodies: Callable[[], object]) -> list[Any]:
    """Run all at the same time; returns what each returned, or the exception that it raised."""
    outcomes: list[Any] = [None] * len(bodies)

    def run(index: int, body: Callable[[], object]) -> None:
        try:
            outcomes[index] = body()
        except Exception as error:  # noqa: BLE001  # for the test to look at
            outcomes[index] = error

    threads = [threading.Thread(target=run, args=each) for each in enumerate(bodies)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def test_two_who_read_the_same_balance_lose_no_update(server: Server) -> None:
    new_pot("a", 100)
    both_have_read = threading.Barrier(2)
    runs: list[int] = []

    @unit_of_work()
    def read_then_write() -> None:
        runs.append(1)
        balance = Pot.objects.get(pk="a").balance
        if len(runs) <= 2:
            both_have_read.wait(timeout=10)
        Pot.objects.filter(pk="a").update(balance=balance + 1)

    assert in_threads(read_then_write, read_then_write) == [None, None]
    assert server.balances() == {"a": 102}
    assert len(runs) >= 3
    assert_clean(server)


def test_what_many_move_at_once_is_all_there_in_the_end(server: Server) -> None:
    for name in ("a", "b", "c"):
        new_pot(name, 100)
    effects: list[int] = []

    def mover(number: int) -> Callable[[], None]:
        giver, taker = ("a", "b", "c")[number % 3], ("b", "c", "a")[number % 3]
        add = (add_by_orm, add_by_driver)[number % 2]

        @unit_of_work(seconds=60)
        def unit() -> None:
            add(giver, -1)
            add(taker, 1)
            on_commit(lambda: effects.append(number))

        def repeatedly() -> None:
            for _ in range(ROUNDS):
                unit()

        return repeatedly

    outcomes = in_threads(*map(mover, range(THREADS)))

    assert outcomes == [None] * THREADS
    # Movers 0, 3, 6 take from a, 1, 4, 7 from b, 2, 5 from c.
    assert server.balances() == {"a": 90, "b": 100, "c": 110}
    assert sorted(effects) == sorted(list(range(THREADS)) * ROUNDS)
    assert_clean(server)


def test_of_two_who_make_the_same_key_one_is_refused(server: Server) -> None:
    both_have_looked = threading.Barrier(2)
    looks: list[int] = []

    def look() -> None:
        looks.append(1)
        found = Pot.objects.filter(owner="carol").exists()
        if len(looks) <= 2:
            both_have_looked.wait(timeout=10)
        assert found == (len(looks) > 2)

    @unit_of_work()
    def by_orm() -> None:
        look()
        Pot.objects.create(id="by_orm", owner="carol")

    @unit_of_work()
    def by_driver() -> None:
        look()
        collection("pots").insert({"_id": "by_driver", "owner": "carol", "shelf": "low", "balance": 0})

    outcomes = in_threads(by_orm, by_driver)

    refusals = [outcome for outcome in outcomes if outcome is not None]
    assert len(refusals) == 1
    assert isinstance(refusals[0], IntegrityError | DuplicateKeyError)
    assert len(server.balances()) == 1
    assert_clean(server)
