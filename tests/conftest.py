"""Fixtures for all tests: real servers, emptied after each test."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection

from ops.redis import store
from tests.api import Api
from tests.factories import Person, new_person

# What migrations wrote and no test changes.
KEPT = frozenset({"auth_permission", "django_content_type", "django_migrations"})


@pytest.fixture(scope="session", autouse=True)
def _database(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:  # noqa: ARG001  # order matters
    with django_db_blocker.unblock():
        yield


@pytest.fixture(autouse=True)
def _emptied(_database: None) -> Iterator[None]:
    yield
    empty_all()


def empty_all() -> None:
    """Empty every collection and Redis; indexes stay."""
    for name in connection.database.list_collection_names():  # type: ignore[attr-defined]  # the engine's
        if name not in KEPT:
            connection.database[name].delete_many({})  # type: ignore[attr-defined]
    store().flushall()


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
