"""Where moments come from: each source knows some kinds of ids, by their prefix."""

from collections.abc import Callable, Iterable, Mapping, MutableSequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from ops.errors import NotFoundError

# Of no kind that is known: the id of a request, or an actor as ``shell:<login>``.
OTHERS = ""
NOTHING: Mapping[str, Any] = MappingProxyType({})


class Moment(NamedTuple):
    """Something that happened.

    Attributes:
        at: when.
        kept_in: the collection that it is read from.
        what: in the words of its source.
        of: id of the document that it happened to.
        who: id of who did it; ``None``: it is not kept there.
        request_id: of the request in which it happened, if that is known.
        facts: states, figures and ids.
        private: addresses, and what people wrote; shown only if somebody asks for it.
    """

    at: datetime
    kept_in: str
    what: str
    of: str
    who: str | None = None
    request_id: str | None = None
    facts: Mapping[str, Any] = NOTHING
    private: Mapping[str, Any] = NOTHING


# Returns the newest moments of an id, at most so many; in one or two looks through an index.
Source = Callable[[str, int], Iterable[Moment]]
_sources: MutableSequence[tuple[frozenset[str], Source]] = []


def register(prefixes: Iterable[str], source: Source) -> None:
    """Enter a source for ids that begin so; called by an app when it is ready."""
    _sources.append((frozenset(prefixes), source))


def timeline(identifier: str, most: int) -> list[Moment]:
    """Return the newest moments of an id, the oldest of them first.

    Raises:
        NotFoundError: nothing is kept about it.
    """
    kind = _kind(identifier)
    found = {
        (each.at, each.kept_in, each.what, each.of): each
        for prefixes, source in _sources
        if kind in prefixes
        for each in source(identifier, most)
    }
    if not found:
        raise NotFoundError
    return [moment for _, moment in sorted(found.items())][-most:]


def _kind(identifier: str) -> str:
    """Return the prefix of a kind of ids that some source knows, else ``OTHERS``."""
    prefix, bar, _ = identifier.partition("_")
    known = {each for prefixes, _ in _sources for each in prefixes}
    return prefix if bar and prefix in known else OTHERS
