"""Turns: units of one process that write the same document do not run into each other."""

import threading
from collections.abc import Callable
from functools import partial

import pytest

from ops import deadline
from ops.errors import ConflictError
from ops.mongo import turns
from ops.mongo.unit_of_work import unit_of_work
from tests.ops.mongo.pots import Pot, Server, add_by_driver, assert_clean, new_pot
from tests.races import at_once

THREADS, ROUNDS = 16, 5


def in_turn(*names: str, then: Callable[[], object] = lambda: None) -> None:
    """Read pots, take the turn, and add 1 to each."""
    for name in names:
        Pot.objects.get(pk=name)
    turns.take(*names)
    then()
    for name in names:
        add_by_driver(name, 1)


def free() -> bool:
    """Tell whether nobody holds a turn."""
    return not any(each.locked() for each in turns.STRIPES)


def test_who_waited_has_the_turn_from_the_beginning_of_the_next_run(server: Server) -> None:
    """So it runs twice at most, however many there are, and never meets a conflict again."""
    new_pot("a")
    runs: list[int] = []

    def counted() -> None:
        runs.append(1)
        in_turn("a")

    def unit() -> None:
        for _ in range(ROUNDS):
            unit_of_work(seconds=60)(counted)()

    at_once([unit] * THREADS)

    assert THREADS * ROUNDS <= len(runs) <= 2 * THREADS * ROUNDS
    assert server.balances() == {"a": THREADS * ROUNDS}
    assert free()
    assert_clean(server)


def test_two_that_want_the_same_in_another_order_do_not_wait_for_each_other(server: Server) -> None:
    new_pot("a")
    new_pot("b")
    orders = [("a", "b"), ("b", "a")] * 4

    def unit(names: tuple[str, str]) -> None:
        def one_after_the_other() -> None:
            for name in names:
                in_turn(name)

        for _ in range(ROUNDS):
            unit_of_work(seconds=60)(one_after_the_other)()

    at_once([partial(unit, each) for each in orders])

    assert server.balances() == {"a": 8 * ROUNDS, "b": 8 * ROUNDS}
    assert free()


def test_who_gets_no_turn_before_the_deadline_is_told_to_repeat(server: Server) -> None:
    new_pot("a")
    held, over = threading.Event(), threading.Event()

    def wait_inside() -> None:
        held.set()
        over.wait(30)

    holder = threading.Thread(target=unit_of_work(seconds=60)(partial(in_turn, "a", then=wait_inside)))
    holder.start()
    held.wait(30)

    with deadline.within(0.5), pytest.raises(ConflictError):
        unit_of_work()(partial(in_turn, "a"))()

    over.set()
    holder.join()
    assert server.balances() == {"a": 1}
    assert free()
    assert_clean(server)


def test_a_turn_is_given_back_whatever_became_of_the_unit(server: Server) -> None:
    new_pot("a")

    @unit_of_work()
    def fail() -> None:
        in_turn("a")
        assert not free()
        raise LookupError

    with pytest.raises(LookupError):
        fail()

    assert free()
    assert server.balances() == {"a": 0}


def test_a_joined_part_takes_turns_of_the_whole(server: Server) -> None:
    new_pot("a")
    new_pot("b")

    @unit_of_work()
    def whole() -> None:
        unit_of_work()(partial(in_turn, "a"))()
        assert not free()
        in_turn("a", "b")

    whole()

    assert server.balances() == {"a": 2, "b": 1}
    assert free()
