"""Fixtures of rate limits."""

from collections.abc import Callable, Iterator

import pytest

from family_site.identity.roles import Role
from ops import redis
from ops.limits import overrides
from ops.mongo.collections import collection
from ops.redis import store
from tests import commands
from tests.factories import Person, new_staff
from tests.waiting import until


@pytest.fixture
def operator() -> Person:
    """Somebody who may change limits."""
    return new_staff(Role.OPERATOR)


@pytest.fixture(autouse=True)
def _nothing_overridden(_emptied: None) -> Iterator[None]:
    """Let no override of one test hold in the next."""
    yield
    with commands.unwatched():
        collection(overrides.NAME).delete({})
    overrides.reader.forget()
    assert until(lambda: not overrides.reader.last())


@pytest.fixture
def hang() -> Iterator[Callable[[], object]]:
    """Let Redis hang for a moment; afterwards it answers again."""
    yield lambda: store().client_pause(1_200)
    assert until(lambda: redis.probe() is None)
