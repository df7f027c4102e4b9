"""Reads of the whole audit log, a page at a time, as a verification and an export need them.

They see what a majority has. What was stored may be of any shape here, since somebody may have changed it
past the product: so a time that is none is read as well.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from bson.codec_options import CodecOptions, DatetimeConversion
from pymongo import ASCENDING, DESCENDING
from pymongo.collection import Collection
from pymongo.read_concern import ReadConcern

from ops.audit.sealing import CHAIN, HEADS, LOG
from ops.models.audit import BY_NUMBER, BY_TIME
from ops.mongo.collections import Document, collection, control_collection
from ops.mongo.indexes import Index

PAGE = 1000
# Of a number in the chain. Others are told of apart.
WHOLE = ["int", "long"]


class Scope(NamedTuple):
    """What is looked at: entries from a time on, and before another; without both: all."""

    since: datetime | None = None
    until: datetime | None = None

    @property
    def query(self) -> dict[str, Any]:
        """The same, as a query of entries."""
        bounds = {"$gte": self.since, "$lt": self.until}
        wanted = {name: value for name, value in bounds.items() if value is not None}
        return {"at": wanted} if wanted else {}


EVERYTHING = Scope()


def numbered(first: int, last: int | None) -> Iterator[list[Document]]:
    """Yield entries in the order of their numbers; ``last``: ``None``, all that there are."""
    span: dict[str, Any] = {"$gte": first, "$type": WHOLE}
    if last is not None:
        span["$lte"] = last
    yield from _pages({"seq": span}, BY_NUMBER)


def every(scope: Scope, fields: Mapping[str, int]) -> Iterator[list[Document]]:
    """Yield all entries of a scope; without one in the order in which they lie, which is read fastest."""
    yield from _pages(scope.query, BY_TIME if scope.query else None, fields)


def entry(entry_id: Any) -> Document | None:
    """Return an entry."""
    return _stored().find_one({"_id": entry_id})


def numbers_beside(scope: Scope) -> tuple[int | None, int | None]:
    """Return the numbers of the entries right before and after a scope, as far as it has an end there."""
    before = _number_at({"$lt": scope.since}, DESCENDING) if scope.since else None
    after = _number_at({"$gte": scope.until}, ASCENDING) if scope.until else None
    return before, after


def beyond(number: int) -> int | None:
    """Return the last number of the chain where it goes on behind that of a head; ``None``: it does not.

    Entries and head are written at once. So one that is there with a greater number than that of a head which
    is read after it, was not sealed by us.
    """
    last = _last_number()
    if last <= number:
        return None
    said = (head() or {}).get("seq")
    return None if isinstance(said, int) and said >= last else last


def _last_number() -> int:
    numbered_ones = {"seq": {"$gt": 0, "$type": WHOLE}}
    found = _stored().find_one(
        numbered_ones, {"seq": 1}, sort=[("seq", DESCENDING)], hint=BY_NUMBER.directions
    )
    return int(found["seq"]) if found else 0


def head() -> Document | None:
    """Return the head of the chain as it is stored."""
    return control_collection(HEADS).find_one({"_id": CHAIN})


def _pages(
    query: Mapping[str, Any], index: Index | None, fields: Mapping[str, int] | None = None
) -> Iterator[list[Document]]:
    order = [(path, ASCENDING) for path, _ in index.directions] if index else None
    hint = index.directions if index else None
    cursor = _stored().find(query, fields, sort=order, hint=hint, batch_size=PAGE)
    with cursor:
        while page := list(islice(cursor, PAGE)):
            yield page


def _number_at(bound: Mapping[str, Any], way: int) -> int | None:
    found = _stored().find_one(
        {"at": bound, "seq": {"$gt": 0, "$type": WHOLE}},
        {"seq": 1},
        sort=[(path, way) for path, _ in BY_TIME.directions],
        hint=BY_TIME.directions,
    )
    return int(found["seq"]) if found else None


def _stored() -> Collection[Document]:
    raw = collection(LOG).raw
    options: CodecOptions[Document] = raw.codec_options.with_options(
        datetime_conversion=DatetimeConversion.DATETIME_AUTO, unicode_decode_error_handler="replace"
    )
    return raw.with_options(codec_options=options, read_concern=ReadConcern("majority"))
