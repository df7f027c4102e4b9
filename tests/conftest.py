"""Fixtures for all tests: real servers, emptied after each test."""

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest
from django.test.utils import override_settings, setup_databases, teardown_databases
from pymongo import message

from ops import switches
from ops.access import in_force
from ops.limits import overrides
from ops.mongo.breaker import breaker
from ops.security.recording import recorder
from tests import commands, limits
from tests.api import Api
from tests.database import empty_what_was_written
from tests.factories import Person, new_person
from tests.waiting import until
from tests.watch import Watch

commands.listen()
# The driver numbers what it tells of, on threads of its own, too; and Hypothesis, which sees that the common
# generator was used meanwhile, takes that for a strategy's doing.
vars(message)["random"] = Random()  # noqa: S311  # numbers, and none is secret
_watch = Watch()


def pytest_configure(config: pytest.Config) -> None:
    """Name the marks that these fixtures know."""
    config.addinivalue_line("markers", "limited: the rate limits hold as the table has them")


@pytest.fixture(scope="session", autouse=True)
def _database(django_test_environment: None, django_db_blocker: Any) -> Iterator[None]:  # noqa: ARG001  # order matters
    """Migrate an empty database; pytest-django would do so only for tests with a mark of its own."""
    quick = override_settings(PASSWORD_HASHERS=["tests.hashing.QuickHasher"], ENABLE_RATE_LIMITS=True)
    with django_db_blocker.unblock(), quick, limits.raised():
        made = setup_databases(verbosity=0, interactive=False)
        yield
        for reader in (switches.reader, overrides.reader, in_force.reader):
            reader.stop()
        in_force.reader.stop()
        recorder.stop()
        teardown_databases(made, verbosity=0)


@pytest.fixture(autouse=True)
def _limited(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let the table's limits hold in a test that is marked ``limited``, and nothing that one before set."""
    if "limited" not in request.keywords:
        yield
        return
    assert until(lambda: not overrides.reader.last())
    with limits.as_in_the_table():
        yield


@pytest.fixture(autouse=True)
def _emptied(_database: None) -> Iterator[None]:
    yield
    until(lambda: breaker.fault() is None)  # what a test has broken would still be refused to the next one
    empty_what_was_written()


@pytest.fixture(autouse=True)
def _watched(_emptied: None) -> Iterator[None]:
    """Fail a test whose queries would be slow on many documents; before they are gone, to explain them."""
    with _watch.on():
        yield
    if verdicts := _watch.verdicts():
        pytest.fail("\n".join(verdicts), pytrace=False)


@pytest.fixture
def api() -> Callable[..., Api]:
    """``api(person)`` is their client, ``api()`` one without credentials."""
    return Api


@pytest.fixture
def person() -> Person:
    """A user, signed in."""
    return new_person()


@pytest.fixture
def stranger() -> Person:
    """Another user, signed in."""
    return new_person()
