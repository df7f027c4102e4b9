"""Whether somebody has a name is not told by the time that a refused sign-in takes.

How it is measured: ``tests.timing``. The time that servers take is not measured;
the commands to them are the same, in the same order.

Source: HTTP contract, sections 1.2 and 18 (rule 11).
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from itertools import count, islice
from random import Random

import pytest
from django.test import override_settings

from family_site.identity.models.passwords import Argon2Hasher
from tests import commands
from tests.api import Answer, Api
from tests.database import documents
from tests.factories import Person, new_person
from tests.timing import PAIRS, WARM_UP, are_told_apart, measured, noisy, summary

PEOPLE = 5  # each can fail twenty times an hour
WRONG = "Quite-Wrong-7!"
ENOUGH = WARM_UP + PAIRS
Names = tuple[str, str]

_addresses = (f"10.{number // 250 % 250}.{number % 250}.1" for number in count())
hashed_as_served = override_settings(
    PASSWORD_HASHERS=[f"{Argon2Hasher.__module__}.{Argon2Hasher.__qualname__}"]
)
hashed_weaker = partial(override_settings, PASSWORD_HASHERS=["tests.hashing.WeakerHasher"])
not_hashed = partial(override_settings, PASSWORD_HASHERS=["tests.hashing.QuickHasher"])


@pytest.fixture
def people() -> Iterator[list[Person]]:
    """Users whose passwords are hashed as in production."""
    with hashed_as_served:
        people = [new_person() for _ in range(PEOPLE)]
        hashes = [user["password"] for user in documents("users")["users"]]
        assert {each.rpartition("$")[0].rpartition("$")[0] for each in hashes} == {
            "argon2$argon2id$v=19$m=19456,t=2,p=1"
        }
        yield people


@pytest.mark.long
@pytest.mark.parametrize("field", ["username", "email"])
def test_a_known_and_an_unknown_name_take_the_same_time(people: list[Person], field: str) -> None:
    pairs = measured(partial(wrong_passwords, field, list(islice(names(people, field), ENOUGH))))

    assert not are_told_apart(pairs), summary(pairs)


@pytest.mark.parametrize("field", ["username", "email"])
def test_a_known_and_an_unknown_name_cost_the_same_commands(people: list[Person], field: str) -> None:
    known, unknown = next(names(people, field))

    with commands.recorded() as for_known, commands.redis_recorded() as redis_for_known:
        assert refused(field, known).problem == (401, "INVALID_CREDENTIALS")
    with commands.recorded() as for_unknown, commands.redis_recorded() as redis_for_unknown:
        assert refused(field, unknown).problem == (401, "INVALID_CREDENTIALS")

    assert commands.steps(for_unknown) == commands.steps(for_known) != []
    assert redis_for_unknown == redis_for_known


@pytest.mark.long
@pytest.mark.parametrize("leak", [not_hashed, hashed_weaker], ids=["no work", "a quarter less work"])
def test_less_work_for_an_unknown_name_would_be_seen(
    people: list[Person], leak: Callable[[], AbstractContextManager[object]]
) -> None:
    pairs_of_names = list(islice(names(people, "username"), ENOUGH))

    pairs = measured(partial(wrong_passwords, "username", pairs_of_names, for_unknown=leak))

    assert are_told_apart(pairs), summary(pairs)


def test_noise_is_no_difference() -> None:
    draw = Random(1)  # noqa: S311  # it must come again, and keeps no secret

    assert not any(are_told_apart([(noisy(draw), noisy(draw)) for _ in range(PAIRS)]) for _ in range(2000))


@pytest.mark.parametrize("factor", [0.75, 1.25])
def test_a_quarter_is_seen_through_noise(factor: float) -> None:
    draw = Random(1)  # noqa: S311  # it must come again, and keeps no secret

    seen = [are_told_apart([(noisy(draw) * factor, noisy(draw)) for _ in range(PAIRS)]) for _ in range(200)]

    assert all(seen)


def wrong_passwords(
    field: str,
    pairs_of_names: Sequence[Names],
    number: int,
    *,
    for_unknown: Callable[[], AbstractContextManager[object]] = nullcontext,
) -> tuple[Callable[[], None], Callable[[], None]]:
    """Return two calls with a wrong password, of which the first is for a name that somebody has."""
    known, unknown = pairs_of_names[number]

    def without_an_account() -> None:
        with for_unknown():
            assert refused(field, unknown).problem == (401, "INVALID_CREDENTIALS")

    def with_an_account() -> None:
        assert refused(field, known).problem == (401, "INVALID_CREDENTIALS")

    return with_an_account, without_an_account


def refused(field: str, name: str) -> Answer:
    """Send a wrong password for a name, from an address of its own: no limit is met."""
    return Api(address=next(_addresses)).post("/auth/login", {field: name, "password": WRONG})


def names(people: Sequence[Person], field: str) -> Iterator[Names]:
    """Yield pairs of a name that somebody has and one of the same length that nobody has."""
    for number in count():
        known: str = getattr(people[number % len(people)], field)
        yield known, f"{number:03}{known[3:]}"
