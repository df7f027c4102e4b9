"""The counters of limits as they lie in Redis, and what becomes of them without it."""

from collections.abc import Callable
from typing import Any

import pytest
import structlog

from ops.limits.store import calls_of_hour
from ops.redis import store
from tests.api import Api
from tests.factories import Person
from tests.ops.limits.telling import CREATE, FAMILY, as_told, found_until_refused, told

pytestmark = pytest.mark.limited


def counter_of(person: Person) -> str:
    """Return the name of a user's counter of founding."""
    (found,) = store().scan_iter(f"rate_limit:user:{person.id}:family_create:*")
    return str(found, "ascii")


def test_counters_have_readable_names_and_an_end(person: Person) -> None:
    answer = Api(person).post("/family/create", FAMILY)

    name = counter_of(person)
    assert name == f"rate_limit:user:{person.id}:family_create:{answer.headers['X-RateLimit-Reset']}"
    assert store().get(name) == b"1"
    assert 0 < store().ttl(name) <= CREATE.window + 5


@pytest.mark.parametrize(
    ("poison", "remaining"),
    [
        (lambda name: store().set(name, "garbage", ex=60), 4),
        (lambda name: store().set(name, -1_000, ex=60), 4),
        (lambda name: store().set(name, 2**63 - 1, ex=60), 4),
        (lambda name: (store().delete(name), store().hset(name, "a", "b")), 4),
        (lambda name: store().persist(name), 3),
    ],
    ids=["garbage", "negative", "the largest number", "another type", "no end"],
)
def test_a_poisoned_counter_is_repaired(
    person: Person, poison: Callable[[str], object], remaining: int
) -> None:
    Api(person).post("/family/create", FAMILY)
    poison(name := counter_of(person))

    answer = Api(person).post("/family/create", FAMILY)

    assert told(answer) == as_told("family_create", remaining)
    assert store().ttl(name) > 0


def test_calls_and_refusals_of_the_hour_are_counted(person: Person) -> None:
    before = calls_of_hour()
    found_until_refused(Api(person))

    calls, refused = calls_of_hour()
    assert (calls - before[0], refused - before[1]) == (6, 1)


# Redis away ----------------------------------------------------------------------------------------


def test_without_redis_the_process_counts_on_where_redis_was(
    person: Person, hang: Callable[[], object]
) -> None:
    Api(person).post("/family/create", FAMILY)
    hang()

    with structlog.testing.capture_logs() as log:
        answers = [Api(person).post("/family/create", FAMILY) for _ in range(5)]

    assert [answer.status for answer in answers] == [201, 201, 403, 403, 429]
    assert [told(answer)["Remaining"] for answer in answers] == ["3", "2", "1", "0", "0"]
    lost = [line for line in log if "rate limit store unavailable" in line["event"]]
    assert len(lost) == 1


def test_switched_off_nothing_is_counted_and_nothing_told(person: Person, settings: Any) -> None:
    settings.ENABLE_RATE_LIMITS = False

    answer = Api(person).post("/family/create", FAMILY)

    assert answer.status == 201
    assert not [name for name in answer.headers if name.startswith("X-RateLimit")]
    assert not store().keys(f"rate_limit:user:{person.id}:*")
