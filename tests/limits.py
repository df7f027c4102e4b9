"""Limits in tests: counted as always, but so high that only tests of limits meet them."""

from collections.abc import Iterator
from contextlib import contextmanager

from ops.limits import overrides
from ops.limits.table import LIMITS

HIGH = 1_000_000


@contextmanager
def raised() -> Iterator[None]:
    """Raise all limits."""
    with _in_place({name: limit._replace(most=HIGH) for name, limit in LIMITS.items()}):
        yield


@contextmanager
def as_in_the_table() -> Iterator[None]:
    """Let the table's limits hold."""
    with _in_place(dict(LIMITS)):
        yield


@contextmanager
def _in_place(limits: dict[str, object]) -> Iterator[None]:
    before = vars(overrides)["LIMITS"]
    vars(overrides)["LIMITS"] = limits
    try:
        yield
    finally:
        vars(overrides)["LIMITS"] = before
