"""Collections for what the ORM cannot say: pipelines, ``$push``, ``$lookup``, upserts.

Every call runs in the unit of work that is open on this thread, if there is one.
"""

import threading
from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any, TypeAlias

from bson.codec_options import CodecOptions
from django.conf import settings
from django.db import connections
from pymongo import ReturnDocument, UpdateOne
from pymongo.collection import Collection

from ops.mongo.breaker import breaker
from ops.mongo.tagged import TaggedCollection

Document: TypeAlias = dict[str, Any]
Filter: TypeAlias = Mapping[str, Any]
Change: TypeAlias = Mapping[str, Any] | Sequence[Mapping[str, Any]]

BY_ID = "_id_"
_CODEC: CodecOptions[Document] = CodecOptions(tz_aware=True, tzinfo=UTC)


class BoundCollection:
    """A collection whose every call carries the session of the unit of work that is open by then."""

    def __init__(self, raw: Collection[Document], *, joins: bool) -> None:
        """Take the driver's collection; ``joins``: its calls are part of an open unit of work."""
        self.raw = raw
        self._joins = joins

    @property
    def _session(self) -> Any:
        # Asked for each time: one that was kept would write outside of a later unit, or in a closed one.
        return _connection().session if self._joins else None

    def find_one(self, query: Filter, fields: Filter | None = None) -> Document | None:
        """Return one matching document, or ``None``."""
        return self.raw.find_one(query, fields, session=self._session)

    def find(
        self,
        query: Filter,
        fields: Filter | None = None,
        *,
        sort: Sequence[tuple[str, int]] = (),
        limit: int,
        comment: str | None = None,
    ) -> list[Document]:
        """Return at most ``limit`` matching documents in order; no read is unbounded.

        ``comment``: stands with the command in the server's log and profiler; none: where it comes from.
        """
        order = list(sort) or None
        return list(
            self.raw.find(
                query,
                fields,
                sort=order,
                limit=limit,
                batch_size=limit,  # in one command: the server would send 101, and be asked for the rest
                comment=comment,
                session=self._session,
            )
        )

    def aggregate(
        self, pipeline: Sequence[Mapping[str, Any]], *, hint: Sequence[tuple[str, int]] | None = None
    ) -> list[Document]:
        """Return what the pipeline yields; it must hold its own ``$limit`` or a small match.

        ``hint``: the one index to use, where the server may think another as good while there is little.
        """
        options = {} if hint is None else {"hint": dict(hint)}
        return list(self.raw.aggregate(pipeline, session=self._session, **options))

    def insert(self, *documents: Document) -> None:
        """Insert all documents in one command."""
        if len(documents) == 1:
            self.raw.insert_one(documents[0], session=self._session)
        else:
            self.raw.insert_many(documents, session=self._session)

    def update(self, query: Filter, change: Change, *, upsert: bool = False) -> bool:
        """Change one matching document; tells whether one matched (or was made by the upsert)."""
        outcome = self.raw.update_one(query, change, upsert=upsert, session=self._session)
        return outcome.matched_count == 1 or outcome.upserted_id is not None

    def update_all(self, query: Filter, change: Change) -> int:
        """Change every matching document; returns how many matched."""
        # Of ids and a state the server would rather go through all that are in this state.
        hint = BY_ID if "_id" in query else None
        return self.raw.update_many(query, change, hint=hint, session=self._session).matched_count

    def update_each(
        self,
        changes: Sequence[tuple[Filter, Change, Sequence[Filter]]],
        *,
        upsert: bool = False,
        comment: str | None = None,
    ) -> int:
        """Change one document for each, in one command; returns how many matched.

        Args:
            changes: of which document, how, and with which filters for elements of its arrays.
            upsert: a document that is not there is made.
            comment: stands with the command in the server's log and profiler; none: where it comes from.
        """
        updates = [
            UpdateOne(query, change, upsert=upsert, array_filters=list(filters) or None)
            for query, change, filters in changes
        ]
        return self.raw.bulk_write(updates, comment=comment, session=self._session).matched_count

    def find_and_update(
        self,
        query: Filter,
        change: Change,
        *,
        fields: Filter | None = None,
        upsert: bool = False,
        before: bool = False,
    ) -> Document | None:
        """Change one matching document; returns it as it is then (``before``: as it was), or ``None``."""
        return self.raw.find_one_and_update(
            query,
            change,
            projection=fields,
            upsert=upsert,
            return_document=ReturnDocument.BEFORE if before else ReturnDocument.AFTER,
            session=self._session,
        )

    def delete(self, query: Filter) -> int:
        """Delete every matching document; returns how many went."""
        return self.raw.delete_many(query, session=self._session).deleted_count


class _Opened(threading.local):
    """The driver's collections that a thread has used; making one costs as much as a tenth of a read."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], TaggedCollection] = {}

    def collection(self, client: Any, database: str, name: str) -> TaggedCollection:
        """Return a collection of the client that there is now: after a fork it is another one."""
        known = self._known.get((database, name))
        if known is None or known.database.client is not client:
            known = TaggedCollection(client[database], name, codec_options=_CODEC)
            self._known[database, name] = known
        return known


_opened = _Opened()


def collection(name: str) -> BoundCollection:
    """Return a collection of the product's database, bound to the open unit of work.

    Raises:
        DatabaseUnavailableError: the breaker is open.
    """
    return _bound(name, joins=True)


def control_collection(name: str, *, joins: bool = False) -> BoundCollection:
    """Return a collection of the control database, which no restore touches.

    Args:
        name: of the collection.
        joins: its calls are part of an open unit of work; else they stand for themselves.
    """
    return _bound(name, joins=joins, database=settings.CONTROL_DATABASE_NAME)


def _bound(name: str, *, joins: bool, database: str | None = None) -> BoundCollection:
    """Return a collection; without ``database`` of the product's."""
    breaker.check()
    connection = _connection()
    connection.ensure_connection()
    raw = _opened.collection(connection.connection, database or connection.database.name, name)
    return BoundCollection(raw, joins=joins)


def _connection() -> Any:
    return connections["default"]
