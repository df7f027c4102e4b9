"""Fixtures of operations: the console, and people to find in it."""

import pytest

from tests.console import Console
from tests.factories import Person, new_family, new_person


@pytest.fixture
def staff() -> Person:
    return new_person("operator", is_staff=True)


@pytest.fixture
def console(staff: Person) -> Console:
    return Console(staff)


@pytest.fixture
def people() -> dict[str, Person]:
    """Ada, who founded The Larks, and others with names alike."""
    made = {name: new_person(name) for name in ("ada", "adam", "ad-hoc", "bert")}
    new_family(made["ada"], "The Larks")
    return made
