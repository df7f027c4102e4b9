"""How much time is left."""

from contextvars import Context

import pytest

from ops import deadline

NOW = 1000.0


class Clock:
    """The monotonic clock, set by hand."""

    def __init__(self) -> None:
        """Start at ``NOW``."""
        self.now = NOW

    def monotonic(self) -> float:
        """Return the time."""
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(deadline, "time", clock)
    return clock


def test_without_a_block_there_is_no_deadline() -> None:
    assert (deadline.remaining(), deadline.at()) == (None, None)


def test_what_is_left_gets_less_and_never_less_than_nothing(clock: Clock) -> None:
    with deadline.within(3):
        assert (deadline.remaining(), deadline.at()) == (3, NOW + 3)
        clock.now += 2
        assert (deadline.remaining(), deadline.at()) == (1, NOW + 3)
        clock.now += 2
        assert (deadline.remaining(), deadline.at()) == (0, NOW + 3)

    assert deadline.remaining() is None


def test_an_inner_block_shortens_the_time_for_as_long_as_it_lasts(clock: Clock) -> None:
    with deadline.within(3):
        with deadline.within(1):
            assert deadline.at() == NOW + 1
        clock.now += 0.5
        assert deadline.remaining() == 2.5


@pytest.mark.usefixtures("clock")
def test_an_inner_block_never_lengthens_the_time() -> None:
    with deadline.within(3), deadline.within(60):
        assert deadline.at() == NOW + 3


@pytest.mark.usefixtures("clock")
def test_a_time_that_is_over_already_is_nothing_left() -> None:
    with deadline.within(-1):
        assert deadline.remaining() == 0


@pytest.mark.usefixtures("clock")
def test_an_error_ends_the_block_too() -> None:
    with pytest.raises(KeyError), deadline.within(3):
        raise KeyError

    assert deadline.at() is None


@pytest.mark.usefixtures("clock")
def test_a_block_can_be_entered_again() -> None:
    block = deadline.within(3)
    for _ in range(2):
        with block:
            assert deadline.remaining() == 3
        assert deadline.remaining() is None


@pytest.mark.usefixtures("clock")
def test_another_context_knows_nothing_of_it() -> None:
    with deadline.within(3):
        assert Context().run(deadline.remaining) is None
