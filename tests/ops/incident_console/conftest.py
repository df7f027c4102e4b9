"""Incidents in the console: who looks, and what is kept of earlier ones."""

from collections.abc import Iterator

import pytest

from family_site.identity.roles import Role
from ops.incidents.starting import CLAIMS
from ops.mongo.collections import control_collection
from tests.console import Console
from tests.factories import new_staff
from tests.ops.incidents.opened import forget_all

PAGES = "incident_pages"


@pytest.fixture(autouse=True)
def _none() -> Iterator[None]:
    _forget()
    yield
    _forget()


@pytest.fixture
def operator() -> Console:
    """The console of somebody who answers for incidents."""
    return Console(new_staff(Role.OPERATOR, "olga"))


@pytest.fixture
def support() -> Console:
    """The console of somebody who sees incidents, and no security ones."""
    return Console(new_staff(Role.SUPPORT, "sven"))


@pytest.fixture
def auditor() -> Console:
    """The console of somebody who sees all, and changes nothing."""
    return Console(new_staff(Role.AUDITOR, "anton"))


@pytest.fixture
def finance() -> Console:
    """The console of somebody who answers for tokens, and sees no incident."""
    return Console(new_staff(Role.FINANCE, "fatma"))


def _forget() -> None:
    forget_all()
    for name in (CLAIMS, PAGES):
        control_collection(name).delete({})
