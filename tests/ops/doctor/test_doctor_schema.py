"""What ``manage.py doctor`` says of a database that lacks a migration or an index."""

from collections.abc import Iterator

import pytest
from pymongo import MongoClient

from ops import embedded
from tests.ops.doctor.conftest import WELL, Doctor


@pytest.fixture
def database(shared: embedded.Servers) -> Iterator[MongoClient[dict[str, object]]]:
    with MongoClient[dict[str, object]](str(shared.mongodb_uri)) as client:
        yield client


@pytest.mark.long
def test_a_dropped_index_is_named(doctor: Doctor, database: MongoClient[dict[str, object]]) -> None:
    families = database["second_brain_database"]["families"]
    families.drop_index("admin_user_ids_1")

    said = doctor()
    families.create_index({"admin_user_ids": 1})

    assert (said.status, said.results) == (1, WELL | {"schema": "degraded"})
    assert said["schema"]["evidence"] == ["missing or otherwise than declared: families.admin_user_ids_1"]
    assert said["schema"]["remedy"] == ".venv/bin/python manage.py migrate"
    assert doctor("--section", "2").status == 0


@pytest.mark.long
def test_without_a_unique_index_wrong_documents_can_come_in(
    doctor: Doctor, database: MongoClient[dict[str, object]]
) -> None:
    users = database["second_brain_database"]["users"]
    users.drop_index("username_1")

    said = doctor("--section", "2")
    users.create_index({"username": 1}, unique=True)

    assert (said.status, [each["name"] for each in said.causes]) == (2, ["schema"])
    assert said["schema"]["evidence"] == ["missing or otherwise than declared: users.username_1"]
    assert doctor("--section", "2").status == 0


def test_a_migration_that_is_not_applied_is_named(
    doctor: Doctor, database: MongoClient[dict[str, object]]
) -> None:
    migrations = database["second_brain_database"]["django_migrations"]
    forgotten = migrations.find_one_and_delete({"app": "families"}, sort=[("name", -1)])
    assert forgotten is not None

    said = doctor()
    migrations.insert_one(forgotten)

    # A web process that has not found all migrations applied before says that it wants no calls.
    assert (said.status, [each["name"] for each in said.causes]) == (2, ["schema"])
    assert f"families.{forgotten['name']}" in said["schema"]["evidence"][0]
    assert said["schema"]["remedy"] == ".venv/bin/python manage.py migrate"
