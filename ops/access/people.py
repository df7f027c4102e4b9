"""What rules of access must know of people: whoever knows the users says it here, when their app is ready."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from ops.actors import Actor


class Person(NamedTuple):
    """A user: id, and e-mail address, case-folded."""

    id: str
    email: str


class People(Protocol):
    """Knows the users. All of it is asked inside the unit of work of the change."""

    def folded(self, typed: str) -> str | None:
        """Return an e-mail address as it is stored and compared; ``None``: it is none."""

    def called(self, term: str) -> Person | None:
        """Return whose id, name or e-mail address this is."""

    def right_missing(self, person: Person, actor: Actor) -> str | None:
        """Name the right that the actor lacks to keep somebody out, or let them in; ``None``: they may."""

    def who_may_undo(self) -> Sequence[Person]:
        """Return the staff who could take a rule back: active, and permitted to."""


_registered: list[People] = []


def register(people: People) -> None:
    """Say who knows the users."""
    _registered[:] = [people]


def known() -> People:
    """Return who knows the users."""
    (people,) = _registered
    return people
