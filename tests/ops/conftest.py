"""Fixtures of operations: the console, and people to find in it."""

from collections.abc import Iterator

import pytest

from ops.mongo.collections import collection
from tests.console import Console
from tests.factories import Person, new_family, new_person


@pytest.fixture
def staff() -> Person:
    return new_person("operator", is_staff=True)


@pytest.fixture
def console(staff: Person) -> Console:
    return Console(staff)


@pytest.fixture
def helper() -> Iterator[Person]:
    """Staff who may see users, and nothing else."""
    made, role = new_person("helper"), {"_id": "helper", "v": 1, "permissions": ["identity.view_user"]}
    collection("staff_roles").insert(role)
    rights = {"is_staff": True, "staff_roles": [role["_id"]]}
    collection("users").update({"_id": made.id}, {"$set": rights})
    yield made
    collection("staff_roles").delete({"_id": role["_id"]})


@pytest.fixture
def people() -> dict[str, Person]:
    """Ada, who founded The Larks, and others with names alike."""
    made = {name: new_person(name) for name in ("ada", "adam", "ad-hoc", "bert")}
    new_family(made["ada"], "The Larks")
    return made
