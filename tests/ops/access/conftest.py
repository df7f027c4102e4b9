"""Fixtures of access: no rule outlives its test, in the database or in the copy of it."""

from collections.abc import Iterator

import pytest

from family_site.identity.roles import Role
from tests.api import Api
from tests.factories import Person, new_staff
from tests.ops.access.blocking import forget_all


@pytest.fixture(autouse=True)
def _none_left(_watched: None) -> Iterator[None]:
    yield
    forget_all()


@pytest.fixture
def operator() -> Person:
    """Staff who may manage access."""
    return new_staff(Role.OPERATOR, "olive")


@pytest.fixture
def door(operator: Person) -> Api:
    """The operator's client."""
    return Api(operator)
