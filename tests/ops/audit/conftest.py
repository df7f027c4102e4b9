"""Fixtures for the tests of the audit log's chain."""

from collections.abc import Iterator

import pytest

from tests.ops.audit.sealed_log import Log, forget_heads


@pytest.fixture(autouse=True)
def _no_heads() -> Iterator[None]:
    """Begin and leave without a chain."""
    forget_heads()
    yield
    forget_heads()


@pytest.fixture
def log() -> Log:
    """Six entries, sealed."""
    return Log()
