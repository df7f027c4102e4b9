"""Fixtures of families: one of the person's, and somebody who is invited into it."""

from collections.abc import Iterator

import pytest

from ops.mongo.collections import Document
from tests.factories import Person, new_family, new_invitation, new_person
from tests.ops.audit.sealed_log import forget_heads


@pytest.fixture
def larks(person: Person) -> Document:
    """A family of which the person is the admin, with room for four more."""
    return new_family(person, "Larks")


@pytest.fixture
def guest() -> Person:
    """Somebody who is, or can be, invited."""
    return new_person("guest")


@pytest.fixture
def sent(person: Person, larks: Document, guest: Person) -> Document:
    """An invitation of the guest's address into the person's family, as their sibling."""
    return new_invitation(larks["_id"], person, guest.email)


@pytest.fixture
def no_heads() -> Iterator[None]:
    """Begin and leave without a chain of the audit log: where it ends is kept where no test empties."""
    forget_heads()
    yield
    forget_heads()
