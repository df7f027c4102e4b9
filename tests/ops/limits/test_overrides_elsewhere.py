"""An override that one process sets holds in another, whatever becomes of Redis; two at once leave one."""

import http.client
from collections.abc import Iterator

import pytest

from ops import clock, tasks
from ops.actors import Actor
from ops.limits import overriding
from ops.limits.overriding import Wanted
from ops.redis import store
from tests.database import audit, documents
from tests.factories import Person, new_override
from tests.hostile.served import Served
from tests.ops.limits.overridden import CREATE, hash_
from tests.races import at_once
from tests.waiting import until

TESTS = Actor.system("tests")


@pytest.fixture(scope="module")
def served(_database: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A web process on the tests' database, in which limits hold."""
    with pytest.MonkeyPatch.context() as surroundings:
        surroundings.setenv("ENABLE_RATE_LIMITS", "true")
        served = Served(tmp_path_factory.mktemp("limits") / "log")
    yield served
    served.stop()


def limit_told(served: Served, person: Person) -> str | None:
    """Return the limit of reads that the web process tells."""
    line = http.client.HTTPConnection("127.0.0.1", served.port, timeout=10)
    line.request("GET", "/family/my-families", headers={"Authorization": f"Bearer {person.token}"})
    told = line.getresponse().getheader("X-RateLimit-Limit")
    line.close()
    return told


@pytest.mark.long
def test_it_holds_in_a_web_process_that_runs_already_and_an_empty_redis_changes_nothing(
    served: Served, person: Person
) -> None:
    assert limit_told(served, person) == "600"

    new_override("read", 500, 60)
    assert until(lambda: limit_told(served, person) == "500")
    store().flushall()
    assert limit_told(served, person) == "500"
    overriding.remove_override("read", actor=TESTS, now=clock.now())

    assert until(lambda: limit_told(served, person) == "600")


def test_of_two_at_once_one_is_left_and_both_are_on_record() -> None:
    def overridden(most: int) -> None:
        overriding.set_override(Wanted(CREATE, most, 60), actor=TESTS, now=clock.now())

    at_once([lambda most=most: overridden(most) for most in range(10, 18)])  # type: ignore[misc]  # mypy cannot infer it

    (stored,) = documents("rate_limit_overrides")["rate_limit_overrides"]
    entries = audit("rate_limit.overridden")
    assert sorted(each["after"]["limit"] for each in entries) == list(range(10, 18))
    # Each was told what held before it: together they are one after the other.
    before = [each["before"]["limit"] for each in entries]
    assert sorted([*before, stored["limit"]]) == [5, *range(10, 18)]
    tasks.keep_limits()
    assert hash_()[CREATE]["limit"] == stored["limit"]
