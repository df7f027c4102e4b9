"""Whether somebody has a name is not told by the time that a refused sign-in takes.

Measured is the time that the processor works on a call, not the time by the clock: what else the machine
does hardly touches it. Calls with a known and an unknown name are sent in pairs, and the pairs judged by
Wilcoxon's signed-rank test: the two are told apart when pairs without a difference would lean so far to one
side less than once in 10,000 times. Differences below a fiftieth count for nothing: to see them behind a
network's own takes more calls than the limits let anybody send. The time that servers take is not measured;
the commands to them are the same, in the same order.

Source: HTTP contract, sections 1.2 and 18 (rule 11).
"""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from itertools import count
from random import Random

import pytest
from django.test import override_settings

from family_site.identity.models.passwords import Argon2Hasher
from tests import commands
from tests.api import Answer, Api
from tests.database import documents
from tests.factories import Person, new_person

PAIRS = 40
WARM_UP = 3
PEOPLE = 5  # each can fail twenty times an hour
MARGIN = math.log(1.02)
ALARM = 1e-4
WRONG = "Quite-Wrong-7!"
Pair = tuple[float, float]
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


@pytest.mark.parametrize("field", ["username", "email"])
def test_a_known_and_an_unknown_name_take_the_same_time(people: list[Person], field: str) -> None:
    pairs = measured(field, names(people, field))

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


@pytest.mark.parametrize("leak", [not_hashed, hashed_weaker], ids=["no work", "a quarter less work"])
def test_less_work_for_an_unknown_name_would_be_seen(
    people: list[Person], leak: Callable[[], AbstractContextManager[object]]
) -> None:
    pairs = measured("username", names(people, "username"), for_unknown=leak)

    assert are_told_apart(pairs), summary(pairs)


def test_noise_is_no_difference() -> None:
    draw = Random(1)  # noqa: S311  # it must come again, and keeps no secret

    assert not any(are_told_apart([(noisy(draw), noisy(draw)) for _ in range(PAIRS)]) for _ in range(2000))


@pytest.mark.parametrize("factor", [0.75, 1.25])
def test_a_quarter_is_seen_through_noise(factor: float) -> None:
    draw = Random(1)  # noqa: S311  # it must come again, and keeps no secret

    seen = [are_told_apart([(noisy(draw) * factor, noisy(draw)) for _ in range(PAIRS)]) for _ in range(200)]

    assert all(seen)


def measured(
    field: str,
    pairs_of_names: Iterator[Names],
    *,
    for_unknown: Callable[[], AbstractContextManager[object]] = nullcontext,
) -> list[Pair]:
    """Return the seconds of work on refused calls, with a known and an unknown name, in pairs."""
    draw, pairs = Random(1), []  # noqa: S311  # it must come again, and keeps no secret
    for _ in range(WARM_UP + PAIRS):
        known, unknown = next(pairs_of_names)
        calls = {"known": partial(work, field, known), "unknown": partial(work, field, unknown)}
        seconds = {}
        for which in draw.sample(sorted(calls), k=2):  # who comes first must not matter
            with for_unknown() if which == "unknown" else nullcontext():
                seconds[which] = calls[which]()
        pairs.append((seconds["known"], seconds["unknown"]))
    return pairs[WARM_UP:]


def work(field: str, name: str) -> float:
    """Send a wrong password for a name; return how long the processor worked on it."""
    started = time.thread_time()
    answer = refused(field, name)
    seconds = time.thread_time() - started
    assert answer.problem == (401, "INVALID_CREDENTIALS")
    return seconds


def refused(field: str, name: str) -> Answer:
    """Send a wrong password for a name, from an address of its own: no limit is met."""
    return Api(address=next(_addresses)).post("/auth/login", {field: name, "password": WRONG})


def names(people: Sequence[Person], field: str) -> Iterator[Names]:
    """Yield pairs of a name that somebody has and one of the same length that nobody has."""
    for number in count():
        known: str = getattr(people[number % len(people)], field)
        yield known, f"{number:03}{known[3:]}"


def are_told_apart(pairs: Sequence[Pair]) -> bool:
    """Tell whether known names take longer than unknown ones, or shorter, by more than the margin."""
    ratios = [math.log(known / unknown) for known, unknown in pairs]
    return any(chance([sign * ratio - MARGIN for ratio in ratios]) < ALARM for sign in (1, -1))


def chance(differences: Sequence[float]) -> float:
    """Return how likely differences without a tendency are to lean so far to the positive side.

    Wilcoxon's signed-rank test; from some 20 differences on the sum of ranks is as good as normal.
    """
    ranked = sorted(differences, key=abs)
    positive = sum(rank for rank, difference in enumerate(ranked, 1) if difference > 0)
    size = len(ranked)
    expected = size * (size + 1) / 4
    deviation = math.sqrt(size * (size + 1) * (2 * size + 1) / 24)
    return math.erfc((positive - expected) / deviation / math.sqrt(2)) / 2


def summary(pairs: Sequence[Pair]) -> str:
    """Return the figures to read when it fails."""
    ratios = sorted(known / unknown for known, unknown in pairs)
    middle = len(ratios) // 2
    return f"known/unknown: median {ratios[middle]:.4f}, from {ratios[0]:.4f} to {ratios[-1]:.4f}"


def noisy(draw: Random) -> float:
    """Return seconds as a busy machine gives them: spread by 5 %, one of twenty slower by up to a half."""
    slowed = draw.uniform(1, 1.5) if draw.random() < 0.05 else 1.0
    return 0.03 * draw.lognormvariate(0, 0.05) * slowed
