"""Work in the background rests as long as others make it wait."""

from dataclasses import dataclass, field

import pytest

from ops import deadline
from ops.giving_way import EVEN, RESTS, Background


@dataclass
class Time:
    """A clock that goes on when it is told to."""

    now: float = 100.0
    rests: list[float] = field(default_factory=list)

    def seconds(self) -> float:
        """Return what time it is."""
        return self.now

    def rest(self, seconds: float) -> None:
        """Let that time pass."""
        self.rests.append(round(seconds, 6))
        self.now += seconds


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def background(time: Time) -> Background:
    return Background(seconds=time.seconds, rest=time.rest)


def step(time: Time, background: Background, took: float, *, units: int = 100, kind: str = "entries") -> None:
    time.now += took
    background.give_way(kind, units)


def test_alone_it_never_rests(time: Time, background: Background) -> None:
    for took in (1.0, 1.2, 0.9, 0.9 * EVEN):
        step(time, background, took)

    assert time.rests == []


def test_it_rests_for_what_it_waited_beyond_the_quickest(time: Time, background: Background) -> None:
    step(time, background, 1.0)
    step(time, background, 4.0)
    step(time, background, 2.0)

    assert time.rests == [RESTS * (4.0 - EVEN), RESTS * (2.0 - EVEN)]


def test_its_own_rest_is_no_waiting(time: Time, background: Background) -> None:
    step(time, background, 1.0)
    step(time, background, 10.0)
    step(time, background, 1.0)

    assert len(time.rests) == 1


def test_a_larger_step_may_take_longer_and_a_smaller_one_may_not(time: Time, background: Background) -> None:
    step(time, background, 1.0, units=100)
    step(time, background, 10.0, units=1000)
    step(time, background, 1.0, units=10)

    assert time.rests == [round(RESTS * (1.0 - EVEN * 0.1), 6)]


def test_steps_of_another_kind_have_a_quickest_of_their_own(time: Time, background: Background) -> None:
    step(time, background, 1.0)
    step(time, background, 9.0, kind="transactions")
    step(time, background, 1.0)

    assert time.rests == []


def test_at_the_worst_it_is_at_work_for_a_quarter_of_its_time(time: Time, background: Background) -> None:
    step(time, background, 0.001)
    began = time.now
    step(time, background, 10.0)

    assert 4.0 > (time.now - began) / 10.0 > 3.99


def test_it_rests_no_longer_than_the_deadline(time: Time, background: Background) -> None:
    step(time, background, 1.0)
    with deadline.within(5):
        step(time, background, 100.0)

    assert len(time.rests) == 1
    assert 0 < time.rests[0] <= 5
