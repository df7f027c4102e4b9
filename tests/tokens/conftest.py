"""Fixtures for the tests of accounts and of the ledger."""

from collections.abc import Iterator

import pytest

from ops.mongo.collections import control_collection
from tests import commands
from tests.tokens.damage import Books
from tokens.actions import checking


@pytest.fixture
def books() -> Books:
    """A sound ledger with transactions of all kinds."""
    return Books()


@pytest.fixture
def _forgotten() -> Iterator[None]:
    """Forget how the ledger's check ended, also another test's: that is kept where no test empties."""
    _forget()
    yield
    _forget()


def _forget() -> None:
    with commands.unwatched():
        control_collection(checking.NAME).delete({})
