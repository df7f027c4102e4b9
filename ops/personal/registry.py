"""Where something about a person is kept, and what of it is theirs to see.

What they see is named field by field: so neither a secret nor what is somebody else's comes along with a
field that is added later.
"""

from collections.abc import Callable, Mapping, MutableSequence
from typing import Any, NamedTuple

from ops.errors import NotFoundError


class Person(NamedTuple):
    """Whom it is about."""

    id: str
    username: str
    email: str


Query = Mapping[str, Any]


class Kept(NamedTuple):
    """A collection with something about people.

    Attributes:
        about: the query of what concerns a person, or was done by them.
        fields: what they see of a document; of others' ids only that they are somebody's.
        own: fields with a list of people, of whom they see themselves.
        written: fields that they see only where they are the one of ``author``, who wrote them.
        author: the field with the id of who wrote it.
    """

    collection: str
    about: Callable[[Person], Query]
    fields: tuple[str, ...]
    own: tuple[str, ...] = ()
    written: tuple[str, ...] = ()
    author: str = "actor"


_kept: MutableSequence[Kept] = []
_people: MutableSequence[Callable[[str], Person | None]] = []


def register(*kept: Kept) -> None:
    """Enter collections."""
    _kept.extend(kept)


def person_by(source: Callable[[str], Person | None]) -> None:
    """Enter who knows people by their id, username or e-mail address."""
    _people.append(source)


def kept() -> list[Kept]:
    """Return all that were entered, by collection."""
    return sorted(_kept, key=lambda each: each.collection)


def person(identifier: str) -> Person:
    """Return a person.

    Raises:
        NotFoundError: nobody is known by this.
    """
    found = next((each for source in _people if (each := source(identifier))), None)
    if found is None:
        raise NotFoundError
    return found
