"""Fixtures for all tests: real servers, emptied after each test."""

from collections.abc import Callable, Iterator
from operator import itemgetter
from random import Random
from typing import Any

import pytest
from django.db import connection
from django.test.utils import override_settings, setup_databases, teardown_databases
from pymongo import message
from pymongo.read_concern import ReadConcern

from ops import switches
from ops.redis import store
from tests import commands
from tests.api import Api
from tests.database import NOT_SYSTEM
from tests.factories import Person, new_person
from tests.watch import Watch

# What migrations wrote and no test changes.
KEPT = frozenset({"auth_permission", "django_content_type", "django_migrations", "staff_roles"})

# So many documents are not emptied in one transaction.
MANY = 2000

commands.listen()
# The driver numbers what it tells of, on threads of its own, too; and Hypothesis, which sees that the common
# generator was used meanwhile, takes that for a strategy's doing.
vars(message)["random"] = Random()  # noqa: S311  # numbers, and none is secret
_watch = Watch()


@pytest.fixture(scope="session", autouse=True)
def _database(django_test_environment: None, django_db_blocker: Any) -> Iterator[None]:  # noqa: ARG001  # order matters
    """Migrate an empty database; pytest-django would do so only for tests with a mark of its own."""
    with django_db_blocker.unblock(), override_settings(PASSWORD_HASHERS=["tests.hashing.QuickHasher"]):
        made = setup_databases(verbosity=0, interactive=False)
        yield
        switches.reader.stop()
        teardown_databases(made, verbosity=0)


@pytest.fixture(autouse=True)
def _emptied(_database: None) -> Iterator[None]:
    yield
    empty_all()


@pytest.fixture(autouse=True)
def _watched(_emptied: None) -> Iterator[None]:
    """Fail a test whose queries would be slow on many documents; before they are gone, to explain them."""
    with _watch.on():
        yield
    if verdicts := _watch.verdicts():
        pytest.fail("\n".join(verdicts), pytrace=False)


def empty_all() -> None:
    """Empty every collection and Redis; indexes stay. In one transaction, which waits for the disk once.

    Of a collection with many documents it would outlive what the server grants a transaction.
    """
    database: Any = connection.database  # type: ignore[attr-defined]  # the engine's

    def empty(session: Any) -> None:
        for name in filled:
            database[name].delete_many(NOT_SYSTEM.get(name, {}), session=session)
        if "sbd_entries" in filled:
            fresh = {"$set": {"balance": 0, "last_at": None}, "$unset": {"rolled_up": ""}}
            database.sbd_accounts.update_many({"owner.kind": "system"}, fresh, session=session)

    with commands.unwatched():
        if filled := _filled(database):
            for name in (name for name, number in filled.items() if number >= MANY):
                database[name].delete_many(NOT_SYSTEM.get(name, {}))
            with database.client.start_session() as session:
                session.with_transaction(empty)  # again, if something a test left running was quicker
    store().flushall()


def _filled(database: Any) -> dict[str, int]:
    """Return how many documents the collections hold that hold any, up to ``MANY``; in one command.

    Each test is followed by this.
    """
    looks = (
        {
            "coll": name,
            "pipeline": [
                {"$match": NOT_SYSTEM.get(name, {})},
                {"$limit": MANY},
                {"$count": "number"},
                {"$set": {"_id": {"$literal": name}}},
            ],
        }
        for name in set(database.list_collection_names()) - KEPT
    )
    latest = database.with_options(read_concern=ReadConcern("local"))  # whatever a majority has of it
    found = latest.aggregate([{"$documents": []}, *({"$unionWith": look} for look in looks)])
    return {each["_id"]: each["number"] for each in sorted(found, key=itemgetter("_id"))}


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
