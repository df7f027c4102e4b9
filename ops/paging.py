"""Pages of lists that grow, newest first: a page begins at a position, never after a number of rows.

So rows that come or go meanwhile neither repeat nor hide others, and a page costs the same wherever it is.
Source: HTTP contract, sections 1.3 (cursor pages) and 19 (paging).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from ops.mongo.collections import Document, collection
from ops.mongo.indexes import Index

NEWEST_FIRST, OLDEST_FIRST = -1, 1


class Position(NamedTuple):
    """Where a row stands in the order of a list: its time, then ``_id``."""

    at: datetime
    id: str


@dataclass(frozen=True)
class Part:
    """What part of a list is asked for.

    Attributes:
        limit: most rows.
        position: the row it begins after; ``None``: the list's beginning.
        backwards: the newer rows before that one are wanted.
    """

    limit: int
    position: Position | None = None
    backwards: bool = False


class Page(NamedTuple):
    """Rows, newest first; ``older`` and ``newer``: where the pages beside it begin, if there are any."""

    rows: list[Document]
    older: Position | None
    newer: Position | None


def read(  # noqa: PLR0913  # what a page is read by
    name: str,
    index: Index,
    query: Mapping[str, Any],
    part: Part,
    *,
    then: Sequence[Mapping[str, Any]] = (),
    by: str = "created_at",
) -> Page:
    """Return a page of a collection, in one look.

    Args:
        name: of the collection.
        index: holds what the query names, then the time and ``-_id``, newest first. It is prescribed: while
            there are few rows the server finds another as good, and keeps to it for long.
        query: which rows the list has.
        part: what part of it is asked for.
        then: stages for the rows of the page, for example a ``$lookup``.
        by: the field that holds the time.
    """
    order = OLDEST_FIRST if part.backwards else NEWEST_FIRST
    rows = collection(name).aggregate(
        [
            {"$match": {"$and": [query, *_beyond(part, by)]}},
            {"$sort": {by: order, "_id": order}},
            {"$limit": part.limit + 1},  # one more tells whether there is another page
            *then,
        ],
        hint=index.directions,
    )
    more, rows = len(rows) > part.limit, rows[: part.limit]
    if part.backwards:
        rows.reverse()
    if not rows:
        return Page([], None, None)
    came_from_elsewhere = part.position is not None
    has_older, has_newer = (came_from_elsewhere, more) if part.backwards else (more, came_from_elsewhere)
    ends = [Position(row[by], row["_id"]) for row in (rows[-1], rows[0])]
    return Page(rows, ends[0] if has_older else None, ends[1] if has_newer else None)


def _beyond(part: Part, by: str) -> list[dict[str, Any]]:
    """Return the conditions under which a row comes after the position, in the direction that is read.

    One range of the index; the rows of the very same moment are told apart by the second, which no index
    is looked into for.
    """
    if part.position is None:
        return []
    at, row = part.position
    span, same_or_before = ("$gte", "$lte") if part.backwards else ("$lte", "$gte")
    return [{by: {span: at}}, {"$nor": [{by: at, "_id": {same_or_before: row}}]}]
