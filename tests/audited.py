"""How actions are called for the look at their audit entries: the form of a row, and what rows need.

``tests/test_audit_of_actions.py`` holds the rows, and takes those of a topic from a module beside this one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from ops import clock
from ops.actors import Actor
from tests.factories import Person

STAFF = Actor.system("tests")
WHY = "Asked for by mail"
# What the rows need; put back for each.
HOUSE: dict[str, Any] = {}


@dataclass(frozen=True)
class Row:
    """How an action is called, what its entry says; ``again``: how many more the same call leaves."""

    call: Callable[[Person], Any]
    says: str
    again: int = 0


def at(person: Person) -> dict[str, Any]:
    """Return who acts and when: a person, now."""
    return {"actor": person.actor, "now": clock.now()}


def by_staff() -> dict[str, Any]:
    """Return who acts and when: staff, now."""
    return {"actor": STAFF, "now": clock.now()}


def later(**time: int) -> dict[str, Any]:
    """Return who acts and when: staff, in some time."""
    return {"actor": STAFF, "now": clock.now() + timedelta(**time)}
