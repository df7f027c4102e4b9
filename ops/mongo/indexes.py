"""Indexes: declared beside each model, made by a migration, looked for by a check.

Source: design, sections 3 and 4.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pymongo
from django.core.checks import CheckMessage, Error, register
from django.db import connections
from django.db.migrations.operations.base import Operation
from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.errors import NetworkTimeout, PyMongoError

CHECK_SECONDS = 5.0
# The driver waits 20 s each time. An index of 3,000,000 documents takes half a minute on a busy machine.
TRIES = 90
# What the server tells of every index, and what does not matter to a query.
IMMATERIAL = frozenset({"v", "key", "ns", "background"})


@dataclass(frozen=True)
class Index:
    """One index of a collection.

    Args:
        keys: field paths in order; a leading ``-`` means descending.
        unique: no two documents may agree in all keys.
        partial: only documents that match this filter are in the index.
        ttl: documents go this long after the time in the (only) key.
    """

    keys: tuple[str, ...]
    unique: bool = False
    partial: Mapping[str, Any] | None = None
    ttl: timedelta | None = None

    @property
    def name(self) -> str:
        """The name that MongoDB would give it, so that one made by hand is recognised."""
        return "_".join(f"{path}_{direction}" for path, direction in self.directions)

    @property
    def directions(self) -> list[tuple[str, int]]:
        """The keys as the driver wants them."""
        return [(key.removeprefix("-"), DESCENDING if key[0] == "-" else ASCENDING) for key in self.keys]

    def definition(self) -> dict[str, Any]:
        """Return what a comparison with the server's own description needs."""
        described: dict[str, Any] = {"key": self.directions}
        if self.unique:
            described["unique"] = True
        if self.partial is not None:
            described["partialFilterExpression"] = dict(self.partial)
        if self.ttl is not None:
            described["expireAfterSeconds"] = int(self.ttl.total_seconds())
        return described

    def model(self) -> IndexModel:
        """Return the driver's description."""
        options = {name: value for name, value in self.definition().items() if name != "key"}
        return IndexModel(self.directions, name=self.name, **options)

    def deconstruct(self) -> tuple[str, Sequence[Any], dict[str, Any]]:
        """Let a migration write the index down."""
        given = {"unique": self.unique, "partial": self.partial, "ttl": self.ttl}
        options = {name: value for name, value in given.items() if value not in (None, False)}
        return "ops.mongo.indexes.Index", (self.keys,), options


@dataclass
class _Declared:
    by_collection: dict[str, tuple[Index, ...]] = field(default_factory=dict)


_declared = _Declared()


def declare(collection: str, *indexes: Index) -> tuple[Index, ...]:
    """Say which indexes a collection must have, all of them in one place; returns them."""
    if _declared.by_collection.setdefault(collection, indexes) != indexes:
        msg = f"the indexes of {collection} are declared twice"
        raise ValueError(msg)
    return indexes


def declared() -> Mapping[str, tuple[Index, ...]]:
    """Return the declared indexes of each collection."""
    return _declared.by_collection


class CreateIndexes(Operation):
    """Migration: make the indexes of a collection as they are given; backwards it leaves them.

    An index of the same name that is otherwise is made anew, so a later migration can change a ``ttl``
    or a filter by naming the index again.
    """

    reversible = True
    reduces_to_sql = False

    def __init__(self, collection: str, indexes: Iterable[Index]) -> None:
        """Take the collection and the indexes as they are at the time of this migration."""
        self.collection = collection
        self.indexes = tuple(indexes)

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Change nothing: the models' state does not hold these indexes."""

    def database_forwards(self, _app_label: str, editor: Any, _before: Any, _after: Any) -> None:
        """Make what is missing; an index that is there already is left alone."""
        if editor.collect_sql:
            editor.get_collection(self.collection).create_indexes([index.model() for index in self.indexes])
        else:
            _make(editor.connection.database[self.collection], self.indexes)

    def database_backwards(self, app_label: str, editor: Any, before: Any, after: Any) -> None:
        """Leave the indexes: the release before may be slower without them, never wrong with them."""

    def describe(self) -> str:
        """Say what the migration does."""
        return f"Create {len(self.indexes)} indexes on {self.collection}"


class DropIndexes(CreateIndexes):
    """Migration: drop indexes that nothing reads by any more; backwards it leaves it at that.

    The release before is slower without them, and its check says which to make.
    """

    def database_forwards(self, _app_label: str, editor: Any, _before: Any, _after: Any) -> None:
        """Drop what is there."""
        collection = editor.get_collection(self.collection)
        found = editor.connection.database[self.collection].index_information()
        for index in self.indexes:
            if editor.collect_sql or index.name in found:
                collection.drop_index(index.name)

    def describe(self) -> str:
        """Say what the migration does."""
        return f"Drop {len(self.indexes)} indexes of {self.collection}"


def missing(alias: str = "default") -> dict[str, list[str]]:
    """Return the declared indexes that the database lacks or has otherwise, by collection.

    Raises:
        PyMongoError: the database cannot be asked.
    """
    database = _database(alias)
    lacking: dict[str, list[str]] = {}
    for name, indexes in declared().items():
        wrong = [index.name for index in _lacking(database[name], indexes)]
        if wrong:
            lacking[name] = wrong
    return lacking


def create_missing(alias: str = "default") -> list[str]:
    """Make the declared indexes that are not there as declared; returns their names, with the collection's.

    Raises:
        PyMongoError: the database refuses, for example since documents break a unique index.
    """
    database = _database(alias)
    return [
        f"{name}.{made.name}"
        for name, indexes in declared().items()
        for made in _make(database[name], indexes)
    ]


def _database(alias: str) -> Any:
    connection: Any = connections[alias]
    return connection.database


def _make(collection: Any, indexes: Sequence[Index]) -> list[Index]:
    """Make those that are not there; one of the same name that is otherwise has to go first."""
    wanted = _lacking(collection, indexes)
    found = collection.index_information()
    for index in wanted:
        if index.name in found:
            collection.drop_index(index.name)
    if wanted:
        _build(collection, [index.model() for index in wanted])
    return wanted


def _build(collection: Any, models: Sequence[IndexModel]) -> None:
    """Make indexes, however long it takes: the server builds on when the driver has waited long enough.

    Asked again it waits for the build that is at work.
    """
    for _ in range(TRIES - 1):
        try:
            collection.create_indexes(models)
        except NetworkTimeout:
            continue
        return
    collection.create_indexes(models)


def _lacking(collection: Any, indexes: Sequence[Index]) -> list[Index]:
    # Whatever its name: an operator may have made it by hand.
    found = [_described(each) for each in collection.index_information().values()]
    return [index for index in indexes if index.definition() not in found]


def _described(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return the server's description of an index in the form of ``Index.definition``.

    All options are kept: a hidden or sparse index of the same keys is not the one that was declared.
    """
    options = {name: value for name, value in found.items() if name not in IMMATERIAL}
    return {"key": [tuple(key) for key in found["key"]], **options}


@register("database")
def check_indexes(*, databases: Sequence[str] | None = None, **_options: Any) -> list[CheckMessage]:
    """``manage.py check --database default``: each declared index must exist as declared."""
    if not databases or "default" not in databases:
        return []
    try:
        with pymongo.timeout(CHECK_SECONDS):
            lacking = missing()
    except PyMongoError as error:
        return [Error(f"the indexes cannot be looked at: {type(error).__name__}", id="ops.E001")]
    return [
        Error(
            f"{collection} lacks {', '.join(indexes)}",
            hint="manage.py migrate makes them",
            id="ops.E002",
        )
        for collection, indexes in lacking.items()
    ]
