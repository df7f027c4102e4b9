"""A real worker, killed again and again in the middle: each document is done once, and has one outcome."""

from collections.abc import Callable

import pytest
from django.db import connections

from ops import clock
from ops.mongo.collections import collection
from ops.runs.holding import LEASE
from ops.runs.records import NAME
from ops.runs.states import State
from ops.runs.working import work_due
from tests.console import Console
from tests.factories import Person
from tests.faults.conftest import until
from tests.ops.runs.workers import at_work
from tests.ops.runs.world import add_rules, begin, is_consistent, outcomes, removed, rules, run

NUMBER, KILLS, EACH = 400, 3, 70
pytestmark = pytest.mark.long


@pytest.fixture
def killed_after() -> Callable[[Callable[[], bool]], None]:
    """Let a worker work until something is so, then kill it without a word."""

    def work(is_so: Callable[[], bool]) -> None:
        with at_work(str(connections["default"].settings_dict["NAME"])) as worker:
            until(lambda: is_so() or worker.poll() is not None)

    return work


def test_a_worker_that_is_killed_in_the_middle_leaves_a_run_that_another_ends(
    console: Console, staff: Person, killed_after: Callable[[Callable[[], bool]], None]
) -> None:
    ids = add_rules(NUMBER)
    begin(console, NUMBER)
    for number in range(1, KILLS + 1):
        killed_after(lambda most=NUMBER - number * EACH: len(rules()) <= most)  # type: ignore[misc]  # a default
        found = run()
        assert (found["state"], is_consistent(found)) == (State.RUNNING, True)
        assert work_due(now=clock.now()) == 0
        collection(NAME).update({"_id": found["_id"]}, {"$set": {"lease_until": clock.now()}})  # it is over

    while run()["state"] == State.RUNNING:
        work_due(now=clock.now() + LEASE, seconds=60)

    assert sorted(removed(staff)) == sorted(ids)
    assert [each for each, _, _ in outcomes()] == ids
    assert is_consistent(run())
    assert set(run()["counts"]) <= {"done", "refused"}
