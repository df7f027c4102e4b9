"""What one process counts while Redis is away."""

import pytest

from ops.limits import here
from ops.limits.here import Counts


def test_it_counts_on_where_redis_was() -> None:
    counts = Counts()

    counts.note("a", 7, 60)

    assert [counts.one_more("a", 60), counts.one_more("a", 60), counts.one_more("b", 60)] == [8, 9, 1]


def test_a_counter_that_is_over_begins_again() -> None:
    counts = Counts()

    counts.note("a", 7, 0)

    assert counts.one_more("a", 60) == 1


def test_one_less_is_never_less_than_none() -> None:
    counts = Counts()
    counts.note("a", 1, 60)

    for _ in range(3):
        counts.one_less("a")
    counts.one_less("unknown")

    assert counts.one_more("a", 60) == 1


def test_it_keeps_the_newest_of_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(here, "MOST", 10)
    counts = Counts()

    for number in range(100):
        counts.note(f"counter-{number}", 5, 60)

    assert counts.one_more("counter-99", 60) == 6
    assert counts.one_more("counter-0", 60) == 1
