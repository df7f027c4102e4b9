"""Fixtures of security events: what tests before have recorded is written, and gone, before one begins."""

import pytest

from family_site.identity.roles import Role
from ops.mongo.collections import collection
from ops.security.recording import recorder
from tests.api import Api
from tests.factories import Person, new_staff


@pytest.fixture(autouse=True)
def _none_before(_watched: None) -> None:
    recorder.flush()
    collection("security_events").delete({})


@pytest.fixture
def operator() -> Person:
    """Staff who may see security events, and answer for them."""
    return new_staff(Role.OPERATOR, "olive")


@pytest.fixture
def door(operator: Person) -> Api:
    """The operator's client."""
    return Api(operator)
